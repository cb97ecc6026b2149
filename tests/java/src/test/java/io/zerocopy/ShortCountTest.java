package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * Goal: in blocking mode a count is short only at the end of the source, after a close or before an
 * error; not because a full target was emptied, or a dry source fed, at an unlucky moment.
 *
 * <p>Method: transfers of random counts, one after the other, whose source never ends, while the
 * peer's pace changes all the time, so that the ends change between full and empty as often as
 * possible. Two directions run at once, so that they disturb each other.
 */
@ExtendWith(LeakCounter.class)
class ShortCountTest {
    private static final Duration PART_OF_A_TEST = Duration.ofMillis(130);
    private static final int FILE_BYTES = 1 << 20;
    private static final int PIECE_BYTES_MAX = 128 << 10;
    private static final int PAUSE_NANOS_MAX = 100_000;

    @TempDir private static Path folder;

    private final long seed = new Random().nextLong();
    private final long end = System.nanoTime() + PART_OF_A_TEST.toNanos();

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void transfersToAndFromFilesAreWhole(Kind kind, ThreadKind thread) throws Exception {
        PatternFile file = PatternFile.dense(folder, 21, FILE_BYTES);
        Path path = folder.resolve(kind + " " + thread);
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(kind);
                Incoming incoming = Incoming.open(kind);
                FileChannel target = FileChannel.open(path, CREATE, WRITE)) {
            Jvm.Task<Long> reader = start(ThreadKind.PLATFORM, () -> readAll(outgoing.peer()));
            Jvm.Task<Void> writer = start(ThreadKind.PLATFORM, () -> feed(incoming.sending()));
            Jvm.Task<Long> sender =
                    start(
                            thread,
                            () ->
                                    callAgain(
                                            count ->
                                                    ZeroCopy.transferTo(
                                                            source,
                                                            FILE_BYTES - count,
                                                            count,
                                                            outgoing.target())));
            Jvm.Task<Long> receiver =
                    start(
                            thread,
                            () ->
                                    callAgain(
                                            count ->
                                                    ZeroCopy.transferFrom(
                                                            target, incoming.source(), 0, count)));
            receiver.await();
            incoming.source().close();
            writer.await();
            long sent = sender.await();
            outgoing.target().close();
            assertEquals(sent, reader.await(), () -> "seed " + seed);
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void copiesBetweenStreamsAreWhole(Kind kind, ThreadKind thread) throws Exception {
        for (Kind from : Kind.values()) {
            ShortCountTest part = new ShortCountTest();
            try (Incoming incoming = Incoming.open(from);
                    Connection outgoing = Connection.open(kind)) {
                Jvm.Task<Long> reader =
                        part.start(ThreadKind.PLATFORM, () -> part.readAll(outgoing.peer()));
                Jvm.Task<Void> writer =
                        part.start(ThreadKind.PLATFORM, () -> part.feed(incoming.sending()));
                Jvm.Task<Long> copier =
                        part.start(
                                thread,
                                () ->
                                        part.callAgain(
                                                count ->
                                                        ZeroCopy.copy(
                                                                incoming.source(),
                                                                outgoing.target(),
                                                                count)));
                long copied = copier.await();
                incoming.source().close();
                writer.await();
                outgoing.target().close();
                assertEquals(copied, reader.await(), () -> "seed " + part.seed);
            }
        }
    }

    /** The call under test. */
    @FunctionalInterface
    private interface Transfer {
        long of(long count) throws IOException;
    }

    private <T> Jvm.Task<T> start(ThreadKind kind, Callable<T> call) {
        return Jvm.run(kind, "part", call);
    }

    /** Asks for random counts until the time is over, and returns their sum. */
    private long callAgain(Transfer transfer) throws IOException {
        Random random = new Random(seed);
        long sum = 0;
        do {
            long count = 1 + random.nextInt(FILE_BYTES);
            assertEquals(count, transfer.of(count), () -> "seed " + seed);
            sum += count;
        } while (System.nanoTime() < end);
        return sum;
    }

    private long readAll(ReadableByteChannel channel) throws IOException {
        Random random = new Random(seed);
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES_MAX);
        long sum = 0;
        int read;
        while ((read = channel.read(piece(buffer, random))) >= 0) {
            sum += read;
            pause(random);
        }
        return sum;
    }

    /** Writes without end, until nobody reads any more. */
    private Void feed(WritableByteChannel channel) {
        Random random = new Random(seed);
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES_MAX);
        try {
            while (true) {
                channel.write(piece(buffer, random));
                pause(random);
            }
        } catch (IOException expected) {
            return null;
        }
    }

    /** Small pieces are as frequent as large ones. */
    private static ByteBuffer piece(ByteBuffer buffer, Random random) {
        int most = 1 << random.nextInt(Integer.numberOfTrailingZeros(PIECE_BYTES_MAX) + 1);
        return buffer.clear().limit(1 + random.nextInt(most));
    }

    private static void pause(Random random) {
        if (random.nextInt(8) == 0) {
            LockSupport.parkNanos(random.nextInt(PAUSE_NANOS_MAX));
        }
    }
}
