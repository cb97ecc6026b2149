package io.zerocopy.sender;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Completion;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.util.List;

/**
 * Goal: each message is one datagram, or with a segment size many, and an error is that message's
 * alone. Method: two UDP sockets on loopback.
 */
@ExtendWith(LeakCounter.class)
class DatagramSenderTest {
    private static final int BYTES = 28_000;
    private static final int SEGMENT_BYTES = 1400;

    static List<ThreadKind> threads() {
        return Jvm.threadKinds();
    }

    @ParameterizedTest
    @MethodSource("threads")
    void messagesAreDatagrams(ThreadKind thread) throws Exception {
        try (DatagramChannel peer = bound();
                DatagramChannel socket = connectedTo(peer);
                ZeroCopySender sender = ZeroCopySender.open(socket)) {
            Completion completion =
                    Jvm.run(
                                    thread,
                                    "sender",
                                    () ->
                                            Messages.await(
                                                    sender.send(
                                                            Messages.acquire(sender, BYTES, 0))))
                            .await();
            assertEquals(BYTES, completion.bytes());
            Messages.assertPattern(receive(peer), 0);
            assertEquals(0, Messages.await(sender.send(ByteBuffer.allocateDirect(0))).bytes());
            assertEquals(0, receive(peer).length);
        }
    }

    @Test
    void aSegmentSizeMakesManyDatagramsOfOneMessage() throws Exception {
        try (DatagramChannel peer = bound();
                DatagramChannel socket = connectedTo(peer);
                ZeroCopySender sender = ZeroCopySender.open(socket)) {
            assertThrows(IllegalArgumentException.class, () -> sender.setSegmentBytes(-1));
            sender.setSegmentBytes(SEGMENT_BYTES);
            socket.configureBlocking(false);
            var sent = sender.send(Messages.direct(BYTES, 0));
            for (int offset = 0; offset < BYTES; offset += SEGMENT_BYTES) {
                byte[] datagram = receive(peer);
                assertEquals(SEGMENT_BYTES, datagram.length);
                Messages.assertPattern(datagram, offset);
            }
            assertEquals(BYTES, Messages.await(sent).bytes());
        }
    }

    @Test
    void aMessageThatIsTooLongFailsAlone() throws Exception {
        try (DatagramChannel peer = bound();
                DatagramChannel socket = connectedTo(peer);
                ZeroCopySender sender = ZeroCopySender.open(socket)) {
            Throwable failure = Messages.awaitFailure(sender.send(Messages.direct(70_000, 0)));
            assertSame(IOException.class, failure.getClass());
            assertEquals("Message too long", failure.getMessage());
            assertEquals(10, Messages.await(sender.send(Messages.direct(10, 0))).bytes());
            assertEquals(10, receive(peer).length);
        }
    }

    @Test
    void aSocketThatIsNotConnectedOrClosedIsRefused() throws Exception {
        DatagramChannel socket = DatagramChannel.open();
        assertThrows(NotYetConnectedException.class, () -> ZeroCopySender.open(socket));
        try (DatagramChannel peer = bound()) {
            socket.connect(peer.getLocalAddress());
            try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
                socket.disconnect();
                ByteBuffer message = Messages.direct(10, 0);
                assertThrows(NotYetConnectedException.class, () -> sender.send(message));
                assertEquals(10, message.remaining());
                assertFalse(socket.isConnected());
            }
        }
        socket.close();
        UncheckedIOException closed =
                assertThrows(UncheckedIOException.class, () -> ZeroCopySender.open(socket));
        assertTrue(closed.getCause() instanceof ClosedChannelException);
    }

    private static DatagramChannel bound() throws IOException {
        DatagramChannel peer = DatagramChannel.open();
        peer.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 20);
        return peer.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static DatagramChannel connectedTo(DatagramChannel peer) throws IOException {
        return DatagramChannel.open().connect(peer.getLocalAddress());
    }

    private static byte[] receive(DatagramChannel peer) throws IOException {
        ByteBuffer datagram = ByteBuffer.allocate(1 << 16);
        peer.receive(datagram);
        byte[] bytes = new byte[datagram.flip().remaining()];
        datagram.get(bytes);
        return bytes;
    }
}
