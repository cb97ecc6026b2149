package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.OneCarrier;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A virtual thread that waits in a transfer must leave its carrier to others. Shown in a JVM that
 * has a single carrier: if it were pinned, no other virtual thread could run.
 */
class OneCarrierTest {
    @Test
    void virtualThreadsDoNotPinTheirCarrier() throws Exception {
        OneCarrier.run(Main.class);
    }

    /** What the other JVM does. Everything it has to say goes to the output, as a failure. */
    static final class Main {
        private static final int SIZE = 16 << 20;

        private Main() {}

        public static void main(String[] arguments) throws Exception {
            assertTrue(ZeroCopy.isAvailable(), "the native core is loaded");
            Path folder = Files.createTempDirectory("carrier");
            PatternFile file = PatternFile.dense(folder, 6, SIZE);
            try {
                for (Kind kind : Kind.values()) {
                    closeOfTheSource(kind, file);
                    closeOfTheTarget(kind, file);
                    interrupt(kind, file);
                    slowPeer(kind, file);
                }
                fastPeer(folder);
            } finally {
                Files.delete(file.path());
                Files.delete(folder);
            }
        }

        private static void closeOfTheSource(Kind kind, PatternFile file) throws Exception {
            try (FileChannel source = file.open();
                    Connection connection = Connection.open(kind)) {
                BlockedThread blocked = block(source, connection);
                Jvm.closeInTime(source);
                blocked.awaitOutcome().assertPartial(SIZE);
            }
        }

        private static void closeOfTheTarget(Kind kind, PatternFile file) throws Exception {
            try (FileChannel source = file.open();
                    Connection connection = Connection.open(kind)) {
                BlockedThread blocked = block(source, connection);
                Jvm.closeInTime(connection.target());
                blocked.awaitOutcome().assertPartial(SIZE);
            }
        }

        private static void interrupt(Kind kind, PatternFile file) throws Exception {
            try (FileChannel source = file.open();
                    Connection connection = Connection.open(kind)) {
                BlockedThread blocked = block(source, connection);
                blocked.interrupt();
                blocked.awaitOutcome().assertClosedByInterrupt(source, connection.target());
            }
        }

        /** Another virtual thread makes progress all the time while the peer reads slowly. */
        private static void slowPeer(Kind kind, PatternFile file) throws Exception {
            AtomicLong turns = new AtomicLong();
            try (FileChannel source = file.open();
                    Connection connection = Connection.open(kind)) {
                BlockedThread blocked = block(source, connection);
                Jvm.Task<Void> other =
                        Jvm.run(
                                ThreadKind.VIRTUAL,
                                "other",
                                () -> {
                                    while (!blocked.isOver()) {
                                        turns.incrementAndGet();
                                        LockSupport.parkNanos(1_000_000);
                                    }
                                    return null;
                                });
                try (Receiver receiver = Receiver.slow(connection.peer(), 64 << 10, 100)) {
                    for (long part = 1; part <= 4; part++) {
                        long received = part * SIZE / 8;
                        Await.until("the peer reads", () -> receiver.count() >= received);
                        long before = turns.get();
                        Await.until(
                                "the other virtual thread runs",
                                Await.WAKE_UP,
                                () -> turns.get() > before);
                    }
                    assertEquals(SIZE, blocked.awaitOutcome(Await.LONG).returned());
                    connection.target().close();
                    assertEquals(SIZE, receiver.awaitBytes().length);
                }
                other.await();
            }
        }

        /** A transfer that hardly ever has to wait lets others run all the same. */
        private static void fastPeer(Path folder) throws Exception {
            PatternFile large = PatternFile.sparse(folder, 7, 1L << 30, 100_000, 0);
            try (FileChannel source = large.open();
                    Connection connection = Connection.tcpWithLargeBuffers();
                    Receiver receiver = Receiver.checking(connection.peer(), large, 0)) {
                Jvm.Task<Long> transfer =
                        Jvm.run(
                                ThreadKind.VIRTUAL,
                                "sender",
                                () ->
                                        ZeroCopy.transferTo(
                                                source, 0, Long.MAX_VALUE, connection.target()));
                Await.until("the transfer runs", () -> receiver.count() > 0);
                Jvm.Task<Long> other = Jvm.run(ThreadKind.VIRTUAL, "other", () -> receiver.count());
                assertTrue(other.await() < large.size(), "it runs before the transfer is over");
                assertEquals(large.size(), transfer.await());
                connection.target().close();
                assertEquals(large.size(), receiver.awaitEnd());
            } finally {
                Files.delete(large.path());
            }
        }

        private static BlockedThread block(FileChannel source, Connection connection) {
            return OneCarrier.block(
                    () -> ZeroCopy.transferTo(source, 0, SIZE, connection.target()));
        }
    }
}
