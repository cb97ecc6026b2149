package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
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
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A peer that reads slowly gets everything, in one call in blocking mode and in many in
 * non-blocking mode; and a source that is truncated meanwhile ends the transfer with the truth.
 */
@ExtendWith(LeakCounter.class)
class SlowReaderTest {
    private static final int SIZE = 4 << 20;
    private static final int READ_BYTES = 16 << 10;
    private static final int PAUSE_MICROS = 200;

    @TempDir private static Path folder;

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void getsEverythingFromOneCall(Kind kind, ThreadKind thread) throws Exception {
        PatternFile file = PatternFile.dense(folder, 7, SIZE);
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.slow(connection.peer(), READ_BYTES, PAUSE_MICROS)) {
            Jvm.Task<Long> transfer =
                    Jvm.run(
                            thread,
                            "sender",
                            () -> ZeroCopy.transferTo(source, 1, SIZE, connection.target()));
            assertEquals(SIZE - 1, transfer.await());
            connection.target().close();
            byte[] received = receiver.awaitBytes();
            assertEquals(SIZE - 1, received.length);
            file.check(1, ByteBuffer.wrap(received));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void getsEverythingFromASelectorLoop(Kind kind) throws Exception {
        PatternFile file = PatternFile.dense(folder, 7, SIZE);
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.slow(connection.peer(), READ_BYTES, PAUSE_MICROS)) {
            connection.configureBlocking(false);
            List<Long> counts = transferBySelector(source, connection);
            assertTrue(counts.size() > 3, () -> "the target was full at times: " + counts);
            connection.target().close();
            byte[] received = receiver.awaitBytes();
            assertEquals(SIZE, received.length);
            file.check(0, ByteBuffer.wrap(received));
        }
    }

    /** Asks until the target is full, waits for it, and so on. Returns what the calls returned. */
    private static List<Long> transferBySelector(FileChannel source, Connection connection)
            throws IOException {
        List<Long> counts = new ArrayList<>();
        long moved = 0;
        try (Selector selector = Selector.open()) {
            ((SelectableChannel) connection.target()).register(selector, SelectionKey.OP_WRITE);
            while (moved < SIZE) {
                assertTrue(selector.select(10_000) > 0, "the target becomes writable");
                selector.selectedKeys().clear();
                long returned;
                do {
                    returned = ZeroCopy.transferTo(source, moved, SIZE, connection.target());
                    counts.add(returned);
                    moved += returned;
                } while (returned > 0);
            }
        }
        assertEquals(SIZE, moved);
        return counts;
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void truncatedSourceEndsTheTransfer(Kind kind, ThreadKind thread) throws Exception {
        truncateWhileBlocked(kind, thread, 4096);
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void emptiedSourceEndsTheTransfer(Kind kind, ThreadKind thread) throws Exception {
        truncateWhileBlocked(kind, thread, 0);
    }

    private static void truncateWhileBlocked(Kind kind, ThreadKind thread, long newSize)
            throws IOException {
        int size = 16 << 20;
        long seed = 8 + newSize;
        PatternFile file = PatternFile.dense(folder, seed, size);
        try (FileChannel source = file.open();
                FileChannel writable = FileChannel.open(file.path(), StandardOpenOption.WRITE);
                Connection connection = Connection.open(kind)) {
            BlockedThread blocked =
                    BlockedThread.start(
                            thread,
                            () -> ZeroCopy.transferTo(source, 0, size, connection.target()));
            writable.truncate(newSize);
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                Outcome outcome = blocked.awaitOutcome(Await.LONG);
                assertNotNull(outcome.returned(), outcome::toString);
                assertTrue(outcome.returned() < size, outcome::toString);
                connection.target().close();
                byte[] received = receiver.awaitBytes();
                assertEquals(outcome.returned(), received.length);
                assertSameOrZero(PatternFile.bytes(seed, 0, received.length), received);
            }
        } finally {
            Files.delete(file.path());
        }
    }

    /** Pages that are on their way may become zero: they are sent as they are, without a copy. */
    private static void assertSameOrZero(byte[] expected, byte[] actual) {
        for (int at = 0; at < actual.length; at++) {
            if (actual[at] != expected[at] && actual[at] != 0) {
                fail("byte " + at + " is neither the file's nor zero");
            }
        }
    }
}
