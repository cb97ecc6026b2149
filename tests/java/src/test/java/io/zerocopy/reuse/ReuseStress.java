package io.zerocopy.reuse;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Transfers of all methods between channels of all kinds on threads of all kinds, which other
 * threads close at random, while yet others take the numbers of the closed descriptors at once.
 *
 * <p>Every file and every connection has its own bytes, and all are looked at. Whoever uses a
 * descriptor that is not his any more meets the bytes of somebody else, or leaves his own there.
 */
final class ReuseStress {
    private static final int WORKERS = 6;
    private static final int CLOSERS = 2;
    private static final int NEIGHBOURS = 2;
    private static final int PATTERNS = 32;
    private static final int CLOSE_PAUSE_NANOS_MAX = 500_000;

    private final Path folder;
    private final long seed;
    private final Findings findings = new Findings();
    private final Clock clock;
    private final AtomicReferenceArray<Ends> running = new AtomicReferenceArray<>(WORKERS);
    private final List<Jvm.Task<?>> working = new ArrayList<>();
    private final ExecutorService helpers =
            Executors.newCachedThreadPool(
                    body -> Jvm.unstarted(ThreadKind.PLATFORM, "helper", body));
    private final List<Jvm.Task<?>> closing = new ArrayList<>();
    private volatile boolean isWorkDone;

    /** When to stop. */
    interface Clock {
        boolean isOver();
    }

    /** Stops after a time, or earlier: when foreign bytes were seen. */
    ReuseStress(Path folder, long seed, Duration duration) {
        this.folder = folder;
        this.seed = seed;
        long end = System.nanoTime() + duration.toNanos();
        this.clock = () -> System.nanoTime() > end || findings.hasForeignBytes();
    }

    /** Starts all threads. */
    void start() throws IOException {
        Random seeds = new Random(seed);
        List<Pattern> patterns = new ArrayList<>();
        for (int number = 0; number < PATTERNS; number++) {
            patterns.add(Pattern.make(folder, number));
        }
        List<ThreadKind> kinds = Jvm.threadKinds();
        for (int number = 0; number < WORKERS; number++) {
            Worker worker =
                    new Worker(
                            number, seeds.nextLong(), patterns, folder, helpers, running, findings);
            ThreadKind kind = kinds.get(number % kinds.size());
            working.add(start("worker", kind, () -> worker.run(clock)));
        }
        for (int number = 0; number < NEIGHBOURS; number++) {
            Neighbours neighbours =
                    new Neighbours(number, seeds.nextLong(), patterns, folder, findings);
            working.add(start("neighbours", ThreadKind.PLATFORM, () -> neighbours.run(clock)));
        }
        for (int number = 0; number < CLOSERS; number++) {
            Random random = new Random(seeds.nextLong());
            closing.add(start("closer", ThreadKind.PLATFORM, () -> closeAtRandom(random)));
        }
    }

    /** The findings until now. */
    Findings findings() {
        return findings;
    }

    void awaitTime() {
        Await.until("the time is over", Duration.ofMinutes(10), clock::isOver);
    }

    /** Waits until the time is over, and all threads have come to their end. */
    Findings finish() throws InterruptedException {
        awaitTime();
        working.forEach(Jvm.Task::await);
        isWorkDone = true;
        closing.forEach(Jvm.Task::await);
        helpers.shutdown();
        if (!helpers.awaitTermination(Await.LONG.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("a helper hangs");
        }
        return findings;
    }

    private void closeAtRandom(Random random) throws IOException {
        while (!isWorkDone) {
            Ends ends = running.get(random.nextInt(WORKERS));
            if (ends != null) {
                Channel closed = random.nextBoolean() ? ends.source() : ends.target();
                closed.close();
            }
            LockSupport.parkNanos(random.nextInt(CLOSE_PAUSE_NANOS_MAX));
        }
    }

    /** Work that throws only what is wrong with the test itself. */
    private interface Work {
        void run() throws IOException;
    }

    private static Jvm.Task<?> start(String name, ThreadKind kind, Work work) {
        return Jvm.run(
                kind,
                name,
                () -> {
                    work.run();
                    return null;
                });
    }
}
