package io.zerocopy.sender;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Completion;
import io.zerocopy.Completion.CopyCause;
import io.zerocopy.SendBuffer;
import io.zerocopy.SenderFullException;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Goal: what is sent by a {@link ZeroCopySender} arrives once and in order, every message ends once
 * and tells the truth, and the sender waits, wakes and closes as its documentation says.
 *
 * <p>Method: connections inside this machine, where the kernel copies and says so; peers that read,
 * that read late, and that never do.
 */
@ExtendWith(LeakCounter.class)
class ZeroCopySenderTest {
    private static final int MESSAGE_BYTES = 300 << 10;
    private static final int MESSAGES = 30;

    /** More than a connection takes without a reader, in one message. */
    private static final int LARGE_BYTES = 32 << 20;

    static Stream<Arguments> socketsAndThreads() {
        return Connection.kindsAndThreads()
                .filter(arguments -> arguments.get()[0] != Connection.Kind.PIPE);
    }

    @ParameterizedTest
    @MethodSource("socketsAndThreads")
    void everyByteArrivesInOrder(Connection.Kind kind, ThreadKind thread) throws Exception {
        try (Connection connection = Connection.open(kind);
                ZeroCopySender sender = ZeroCopySender.open(connection.socket());
                Receiver receiver = Receiver.collecting(connection.peer())) {
            List<CompletionStage<Completion>> sent =
                    Jvm.run(thread, "sender", () -> sendMany(sender)).await();
            for (CompletionStage<Completion> stage : sent) {
                Completion completion = Messages.await(stage);
                assertEquals(MESSAGE_BYTES, completion.bytes());
                assertTrue(completion.isCopied(), completion::toString);
                assertFalse(completion.copyCauses().isEmpty());
            }
            assertEquals(0, sender.bytesInFlight());
            assertEquals(kind == Connection.Kind.UNIX, sender.whyCopying() != null);
            connection.socket().shutdownOutput();
            Messages.assertPattern(receiver.awaitBytes(), 0);
            assertEquals((long) MESSAGES * MESSAGE_BYTES, receiver.count());
        }
    }

    private static List<CompletionStage<Completion>> sendMany(ZeroCopySender sender) {
        List<CompletionStage<Completion>> sent = new ArrayList<>();
        for (int index = 0; index < MESSAGES; index++) {
            long offset = (long) index * MESSAGE_BYTES;
            // Pages of the sender and memory of our own, in turn.
            sent.add(
                    index % 2 == 0
                            ? sender.send(Messages.acquire(sender, MESSAGE_BYTES, offset))
                            : sender.send(Messages.direct(MESSAGE_BYTES, offset)));
            assertEquals(0, sender.bytesUnsent());
        }
        return sent;
    }

