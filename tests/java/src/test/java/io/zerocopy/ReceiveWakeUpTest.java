package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * A transfer that waits for its source, because nothing comes, or for its target, because nobody
 * reads, must wake up soon when either channel is closed or its thread is interrupted. What it has
 * taken by then must be where it says.
 */
@ExtendWith(LeakCounter.class)
class ReceiveWakeUpTest {
    private static final long SEED = 31;
    private static final int SENT_BYTES = 10_000;

    @TempDir private static Path folder;

    static Stream<Arguments> pairs() {
        return Arrays.stream(Kind.values())
                .flatMap(
                        source ->
                                Connection.kindsAndThreads()
                                        .map(
                                                target ->
                                                        Arguments.of(
                                                                source,
                                                                target.get()[0],
                                                                target.get()[1])));
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheSourceEndsATransferToAFile(Kind kind, ThreadKind thread) throws Exception {
        try (ToFile blocked = new ToFile(kind, thread, SENT_BYTES)) {
            Jvm.closeInTime(blocked.incoming.source());
            assertTrue(blocked.target.isOpen());
            blocked.assertReturnsWhatWasSent();
        }
    }

    /** The JDK's own method sleeps on here. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeOfTheFileEndsATransferToIt(Kind kind, ThreadKind thread) throws Exception {
        try (ToFile blocked = new ToFile(kind, thread, SENT_BYTES)) {
            Jvm.closeInTime(blocked.target);
            assertTrue(blocked.incoming.source().isOpen());
            blocked.assertReturnsWhatWasSent();
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void closeBeforeTheFirstByteThrows(Kind kind, ThreadKind thread) throws Exception {
        for (boolean isSource : new boolean[] {true, false}) {
            try (ToFile blocked = new ToFile(kind, thread, 0)) {
                Jvm.closeInTime(isSource ? blocked.incoming.source() : blocked.target);
                blocked.thread.awaitOutcome().assertThrew(AsynchronousCloseException.class);
                assertEquals(0, Files.size(blocked.path));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void interruptClosesTheSourceAndTheFile(Kind kind, ThreadKind thread) throws Exception {
        for (int sentBytes : new int[] {0, SENT_BYTES}) {
            try (ToFile blocked = new ToFile(kind, thread, sentBytes)) {
                blocked.thread.interrupt();
                blocked.thread
                        .awaitOutcome()
                        .assertClosedByInterrupt(blocked.incoming.source(), blocked.target);
                assertEquals(sentBytes, Files.size(blocked.path));
            }
        }
    }

    /** After a close that woke a transfer, the other channel works as before. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void theSourceServesTheNextTransfer(Kind kind, ThreadKind thread) throws Exception {
        Path next = Files.createTempFile(folder, "next", null);
        try (ToFile blocked = new ToFile(kind, thread, SENT_BYTES);
                FileChannel file = FileChannel.open(next, WRITE)) {
            Jvm.closeInTime(blocked.target);
            blocked.thread.awaitOutcome();
            byte[] more = PatternFile.bytes(SEED, SENT_BYTES, 5000);
            blocked.incoming.send(more).end();
            long received =
                    ZeroCopy.transferFrom(file, blocked.incoming.source(), 0, Long.MAX_VALUE);
            assertEquals(more.length, received);
            assertEquals(-1, Arrays.mismatch(more, Files.readAllBytes(next)));
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void closeOrInterruptEndsACopyThatWaitsForItsSource(Kind from, Kind to, ThreadKind thread)
            throws Exception {
        try (Copy blocked = new Copy(from, to, thread, false)) {
            Jvm.closeInTime(blocked.incoming.source());
            blocked.thread.awaitOutcome().assertThrew(AsynchronousCloseException.class);
            assertTrue(blocked.outgoing.target().isOpen());
        }
        try (Copy blocked = new Copy(from, to, thread, false)) {
            Jvm.closeInTime(blocked.outgoing.target());
            blocked.thread.awaitOutcome().assertThrew(AsynchronousCloseException.class);
            assertTrue(blocked.incoming.source().isOpen());
        }
        try (Copy blocked = new Copy(from, to, thread, false)) {
            blocked.thread.interrupt();
            blocked.assertClosedByInterrupt();
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void closeOrInterruptEndsACopyThatWaitsForItsTarget(Kind from, Kind to, ThreadKind thread)
            throws Exception {
        try (Copy blocked = new Copy(from, to, thread, true)) {
            Jvm.closeInTime(blocked.incoming.source());
            blocked.assertClosed();
            assertTrue(blocked.outgoing.target().isOpen());
        }
        try (Copy blocked = new Copy(from, to, thread, true)) {
            Jvm.closeInTime(blocked.outgoing.target());
            blocked.assertClosed();
            assertTrue(blocked.incoming.source().isOpen());
        }
        try (Copy blocked = new Copy(from, to, thread, true)) {
            blocked.thread.interrupt();
            blocked.assertClosedByInterrupt();
        }
    }

    /** A {@code transferFrom} that has written what was sent and waits for more. */
    private static final class ToFile implements Closeable {
        private final Incoming incoming;
        private final Path path;
        private final FileChannel target;
        private final BlockedThread thread;
        private final byte[] sent;

        ToFile(Kind kind, ThreadKind threadKind, int sentBytes) throws IOException {
            incoming = Incoming.open(kind);
            path = Files.createTempFile(folder, "target", null);
            target = FileChannel.open(path, WRITE);
            sent = PatternFile.bytes(SEED, 0, sentBytes);
            incoming.send(sent);
            thread =
                    BlockedThread.start(
                            threadKind,
                            () ->
                                    ZeroCopy.transferFrom(
                                            target, incoming.source(), 0, Long.MAX_VALUE));
            Await.until("what was sent is written", () -> Files.size(path) == sentBytes);
        }

        void assertReturnsWhatWasSent() throws IOException {
            Outcome outcome = thread.awaitOutcome();
            assertEquals(sent.length, outcome.returned(), outcome::toString);
            assertFalse(outcome.isInterrupted());
            assertEquals(-1, Arrays.mismatch(sent, Files.readAllBytes(path)));
        }

        @Override
        public void close() throws IOException {
            target.close();
            incoming.close();
            thread.awaitOutcome();
        }
    }

    /** A {@code copy} that waits for its source, or for its target, which is full. */
    private static final class Copy implements Closeable {
        private final Incoming incoming;
        private final Connection outgoing;
        private final BlockedThread thread;

        Copy(Kind from, Kind to, ThreadKind threadKind, boolean isTargetFull) throws IOException {
            incoming = Incoming.open(from);
            outgoing = Connection.open(to);
            if (isTargetFull) {
                // More than both connections take without a reader.
                incoming.sendAndEnd(PatternFile.bytes(SEED, 0, 16 << 20));
            }
            thread =
                    BlockedThread.start(
                            threadKind, () -> ZeroCopy.copy(incoming.source(), outgoing.target()));
        }

        /** With what was taken and not delivered, if anything was. */
        void assertClosed() {
            Outcome outcome = thread.awaitOutcome();
            if (outcome.thrown() instanceof TransferException) {
                TransferException e = (TransferException) outcome.thrown();
                assertSame(AsynchronousCloseException.class, e.getCause().getClass());
                assertTrue(e.undelivered().hasRemaining());
                assertEquals(e.consumed() - e.delivered(), e.undelivered().remaining());
                byte[] expected =
                        PatternFile.bytes(SEED, e.delivered(), e.undelivered().remaining());
                assertEquals(-1, e.undelivered().mismatch(ByteBuffer.wrap(expected)));
            } else {
                outcome.assertThrew(AsynchronousCloseException.class);
            }
        }

        void assertClosedByInterrupt() {
            thread.awaitOutcome().assertClosedByInterrupt(incoming.source(), outgoing.target());
        }

        @Override
        public void close() throws IOException {
            outgoing.close();
            incoming.close();
            thread.awaitOutcome();
        }
    }
}
