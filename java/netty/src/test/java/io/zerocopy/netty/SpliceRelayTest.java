package io.zerocopy.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.Future;
import io.zerocopy.Mechanism;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Relays between channels of Netty, with plain sockets on both outer ends. */
class SpliceRelayTest {
    private static final int PAYLOAD_BYTES = (5 << 20) + 77;
    private static final byte[] REQUEST = "preface".getBytes();

    @RegisterExtension static final NothingLeft nothingLeft = new NothingLeft();

    static Stream<Arguments> pairs() {
        return Stream.of(Transport.values())
                .flatMap(a -> Stream.of(Transport.values()).map(b -> Arguments.of(a, b)));
    }

    /**
     * Goal: every byte arrives, both ways, for any mix of transports, and the half-close behind the
     * last one. Method: both peers send at once and end their streams; hashes of what they receive.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void relaysBothWaysAndForwardsBothEnds(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            byte[] up = Peers.bytes(1, PAYLOAD_BYTES);
            byte[] down = Peers.bytes(2, PAYLOAD_BYTES / 2);
            Future<RelayResult> relay = start(joint);
            CompletableFuture<String> atServer = Peers.hashOf(joint.server);
            CompletableFuture<String> atClient = Peers.hashOf(joint.client);
            CompletableFuture<Void> sent = Peers.send(joint.client, up);
            Peers.send(joint.server, down).join();
            sent.join();
            assertEquals(Peers.hash(up), atServer.get(20, TimeUnit.SECONDS));
            assertEquals(Peers.hash(down), atClient.get(20, TimeUnit.SECONDS));

            RelayResult result = relay.get(10, TimeUnit.SECONDS);
            assertEquals(RelayEnd.ENDED, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.ENDED, result.bToA().end(), result::toString);
            assertEquals(up.length, result.aToB().delivered());
            assertEquals(down.length, result.bToA().delivered());
            assertTrue(result.aToB().mechanisms().contains(Mechanism.SPLICE), result::toString);
            assertFalse(joint.a.isOpen());
            assertFalse(joint.b.isOpen());
        }
    }

    /**
     * Goal: one direction goes on for as long as it has bytes when the other has ended. Method: the
     * server answers only after it has seen the end of the request.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void carriesAnAnswerAfterTheEndOfTheRequest(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            Future<RelayResult> relay = start(joint);
            Peers.send(joint.client, REQUEST).join();
            assertEquals(Peers.hash(REQUEST), Peers.hashOf(joint.server).get(10, TimeUnit.SECONDS));
            byte[] answer = Peers.bytes(3, PAYLOAD_BYTES);
            CompletableFuture<Void> sent = Peers.send(joint.server, answer);
            assertEquals(Peers.hash(answer), Peers.hashOf(joint.client).get(10, TimeUnit.SECONDS));
            sent.join();
            assertEquals(RelayEnd.ENDED, relay.get(10, TimeUnit.SECONDS).bToA().end());
        }
    }

    /**
     * Goal: an end of input that Netty has seen before the start is no reason to close. Method: the
     * client sends all it has and ends its stream first; only then the relay starts.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void forwardsAnEndThatCameBeforeTheStart(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            byte[] up = Peers.bytes(4, 100_000);
            Peers.send(joint.client, up).join();
            // Long enough for the event loop to see it, whatever it makes of it.
            Thread.sleep(100);
            assertTrue(joint.a.isActive());
            Future<RelayResult> relay = start(joint);
            assertEquals(Peers.hash(up), Peers.hashOf(joint.server).get(10, TimeUnit.SECONDS));
            joint.server.close();
            assertEquals(up.length, relay.get(10, TimeUnit.SECONDS).aToB().delivered());
        }
    }

    /**
     * Goal: what was written before the start arrives first, however much it is. Method: more than
     * the sockets' buffers take is written to a peer that does not read at first. The peer ends its
     * own stream only behind it: Netty 4.2.18 would fail such a write otherwise.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void sendsFirstWhatWasWritten(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            byte[] written = Peers.bytes(5, 16 << 20);
            byte[] relayed = Peers.bytes(6, 1 << 20);
            ChannelFuture sent = joint.a.writeAndFlush(Unpooled.wrappedBuffer(written));
            // Without a flush: that is for the relay to do.
            joint.b.write(Unpooled.wrappedBuffer(REQUEST));
            Future<RelayResult> relay = start(joint);
            CompletableFuture<Void> answered = Peers.send(joint.server, relayed);
            assertEquals(REQUEST.length, Peers.read(joint.server, REQUEST.length).length);
            assertFalse(relay.isDone());
            assertArrayEquals(written, Peers.read(joint.client, written.length));
            joint.client.shutdownOutput();
            CompletableFuture<String> atClient = Peers.hashOf(joint.client);
            assertEquals(Peers.hash(relayed), atClient.get(20, TimeUnit.SECONDS));
            answered.join();
            assertTrue(sent.sync().isSuccess());
            assertEquals(relayed.length, relay.get(10, TimeUnit.SECONDS).bToA().delivered());
        }
    }

    /**
     * Goal: bytes in the pipeline come behind the preface of the options and before the rest, in
     * their order. Method: two decoders that hold back different parts of what was received.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void relaysWhatDecodersHoldFirst(Transport ofA, Transport ofB) throws Exception {
        Frames outer = new Frames(10);
        Frames inner = new Frames(100);
        try (Joint joint = Joint.openReading(ofA, ofB, outer, inner, new ReadTimeoutHandler(60))) {
            byte[] all = Peers.bytes(7, PAYLOAD_BYTES);
            // The inner decoder gets 20 bytes and waits for 80 more; the outer one holds 5.
            Peers.write(joint.client, Arrays.copyOf(all, 25));
            while (joint.a.eventLoop().submit(() -> outer.seen + inner.seen).get() != 25 + 20) {
                Thread.sleep(1);
            }
            ByteBuffer preface = ByteBuffer.wrap(REQUEST);
            Future<RelayResult> relay =
                    SpliceRelay.start(
                            joint.a, joint.b, RelayOptions.defaults().withPrefaceToB(preface));
            CompletableFuture<String> atServer = Peers.hashOf(joint.server);
            Peers.send(joint.client, Arrays.copyOfRange(all, 25, all.length)).join();
            assertEquals(Peers.hash(REQUEST, all), atServer.get(20, TimeUnit.SECONDS));
            assertEquals(null, joint.a.pipeline().get(Frames.class));
            assertEquals(null, joint.a.pipeline().get(IdleStateHandler.class));
            joint.server.close();
            assertEquals(
                    REQUEST.length + all.length,
                    relay.get(10, TimeUnit.SECONDS).aToB().delivered());
        }
    }

    /**
     * Goal: a reset of one peer reaches the other as one, and the future tells. Method: the client
     * resets while the server waits for more.
     */
    @ParameterizedTest
    @CsvSource({"EPOLL,EPOLL", "EPOLL,NIO", "NIO,EPOLL", "NIO,NIO"})
    void forwardsAReset(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            Future<RelayResult> relay = start(joint);
            Peers.write(joint.client, REQUEST);
            assertArrayEquals(REQUEST, Peers.read(joint.server, REQUEST.length));
            Joint.reset(joint.client);
            assertThrows(IOException.class, () -> Peers.read(joint.server, 1));
            RelayResult result = relay.get(10, TimeUnit.SECONDS);
            assertEquals(RelayEnd.SOURCE_FAILED, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.TARGET_FAILED, result.bToA().end(), result::toString);
            assertTrue(result.aToB().failure().isPresent());
        }
    }

    /**
     * Goal: each handler and listener sees one close, in Netty's own order, and the future's
     * listeners run on the first channel's event loop afterwards. Method: a handler that notes its
     * events on each side.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void tellsOfOneClose(Transport ofA, Transport ofB) throws Exception {
        Events eventsOfA = new Events();
        Events eventsOfB = new Events();
        try (Joint joint = Joint.open(ofA, ofB, eventsOfA)) {
            joint.b.pipeline().addLast(eventsOfB);
            joint.a.closeFuture().addListener(closed -> eventsOfA.add("closeFuture"));
            CompletableFuture<Boolean> isOnLoop = new CompletableFuture<>();
            start(joint).addListener(done -> isOnLoop.complete(joint.a.eventLoop().inEventLoop()));
            joint.client.close();
            joint.server.close();
            assertTrue(isOnLoop.get(10, TimeUnit.SECONDS));
            assertEquals(
                    "registered active unregistered registered closeFuture inactive unregistered"
                            + " removed",
                    eventsOfA.text());
            assertEquals("unregistered registered inactive unregistered removed", eventsOfB.text());
        }
    }

    /**
     * Goal: whoever closes a channel, on whichever thread, ends the relay at once and both
     * channels, and is told when it is closed. Method: each of the two is closed while bytes flow.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void endsWhenAChannelIsClosed(Transport ofA, Transport ofB) throws Exception {
        for (boolean isFirst : new boolean[] {true, false}) {
            try (Joint joint = Joint.open(ofA, ofB)) {
                Events events = new Events();
                Channel channel = isFirst ? joint.a : joint.b;
                channel.pipeline().addLast(events);
                Future<RelayResult> relay = start(joint);
                CompletableFuture<Void> sent = Peers.send(joint.client, Peers.bytes(9, 256 << 20));
                assertEquals(1000, Peers.read(joint.server, 1000).length);
                assertTrue(channel.close().await(10, TimeUnit.SECONDS));
                RelayResult result = relay.get(10, TimeUnit.SECONDS);
                assertEquals(RelayEnd.CLOSED, result.aToB().end(), result::toString);
                assertFalse(joint.a.isOpen());
                assertFalse(joint.b.isOpen());
                assertThrows(ExecutionException.class, sent::get);
                assertEquals(
                        "unregistered registered inactive unregistered removed", events.text());
            }
        }
    }

    /** Goal: a cancelled future ends the relay and closes both channels. */
    @Test
    void endsWhenTheFutureIsCancelled() throws Exception {
        try (Joint joint = Joint.open(Transport.EPOLL, Transport.NIO)) {
            Future<RelayResult> relay = start(joint);
            Peers.write(joint.client, REQUEST);
            assertArrayEquals(REQUEST, Peers.read(joint.server, REQUEST.length));
            assertTrue(relay.cancel(false));
            assertTrue(joint.a.closeFuture().await(10, TimeUnit.SECONDS));
            assertTrue(joint.b.closeFuture().await(10, TimeUnit.SECONDS));
        }
    }

    /**
     * Goal: a handler that writes while the relay has the socket is told so, and nothing is sent.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void refusesWritesWhileItLasts(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            Future<RelayResult> relay = start(joint);
            Peers.write(joint.client, REQUEST);
            assertArrayEquals(REQUEST, Peers.read(joint.server, REQUEST.length));
            ByteBuf message = Unpooled.wrappedBuffer(new byte[100]);
            ChannelFuture written = joint.b.writeAndFlush(message);
            assertTrue(written.await(10, TimeUnit.SECONDS));
            assertInstanceOf(IllegalStateException.class, written.cause());
            assertEquals(0, message.refCnt());
            joint.a.read();
            Peers.send(joint.client, REQUEST).join();
            assertArrayEquals(REQUEST, Peers.read(joint.server, 100));
            joint.server.close();
            relay.get(10, TimeUnit.SECONDS);
        }
    }

    /** Goal: the time-out of the options ends a silent relay and closes both channels. */
    @Test
    void endsWhenNothingMoves() throws Exception {
        RelayOptions options = RelayOptions.defaults().withIdleTimeout(Duration.ofMillis(50));
        try (Joint joint = Joint.open(Transport.NIO, Transport.EPOLL)) {
            Future<RelayResult> relay = SpliceRelay.start(joint.a, joint.b, options);
            assertEquals(RelayEnd.IDLE_TIMEOUT, relay.get(10, TimeUnit.SECONDS).aToB().end());
            assertFalse(joint.a.isOpen());
            assertFalse(joint.b.isOpen());
        }
    }

    /**
     * Goal: a peer that goes away while its channel is flushed fails the future, and both channels
     * are closed. Method: the flush can't end as the peer does not read; then it resets.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void failsWhenAPeerGoesBeforeTheStart(Transport ofA, Transport ofB) throws Exception {
        try (Joint joint = Joint.open(ofA, ofB)) {
            joint.a.write(Unpooled.wrappedBuffer(Peers.bytes(10, 64 << 20)));
            Future<RelayResult> relay = start(joint);
            assertEquals(1000, Peers.read(joint.client, 1000).length);
            joint.client.close();
            assertTrue(relay.await(10, TimeUnit.SECONDS));
            assertInstanceOf(IOException.class, relay.cause());
            assertFalse(joint.a.isOpen());
            assertFalse(joint.b.isOpen());
            assertEquals(0, Peers.read(joint.server, 1).length);
        }
    }

    /** Goal: an engine that is closed, or closes, leaves no channel open. */
    @Test
    void endsWithItsEngine() throws Exception {
        RelayEngine engine = RelayEngine.open(1);
        try (Joint joint = Joint.open(Transport.EPOLL, Transport.NIO)) {
            Future<RelayResult> relay =
                    SpliceRelay.start(engine, joint.a, joint.b, RelayOptions.defaults());
            Peers.write(joint.client, REQUEST);
            assertArrayEquals(REQUEST, Peers.read(joint.server, REQUEST.length));
            engine.close();
            assertEquals(RelayEnd.CLOSED, relay.get(10, TimeUnit.SECONDS).aToB().end());
            assertFalse(joint.a.isOpen());
        }
        try (Joint joint = Joint.open(Transport.EPOLL, Transport.NIO)) {
            Future<RelayResult> relay =
                    SpliceRelay.start(engine, joint.a, joint.b, RelayOptions.defaults());
            assertTrue(relay.await(10, TimeUnit.SECONDS));
            assertInstanceOf(IllegalStateException.class, relay.cause());
            assertFalse(joint.a.isOpen());
            assertFalse(joint.b.isOpen());
        }
    }

    /**
     * Goal: a relay outlives an event loop of its channels, and its sockets are closed all the
     * same. Method: the second channel's loops are shut down while bytes flow.
     */
    @ParameterizedTest
    @MethodSource("pairs")
    void outlivesAnEventLoop(Transport ofA, Transport ofB) throws Exception {
        EventLoopGroup loops = ofB.newLoops();
        try (Joint joint = Joint.open(ofA, ofB, loops)) {
            Future<RelayResult> relay = start(joint);
            Peers.write(joint.client, REQUEST);
            assertArrayEquals(REQUEST, Peers.read(joint.server, REQUEST.length));
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
            Peers.send(joint.client, REQUEST).join();
            assertArrayEquals(REQUEST, Peers.read(joint.server, 100));
            joint.server.close();
            assertEquals(RelayEnd.ENDED, relay.get(10, TimeUnit.SECONDS).aToB().end());
            assertFalse(joint.b.isOpen());
        }
    }

    /** Goal: nothing accumulates. Method: 200 relays of all kinds; descriptors before and after. */
    @Test
    void givesEverythingBackAfterManyRelays() throws Exception {
        Transport[] all = Transport.values();
        for (int round = 0; round < 200; round++) {
            Transport ofA = all[round % all.length];
            Transport ofB = all[round / all.length % all.length];
            try (Joint joint = Joint.open(ofA, ofB, new Frames(1000))) {
                byte[] up = Peers.bytes(round, 10_000);
                Future<RelayResult> relay = start(joint);
                Peers.send(joint.client, up).join();
                assertEquals(Peers.hash(up), Peers.hashOf(joint.server).get(10, TimeUnit.SECONDS));
                joint.server.close();
                relay.get(10, TimeUnit.SECONDS);
            }
        }
        nothingLeft.assertNoDescriptorLeft();
    }

    /**
     * Goal: no descriptor is copied that is another file's meanwhile. Method: channels are closed
     * at random moments around the start, from other threads.
     */
    @Test
    void survivesClosingAtAnyMoment() throws Exception {
        for (int round = 0; round < 200; round++) {
            Transport ofA = round % 2 == 0 ? Transport.EPOLL : Transport.NIO;
            Transport ofB = round / 2 % 2 == 0 ? Transport.EPOLL : Transport.NIO;
            try (Joint joint = Joint.open(ofA, ofB)) {
                Future<RelayResult> relay = start(joint);
                Thread.sleep(0, round * 5_000 % 1_000_000);
                (round % 3 == 0 ? joint.a : joint.b).close();
                assertTrue(relay.await(10, TimeUnit.SECONDS));
                assertFalse(joint.a.isOpen());
                assertFalse(joint.b.isOpen());
                assertEquals(0, Peers.read(joint.server, 1).length);
            }
        }
    }

    private static Future<RelayResult> start(Joint joint) {
        return SpliceRelay.start(joint.a, joint.b, RelayOptions.defaults());
    }
}
