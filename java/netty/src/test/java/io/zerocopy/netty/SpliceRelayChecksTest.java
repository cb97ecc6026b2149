package io.zerocopy.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

import java.util.concurrent.TimeUnit;

/** What can't be relayed is refused, and left as it was. */
class SpliceRelayChecksTest {
    private static final byte[] BYTES = "still there".getBytes();
    private static final RelayOptions OPTIONS = RelayOptions.defaults();

    @RegisterExtension static final NothingLeft nothingLeft = new NothingLeft();

    /** Goal: both channels serve as before. Method: a good one and each kind of bad one. */
    @Test
    void refusesChannelsOfOtherTransports() throws Exception {
        NioDatagramChannel datagrams = new NioDatagramChannel();
        EmbeddedChannel embedded = new EmbeddedChannel();
        try (Joint joint = Joint.openReading(Transport.EPOLL, Transport.NIO, new Echo())) {
            for (Channel other : new Channel[] {embedded, datagrams}) {
                refuses(
                        IllegalArgumentException.class,
                        "epoll or NIO transport",
                        () -> SpliceRelay.start(joint.a, other, OPTIONS));
                refuses(
                        IllegalArgumentException.class,
                        "epoll or NIO transport",
                        () -> SpliceRelay.start(other, joint.a, OPTIONS));
            }
            refuses(
                    IllegalArgumentException.class,
                    "not one with itself",
                    () -> SpliceRelay.start(joint.a, joint.a, OPTIONS));
            assertStillEchoes(joint);
        } finally {
            datagrams.unsafe().closeForcibly();
            embedded.finishAndReleaseAll();
        }
    }

    @Test
    void refusesChannelsThatAreNotActive() throws Exception {
        NioSocketChannel unregistered = new NioSocketChannel();
        try (Joint joint = Joint.openReading(Transport.EPOLL, Transport.NIO, new Echo())) {
            joint.b.close().sync();
            for (Channel other : new Channel[] {joint.b, unregistered}) {
                refuses(
                        IllegalStateException.class,
                        "is not active",
                        () -> SpliceRelay.start(joint.a, other, OPTIONS));
            }
            assertStillEchoes(joint);
        } finally {
            unregistered.unsafe().closeForcibly();
        }
    }

    @Test
    void refusesChannelsWithTls() throws Exception {
        try (Joint joint = Joint.openReading(Transport.EPOLL, Transport.NIO, new Echo())) {
            joint.b
                    .pipeline()
                    .addLast(SslContextBuilder.forClient().build().newHandler(joint.b.alloc()));
            refuses(
                    IllegalStateException.class,
                    "is encrypted by Netty",
                    () -> SpliceRelay.start(joint.a, joint.b, OPTIONS));
            assertStillEchoes(joint);
        }
    }

    @Test
    @SuppressWarnings("deprecation") // Netty would rather that nobody did it, but it can be done.
    void refusesDecodersOnOtherThreads() throws Exception {
        EventExecutorGroup others = new DefaultEventExecutorGroup(1);
        try (Joint joint = Joint.openReading(Transport.NIO, Transport.EPOLL, new Echo())) {
            joint.b.pipeline().addLast(others, "frames", new Frames(10));
            refuses(
                    IllegalStateException.class,
                    "frames runs on an executor of its own",
                    () -> SpliceRelay.start(joint.a, joint.b, OPTIONS));
            assertStillEchoes(joint);
        } finally {
            others.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    /** Goal: a second relay does not disturb the first one. */
    @Test
    void refusesChannelsThatAreRelayed() throws Exception {
        try (Joint joint = Joint.open(Transport.EPOLL, Transport.NIO);
                Joint other = Joint.openReading(Transport.NIO, Transport.EPOLL, new Echo())) {
            Future<RelayResult> relay = SpliceRelay.start(joint.a, joint.b, OPTIONS);
            refuses(
                    IllegalStateException.class,
                    "is being relayed already",
                    () -> SpliceRelay.start(other.a, joint.b, OPTIONS));
            refuses(
                    IllegalStateException.class,
                    "is being relayed already",
                    () -> SpliceRelay.start(joint.a, other.a, OPTIONS));
            assertStillEchoes(other);
            Peers.write(joint.client, BYTES);
            assertArrayEquals(BYTES, Peers.read(joint.server, BYTES.length));
            joint.client.close();
            joint.server.close();
            assertEquals(BYTES.length, relay.get(10, TimeUnit.SECONDS).aToB().delivered());
        }
    }

    @Test
    void refusesNullAndOtherThreads() throws Exception {
        try (Joint joint = Joint.openReading(Transport.EPOLL, Transport.NIO, new Echo())) {
            Channel a = joint.a;
            refuses(NullPointerException.class, "b", () -> SpliceRelay.start(a, null, OPTIONS));
            refuses(NullPointerException.class, "a", () -> SpliceRelay.start(null, a, OPTIONS));
            refuses(
                    NullPointerException.class,
                    "options",
                    () -> SpliceRelay.start(a, joint.b, null));
            refuses(
                    NullPointerException.class,
                    "engine",
                    () -> SpliceRelay.start(null, a, joint.b, OPTIONS));
            refuses(
                    IllegalStateException.class,
                    "event loop of the channel",
                    () -> SpliceRelay.hold(a));
            assertStillEchoes(joint);
        }
    }

    /** Goal: the fixture of all these tests sees a buffer that is lost. Method: one is. */
    @Test
    void theFixtureFindsLostBuffers() throws Exception {
        try {
            loseBuffers();
            assertTrue(!NothingLeft.leaks().isEmpty());
        } finally {
            NothingLeft.forgetLeaks();
        }
    }

    private static void loseBuffers() {
        for (int i = 0; i < 10; i++) {
            PooledByteBufAllocator.DEFAULT.directBuffer().writeByte(i);
        }
    }

    private static void refuses(
            Class<? extends Exception> type, String why, Executable executable) {
        String message = assertThrows(type, executable).getMessage();
        assertTrue(message.contains(why), message);
    }

    private static void assertStillEchoes(Joint joint) throws Exception {
        Peers.write(joint.client, BYTES);
        assertArrayEquals(BYTES, Peers.read(joint.client, BYTES.length));
    }
}
