package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Transfers of many threads at once: they share a socket without mixing their bytes, and they share
 * a file while channels are closed under them, without sending a byte to the wrong connection.
 */
@ExtendWith(LeakCounter.class)
class ConcurrentTransferTest {
    @TempDir private static Path folder;

    /** The write lock is held for a whole transfer in blocking mode. JDK 17 does not take it. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void transfersIntoOneTargetDoNotMix(Kind kind, ThreadKind thread) throws Exception {
        int transfers = 6;
        int size = 1 << 20;
        PatternFile[] files = {
            PatternFile.dense(folder, 10, size), PatternFile.dense(folder, 11, size)
        };
        try (Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.collecting(connection.peer())) {
            List<Jvm.Task<Void>> tasks = new ArrayList<>();
            for (PatternFile file : files) {
                tasks.add(
                        Jvm.run(
                                thread,
                                "sender",
                                () -> {
                                    send(file, transfers, connection);
                                    return null;
                                }));
            }
            tasks.forEach(Jvm.Task::await);
            connection.target().close();
            byte[] received = receiver.awaitBytes();
            assertEquals(2 * transfers * size, received.length);
            byte first = PatternFile.bytes(10, 0, 1)[0];
            assertTrue(first != PatternFile.bytes(11, 0, 1)[0], "the files begin differently");
            for (int transfer = 0; transfer < 2 * transfers; transfer++) {
                int at = transfer * size;
                files[received[at] == first ? 0 : 1].check(0, ByteBuffer.wrap(received, at, size));
            }
        }
    }

    private static void send(PatternFile file, int transfers, Connection connection)
            throws IOException {
        try (FileChannel source = file.open()) {
            for (int transfer = 0; transfer < transfers; transfer++) {
                long moved = ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, connection.target());
                assertEquals(file.size(), moved);
            }
        }
    }

    /**
     * Each thread sends its own part of the file again and again to its own connection, while
     * others close connections and the file at random. A descriptor that is used after its channel
     * was closed would show as foreign bytes, a wrong count as a wrong sum.
     */
    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void closesAtRandomNeitherMixNorLoseBytes(ThreadKind thread) throws Exception {
        assumeTrue(Jvm.threadKinds().contains(thread), "this JDK has no virtual threads");
        int workers = 6;
        PatternFile file = PatternFile.dense(folder, 12, workers * Worker.PART_BYTES);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        AtomicReference<FileChannel> source = new AtomicReference<>(file.open());
        AtomicReferenceArray<Connection> connections = new AtomicReferenceArray<>(workers);
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        List<Jvm.Task<Long>> tasks = new ArrayList<>();
        for (int number = 0; number < workers; number++) {
            Worker worker = new Worker(number, file, source, connections, end);
            tasks.add(Jvm.run(thread, "worker", worker::run));
        }
        while (System.nanoTime() < end) {
            Connection connection = connections.get(random.nextInt(workers));
            if (random.nextInt(10) == 0) {
                source.getAndSet(file.open()).close();
            } else if (connection != null) {
                connection.target().close();
            }
            LockSupport.parkNanos(random.nextInt(3_000_000));
        }
        long transfers = 0;
        try {
            for (Jvm.Task<Long> task : tasks) {
                transfers += task.await();
            }
        } finally {
            source.get().close();
        }
        assertTrue(transfers > workers, "seed " + seed + ": only " + transfers + " transfers");
    }

    /** Sends its part of the file to one connection after the other. */
    private static final class Worker {
        static final int PART_BYTES = 70_000;

        private final int number;
        private final long partBegin;
        private final PatternFile file;
        private final AtomicReference<FileChannel> source;
        private final AtomicReferenceArray<Connection> connections;
        private final long end;
        private final AtomicLong transfers = new AtomicLong();

        Worker(
                int number,
                PatternFile file,
                AtomicReference<FileChannel> source,
                AtomicReferenceArray<Connection> connections,
                long end) {
            this.number = number;
            this.partBegin = (long) number * PART_BYTES;
            this.file = file;
            this.source = source;
            this.connections = connections;
            this.end = end;
        }

        long run() throws IOException {
            Kind kind = Kind.values()[number % Kind.values().length];
            while (System.nanoTime() < end) {
                try (Connection connection = Connection.open(kind);
                        Receiver receiver = Receiver.collecting(connection.peer())) {
                    connections.set(number, connection);
                    long sent = sendUntilClosed(connection);
                    connection.target().close();
                    check(sent, receiver.awaitBytes());
                }
            }
            return transfers.get();
        }

        private long sendUntilClosed(Connection connection) throws IOException {
            Random random = new Random(number);
            long sent = 0;
            while (System.nanoTime() < end && connection.target().isOpen()) {
                long within = sent % PART_BYTES;
                // Small ones are copied, others sent by the kernel itself.
                long count = Math.min(1 << random.nextInt(17), PART_BYTES - within);
                try {
                    sent +=
                            ZeroCopy.transferTo(
                                    source.get(), partBegin + within, count, connection.target());
                    transfers.incrementAndGet();
                } catch (ClosedChannelException e) {
                    // Nothing was moved. The file is there again, or the connection is over.
                }
            }
            return sent;
        }

        private void check(long sent, byte[] received) {
            assertEquals(sent, received.length, "what was counted has arrived");
            for (int at = 0; at < received.length; at += PART_BYTES) {
                int count = Math.min(PART_BYTES, received.length - at);
                file.check(partBegin, ByteBuffer.wrap(received, at, count));
            }
        }
    }
}
