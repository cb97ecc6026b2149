package io.zerocopy.reuse;

import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.reuse.Mover.Method;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Makes one job after the other: two new ends, a pattern that goes from one to the other in pieces,
 * and a look at what has come. Others close the ends at any time.
 */
final class Worker {
    private static final int JOB_BYTES_MAX = 4 * Pattern.BYTES;

    private final int number;
    private final Random random;
    private final List<Pattern> patterns;
    private final Path folder;
    private final ExecutorService helpers;
    private final AtomicReferenceArray<Ends> running;
    private final Findings findings;

    Worker(
            int number,
            long seed,
            List<Pattern> patterns,
            Path folder,
            ExecutorService helpers,
            AtomicReferenceArray<Ends> running,
            Findings findings) {
        this.number = number;
        this.random = new Random(seed);
        this.patterns = patterns;
        this.folder = folder;
        this.helpers = helpers;
        this.running = running;
        this.findings = findings;
    }

    /** What a job is like. */
    private record Job(Method method, Kind source, Kind target, boolean isBlocking, Pattern data) {
        /** A null kind is a file. */
        static Job any(Random random, List<Pattern> patterns) {
            Method method = pick(random, Method.values());
            Kind source = method == Method.TRANSFER_TO ? null : kindOrFile(random);
            Kind target = method == Method.TRANSFER_FROM ? null : kindOrFile(random);
            boolean isBlocking = method == Method.COPY || random.nextInt(4) > 0;
            Pattern data = patterns.get(random.nextInt(patterns.size()));
            return new Job(method, source, target, isBlocking, data);
        }

        private static Kind kindOrFile(Random random) {
            return random.nextInt(4) == 0 ? null : pick(random, Kind.values());
        }

        private static <T> T pick(Random random, T[] values) {
            return values[random.nextInt(values.length)];
        }

        @Override
        public String toString() {
            String from = source == null ? "FILE" : source.toString();
            String to = target == null ? "FILE" : target.toString();
            return method + " " + from + " to " + to + (isBlocking ? "" : ", non-blocking");
        }
    }

    /** Works until the time is over. What goes wrong is taken down, and the next job begun. */
    void run(ReuseStress.Clock clock) throws IOException {
        try (Pairs pairs = Pairs.open(folder.resolve("worker-" + number))) {
            while (!clock.isOver()) {
                Job job = Job.any(random, patterns);
                findings.jobs.add(job.toString());
                try {
                    run(job, pairs);
                } catch (IOException | RuntimeException | AssertionError e) {
                    findings.add(job.toString(), e);
                } finally {
                    running.set(number, null);
                }
            }
        }
    }

    private void run(Job job, Pairs pairs) throws IOException {
        long total = 1 + random.nextInt(JOB_BYTES_MAX);
        try (CheckedTarget target = target(job, pairs);
                FedSource source = source(job, pairs, total)) {
            if (!job.isBlocking) {
                unblock(source, target);
            }
            Ends ends = new Ends(source.channel(), target.channel());
            Mover mover = new Mover(job.method, ends, job.data, job.isBlocking, random, findings);
            running.set(number, ends);
            try {
                mover.run(total);
            } finally {
                running.set(number, null);
            }
            target.check(mover.moved(), mover.moved() + mover.perhapsMoved());
        }
    }

    /** One end in four is left as it is. */
    private void unblock(FedSource source, CheckedTarget target) throws IOException {
        if (!source.isFile() && random.nextInt(4) > 0) {
            source.configureNonBlocking();
        }
        if (!target.isFile() && random.nextInt(4) > 0) {
            target.configureNonBlocking();
        }
    }

    private FedSource source(Job job, Pairs pairs, long total) throws IOException {
        if (job.source == null) {
            return FedSource.file(job.data);
        }
        // Every other source brings too little, and the transfer waits until it is closed.
        long fed = random.nextBoolean() ? total : random.nextInt((int) total);
        return FedSource.connection(pairs.open(job.source), job.data, fed, helpers);
    }

    private CheckedTarget target(Job job, Pairs pairs) throws IOException {
        if (job.target == null) {
            return CheckedTarget.file(folder.resolve("target-" + number), job.data);
        }
        // Every other target gets full, and the transfer waits until it is closed.
        boolean isReadAtOnce = random.nextBoolean();
        return CheckedTarget.connection(pairs.open(job.target), job.data, isReadAtOnce, helpers);
    }
}
