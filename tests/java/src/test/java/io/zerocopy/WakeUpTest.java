package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A transfer that is blocked, because its peer never reads, must wake up soon when either channel
 * is closed or its thread is interrupted, and must not lie about what it moved: the bytes that the
 * peer reads afterwards are counted.
 */
@ExtendWith(LeakCounter.class)
class WakeUpTest {
    /** More than any of the targets takes without a reader. */
    private static final int SIZE = 16 << 20;

    @TempDir private static Path folder;
    private static PatternFile file;

    @BeforeAll
    static void makeFile() throws IOException {
        file = PatternFile.dense(folder, 5, SIZE);
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheSourceEndsWithTheCount(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, false)) {
            Jvm.closeInTime(blocked.source);
            assertTrue(blocked.connection.target().isOpen());
            blocked.assertReturnsWhatWasDelivered();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheTargetEndsWithTheCount(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, false)) {
            Jvm.closeInTime(blocked.connection.target());
            assertTrue(blocked.source.isOpen());
            blocked.assertReturnsWhatWasDelivered();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheSourceBeforeTheFirstByteThrows(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, true)) {
            Jvm.closeInTime(blocked.source);
            blocked.assertThrows(AsynchronousCloseException.class);
            assertTrue(blocked.connection.target().isOpen());
            blocked.assertNothingWasDelivered();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheTargetBeforeTheFirstByteThrows(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, true)) {
            Jvm.closeInTime(blocked.connection.target());
            blocked.assertThrows(AsynchronousCloseException.class);
            assertTrue(blocked.source.isOpen());
            blocked.assertNothingWasDelivered();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void interruptClosesBoth(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, false)) {
            blocked.thread.interrupt();
            blocked.assertClosedByInterrupt();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void interruptBeforeTheFirstByteClosesBoth(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, true)) {
            blocked.thread.interrupt();
            blocked.assertClosedByInterrupt();
            blocked.assertNothingWasDelivered();
        }
    }

    /** The peer is gone: what the target had accepted is returned, as the JDK does. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfThePeerEndsWithACount(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, false)) {
            blocked.connection.peer().close();
            blocked.thread.awaitOutcome().assertPartial(SIZE);
            assertTrue(blocked.source.isOpen() && blocked.connection.target().isOpen());
        }
    }

    /** Two transfers wait for one target, one of them for its lock: both have to wake up. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheTargetWakesWhoWaitsForItsLock(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, true)) {
            Jvm.Task<Long> second =
                    Jvm.run(
                            thread,
                            "second",
                            () ->
                                    ZeroCopy.transferTo(
                                            blocked.source, 0, SIZE, blocked.connection.target()));
            second.awaitParked();
            Jvm.closeInTime(blocked.connection.target());
            blocked.assertThrows(AsynchronousCloseException.class);
            Throwable thrown = second.awaitFailure();
            assertTrue(thrown instanceof AsynchronousCloseException, thrown::toString);
        }
    }

    /** After a close that woke a transfer, the file and a new connection work as before. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void theSourceServesTheNextTransfer(Kind kind, ThreadKind thread) throws Exception {
        try (Blocked blocked = new Blocked(kind, thread, false);
                Connection next = Connection.open(kind);
                Receiver receiver = Receiver.checking(next.peer(), file, 0)) {
            Jvm.closeInTime(blocked.connection.target());
            blocked.thread.awaitOutcome();
            assertEquals(SIZE, ZeroCopy.transferTo(blocked.source, 0, SIZE, next.target()));
            next.target().close();
            assertEquals(SIZE, receiver.awaitEnd());
        }
    }

    /** A transfer that is blocked, with or without bytes already moved. */
    private static final class Blocked implements Closeable {
        final FileChannel source;
        final Connection connection;
        final BlockedThread thread;
        private final long filled;

        Blocked(Kind kind, ThreadKind threadKind, boolean fill) throws IOException {
            source = file.open();
            connection = Connection.open(kind);
            filled = fill ? connection.fill() : 0;
            thread =
                    BlockedThread.start(
                            threadKind,
                            () -> ZeroCopy.transferTo(source, 0, SIZE, connection.target()));
        }

        void assertReturnsWhatWasDelivered() throws IOException {
            Outcome outcome = thread.awaitOutcome();
            outcome.assertPartial(SIZE);
            assertFalse(outcome.isInterrupted());
            connection.target().close();
            try (Receiver receiver = Receiver.checking(connection.peer(), file, 0)) {
                assertEquals(outcome.returned(), receiver.awaitEnd());
            }
        }

        void assertThrows(Class<? extends IOException> expected) {
            thread.awaitOutcome().assertThrew(expected);
        }

        void assertClosedByInterrupt() {
            thread.awaitOutcome().assertClosedByInterrupt(source, connection.target());
        }

        void assertNothingWasDelivered() throws IOException {
            connection.target().close();
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                assertEquals(filled, receiver.awaitEnd());
            }
        }

        @Override
        public void close() throws IOException {
            source.close();
            connection.close();
            thread.awaitOutcome();
        }
    }
}