    /** Loopback copies: the first completion says so, and then it is not tried for a while. */
    @Test
    void loopbackIsReportedAndBackedOffFrom() throws Exception {
        try (Connection connection = Connection.tcp();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket());
                Receiver receiver = Receiver.collecting(connection.peer())) {
            Set<CopyCause> first = causesOf(sender, 64 << 10);
            assertEquals(Set.of(CopyCause.COPIED_BY_KERNEL), first);
            assertEquals(Set.of(CopyCause.BACKED_OFF), causesOf(sender, 64 << 10));
            assertEquals(Set.of(CopyCause.SMALL), causesOf(sender, 1000));
            Await.until("it is tried again", () -> causesOf(sender, 64 << 10).equals(first));
            Await.until("the peer has all", () -> receiver.count() > 3 * (64 << 10));
        }
    }

    private static Set<CopyCause> causesOf(ZeroCopySender sender, int bytes) {
        return Messages.await(sender.send(Messages.acquire(sender, bytes, 0))).copyCauses();
    }

    @Test
    void nonBlockingSendQueuesUpToTheBound() throws Exception {
        try (Connection connection = Connection.tcp();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            connection.configureBlocking(false);
            List<CompletionStage<Completion>> sent = new ArrayList<>();
            ByteBuffer refused = Messages.direct(MESSAGE_BYTES, 0);
            assertThrows(
                    SenderFullException.class,
                    () -> {
                        while (true) {
                            long offset = (long) sent.size() * MESSAGE_BYTES;
                            ByteBuffer message = Messages.direct(MESSAGE_BYTES, offset);
                            try {
                                sent.add(sender.send(message));
                            } catch (SenderFullException e) {
                                assertEquals(MESSAGE_BYTES, message.remaining());
                                throw e;
                            }
                        }
                    });
            assertThrows(SenderFullException.class, () -> sender.send(refused));
            assertTrue(sender.bytesUnsent() > 0);
            assertTrue(sender.bytesInFlight() <= 4 << 20);
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                // Nobody calls anything: the reaper sends what is queued.
                sent.forEach(Messages::await);
                assertEquals(0, sender.bytesInFlight());
                connection.socket().shutdownOutput();
                Messages.assertPattern(receiver.awaitBytes(), 0);
                assertEquals((long) sent.size() * MESSAGE_BYTES, receiver.count());
            }
        }
    }

    @Test
    void stagesCompleteOffTheReaper() throws Exception {
        try (Connection connection = Messages.connectionThatKeeps();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            CompletableFuture<Thread> completer = new CompletableFuture<>();
            CompletionStage<Completion> sent = sender.send(Messages.acquire(sender, 1 << 20, 0));
            sent.thenAccept(completion -> completer.complete(Thread.currentThread()));
            assertFalse(completer.isDone(), "completed before the peer has read");
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                Await.until("the message completes", completer::isDone);
                String name = completer.join().getName();
                assertFalse(name.contains("reaper"), name);
                Await.until("the peer has it", () -> receiver.count() == 1 << 20);
            }
        }
    }

    /**
     * A completion that nobody takes makes each select return at once. With {@code reap} in the
     * loop there are few such returns; when the reaper alone takes them there are none afterwards.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void selectorDoesNotSpin(boolean reaps) throws Exception {
        try (Connection connection = Messages.connectionThatKeeps();
                Selector selector = Selector.open();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            connection.configureBlocking(false);
            connection.socket().register(selector, SelectionKey.OP_READ);
            CompletableFuture<Completion> sent =
                    sender.send(Messages.acquire(sender, 1 << 20, 0)).toCompletableFuture();
            assertFalse(sent.isDone(), "completed before the peer has read");
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                int wakeUps = 0;
                while (!sent.isDone()) {
                    wakeUps += select(selector);
                    if (reaps) {
                        sender.reap();
                    }
                }
                assertTrue(!reaps || wakeUps < 50, "select returned " + wakeUps + " times");
                for (int quiet = 0; quiet < 3; quiet++) {
                    assertEquals(0, select(selector));
                }
                assertEquals(1 << 20, receiver.count());
            }
        }
    }

    private static int select(Selector selector) throws IOException {
        int selected = selector.select(100);
        selector.selectedKeys().clear();
        return selected;
    }

    @ParameterizedTest
    @MethodSource("socketsAndThreads")
    void closingTheChannelWakesABlockedSend(Connection.Kind kind, ThreadKind thread)
            throws Exception {
        try (Connection connection = Connection.open(kind);
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            Blocked blocked = new Blocked(thread, sender);
            Jvm.closeInTime(connection.socket());
            blocked.thread.awaitOutcome();
            // Else what is in flight is waited for.
            connection.peer().close();
            assertSame(AsynchronousCloseException.class, blocked.failure().getClass());
        }
    }

    @ParameterizedTest
    @MethodSource("socketsAndThreads")
    void anInterruptEndsABlockedSend(Connection.Kind kind, ThreadKind thread) throws Exception {
        try (Connection connection = Connection.open(kind);
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            Blocked blocked = new Blocked(thread, sender);
            blocked.thread.interrupt();
            assertTrue(blocked.thread.awaitOutcome().isInterrupted());
            assertFalse(connection.socket().isOpen());
            connection.peer().close();
            assertSame(ClosedByInterruptException.class, blocked.failure().getClass());
        }
    }

    /** A send of more than the connection takes, which nobody reads. */
    private static final class Blocked {
        private final BlockedThread thread;
        private volatile CompletionStage<Completion> stage;

        Blocked(ThreadKind kind, ZeroCopySender sender) {
            ByteBuffer message = Messages.direct(LARGE_BYTES, 0);
            thread =
                    BlockedThread.start(
                            kind,
                            () -> {
                                stage = sender.send(message);
                                return 0L;
                            });
        }

        Throwable failure() throws InterruptedException {
            return Messages.awaitFailure(stage);
        }
    }

    @Test
    void closingSenderAndChannelDeliversAndLeavesNothing() throws Exception {
        Set<String> before;
        CompletionStage<Completion> sent;
        SendBuffer buffer;
        try (Connection connection = Messages.connectionThatKeeps()) {
            before = LeakCounter.open();
            ZeroCopySender sender = ZeroCopySender.open(connection.socket());
            buffer = Messages.acquire(sender, 1 << 20, 0);
            sent = sender.send(buffer);
            sender.close();
            connection.socket().close();
            // The sender and its pages are done with: this must not reach the peer.
            for (int index = 0; index < buffer.buffer().capacity(); index++) {
                buffer.buffer().put(index, (byte) 0);
            }
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                Messages.assertPattern(receiver.awaitBytes(), 0);
                assertEquals(1 << 20, receiver.count());
            }
            assertEquals(1 << 20, Messages.await(sent).bytes());
            Await.until(
                    "the duplicate is closed",
                    () -> {
                        Set<String> left = LeakCounter.open();
                        left.removeAll(before);
                        return left.isEmpty();
                    });
        }
    }

    /** The channel alone is closed, as most users do: the sender ends by itself. */
    @Test
    void closingTheChannelAloneEndsTheSender() throws Exception {
        try (Connection connection = Connection.tcpWithLargeBuffers()) {
            ZeroCopySender sender = ZeroCopySender.open(connection.socket());
            CompletionStage<Completion> sent = sender.send(Messages.direct(1 << 20, 0));
            connection.socket().close();
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                assertEquals(1 << 20, receiver.awaitEnd());
            }
            assertEquals(1 << 20, Messages.await(sent).bytes());
            Throwable failure = Messages.awaitFailure(sender.send(Messages.direct(10, 0)));
            assertTrue(failure instanceof ClosedChannelException, failure::toString);
            assertThrows(IllegalStateException.class, () -> sender.acquire(10));
        }
    }

    /** What the kernel never completes is left to it, counted, and its views stay valid. */
    @Test
    void whatNeverCompletesIsAbandoned() throws Exception {
        ChildJvm.of(AbandonProgram.class)
                .likeThisOne()
                .property("io.zerocopy.sender.lingerMillis", 200)
                .runSilently();
    }

    @Test
    void withoutTheCoreItSendsAllTheSame() throws Exception {
        ChildJvm.of(PlainProgram.class)
                .likeThisOne()
                .property("io.zerocopy.disable", "all")
                .property("java.util.logging.config.file", "/dev/null")
                .runSilently();
    }

    @Test
    void aSecondSenderGoesOnCounting() throws Exception {
        try (Connection connection = Connection.tcp();
                Receiver receiver = Receiver.collecting(connection.peer())) {
            for (int round = 0; round < 3; round++) {
                ZeroCopySender sender = ZeroCopySender.open(connection.socket());
                assertThrows(
                        IllegalStateException.class,
                        () -> ZeroCopySender.open(connection.socket()));
                assertEquals(Set.of(CopyCause.COPIED_BY_KERNEL), causesOf(sender, 64 << 10));
                sender.close();
                Await.until("the sender ends", () -> isFree(connection.socket()));
            }
            Await.until("the peer has all", () -> receiver.count() == 3 * (64 << 10));
        }
    }

    private static boolean isFree(SocketChannel socket) {
        try {
            ZeroCopySender.open(socket).close();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void memoryIsUsedAgainAfterItsCompletion() throws Exception {
        try (Connection connection = Connection.unix();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket());
                Receiver receiver = Receiver.collecting(connection.peer())) {
            SendBuffer first = Messages.acquire(sender, MESSAGE_BYTES, 0);
            byte mark = first.buffer().get(MESSAGE_BYTES - 1);
            Messages.await(sender.send(first));
            try (SendBuffer second = sender.acquire(MESSAGE_BYTES)) {
                // The pool gives back the latest of this size, with what is in it.
                second.buffer().put(0, (byte) ~mark);
            }
            assertThrows(IllegalStateException.class, () -> sender.send(first));
            Await.until("the peer has it", () -> receiver.count() == MESSAGE_BYTES);
        }
    }

    @Test
    void wrongArgumentsAreNamed() throws Exception {
        try (Connection connection = Connection.tcp();
                ZeroCopySender sender = ZeroCopySender.open(connection.socket());
                Connection other = Connection.tcp();
                ZeroCopySender stranger = ZeroCopySender.open(other.socket())) {
            assertNull(sender.whyCopying());
            ByteBuffer heap = ByteBuffer.allocate(10);
            String text =
                    assertThrows(IllegalArgumentException.class, () -> sender.send(heap))
                            .getMessage();
            assertTrue(text.contains("direct") && text.contains("heap"), text);
            assertThrows(NullPointerException.class, () -> sender.send((ByteBuffer) null));
            assertThrows(IllegalArgumentException.class, () -> sender.acquire(-1));
            assertThrows(IllegalArgumentException.class, () -> sender.acquire((1 << 30) + 1));
            assertThrows(UnsupportedOperationException.class, () -> sender.setSegmentBytes(1400));
            try (SendBuffer buffer = sender.acquire(10)) {
                assertThrows(IllegalArgumentException.class, () -> stranger.send(buffer));
                assertEquals(10, buffer.buffer().remaining());
            }
            ByteBuffer readOnly = Messages.direct(10, 0).asReadOnlyBuffer();
            assertEquals(10, Messages.await(sender.send(readOnly)).bytes());
            assertEquals(0, readOnly.remaining());
            assertEquals(0, Messages.await(sender.send(sender.acquire(0))).bytes());
        }
        SocketChannel unconnected = SocketChannel.open();
        assertThrows(NotYetConnectedException.class, () -> ZeroCopySender.open(unconnected));
        unconnected.close();
        UncheckedIOException closed =
                assertThrows(UncheckedIOException.class, () -> ZeroCopySender.open(unconnected));
        assertSame(ClosedChannelException.class, closed.getCause().getClass());
    }

    @ParameterizedTest
    @EnumSource(
            value = Connection.Kind.class,
            names = {"TCP", "UNIX"})
    void aPeerThatIsGoneFailsTheMessage(Connection.Kind kind) throws Exception {
        try (Connection connection = Connection.open(kind);
                ZeroCopySender sender = ZeroCopySender.open(connection.socket())) {
            connection.peer().close();
            Await.until(
                    "a message fails",
                    () -> {
                        CompletableFuture<Completion> future =
                                sender.send(Messages.direct(1000, 0)).toCompletableFuture();
                        return future.isCompletedExceptionally();
                    });
            Throwable failure = Messages.awaitFailure(sender.send(Messages.direct(1000, 0)));
            assertSame(IOException.class, failure.getClass());
            assertEquals("Broken pipe", failure.getMessage());
            assertNotNull(failure.getCause());
        }
    }
}
