package io.zerocopy.relay.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Relay;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayFlow;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Two peers and the relay between them, from a random plan, and the books of both sides. */
public final class Conversation {
    /** A stream is at most so long. */
    static final int STREAM_BYTES_MAX = 2 << 20;

    private static final int PREFACE_BYTES_MAX = 100_000;
    private static final Duration IDLE = Duration.ofMillis(300);
    private static final long CLOSE_NANOS_MAX = 500_000_000;

    /** How it goes. */
    enum Kind {
        /** Everything arrives, whatever pauses there are. */
        WHOLE,
        /** The first peer resets its connection when it has sent its bytes. */
        RESET_BY_A,
        /** The second peer does. */
        RESET_BY_B,
        /** Both peers fall silent, and the relay's time is over. */
        SILENT,
        /** The relay is closed at any moment. */
        CLOSED;

        private static final List<Kind> USUAL =
                List.of(WHOLE, WHOLE, WHOLE, RESET_BY_A, RESET_BY_B, SILENT, CLOSED);

        static Kind any(Random random) {
            return USUAL.get(random.nextInt(USUAL.size()));
        }

        SoakPeer.Finish finishOfA() {
            return switch (this) {
                case WHOLE, RESET_BY_B -> SoakPeer.Finish.HALF_CLOSE;
                case RESET_BY_A -> SoakPeer.Finish.RESET;
                case SILENT, CLOSED -> SoakPeer.Finish.HOLD;
            };
        }

        SoakPeer.Finish finishOfB() {
            return switch (this) {
                case WHOLE, RESET_BY_A -> SoakPeer.Finish.HALF_CLOSE;
                case RESET_BY_B -> SoakPeer.Finish.RESET;
                case SILENT, CLOSED -> SoakPeer.Finish.HOLD;
            };
        }
    }

    private final Kind kind;
    private final boolean isTcp;
    private final int[] prefaceBytes = new int[2];
    private final int[] sizeBytes = new int[2];
    private final SoakPeer[] peers = new SoakPeer[2];
    private final Relay relay;
    private final CompletableFuture<RelayResult> closed;
    private final long closesNanos;

    private Conversation(RelayEngine engine, Selector selector, byte[] pattern, Random random)
            throws IOException {
        kind = Kind.any(random);
        // Resets are of TCP only.
        isTcp = kind == Kind.RESET_BY_A || kind == Kind.RESET_BY_B || random.nextBoolean();
        Connection.Kind family = isTcp ? Connection.Kind.TCP : Connection.Kind.UNIX;
        Connection a = Connection.open(family);
        Connection b = Connection.open(family);
        ByteBuffer[] streams = {stream(pattern, random), stream(pattern, random)};
        RelayOptions options = RelayOptions.defaults().withMaxDuration(Duration.ofSeconds(60));
        for (int way = 0; way < 2; way++) {
            sizeBytes[way] = streams[way].remaining();
            boolean hasPreface = random.nextInt(4) == 0;
            int most = Math.min(sizeBytes[way], PREFACE_BYTES_MAX);
            prefaceBytes[way] = hasPreface ? random.nextInt(most + 1) : 0;
            ByteBuffer preface = streams[way].slice().limit(prefaceBytes[way]);
            options = way == 0 ? options.withPrefaceToB(preface) : options.withPrefaceToA(preface);
        }
        if (kind == Kind.SILENT) {
            options = options.withIdleTimeout(IDLE);
        }
        peers[0] = peer((SocketChannel) a.peer(), streams, 0, kind.finishOfA(), random);
        peers[1] = peer((SocketChannel) b.peer(), streams, 1, kind.finishOfB(), random);
        closesNanos = System.nanoTime() + (long) (random.nextDouble() * CLOSE_NANOS_MAX);
        relay = engine.relay(a.socket(), b.socket(), options);
        closed = relay.closed().toCompletableFuture();
        for (SoakPeer peer : peers) {
            peer.register(selector);
        }
    }

    /** Starts one that is like no other. */
    public static Conversation start(
            RelayEngine engine, Selector selector, byte[] pattern, Random random)
            throws IOException {
        return new Conversation(engine, selector, pattern, random);
    }

    /** Does what no event asks for: reads on after a stall, and closes the relay. */
    public void tick(long nowNanos) {
        for (SoakPeer peer : peers) {
            peer.wake(nowNanos);
        }
        if (kind == Kind.CLOSED && nowNanos >= closesNanos) {
            relay.close();
        }
    }

    public boolean isOver() {
        return closed.isDone() && peers[0].isOver() && peers[1].isOver();
    }

    /** How many bytes have arrived. */
    public long receivedBytes() {
        return peers[0].receivedBytes() + peers[1].receivedBytes();
    }

    /** Compares the books of the relay with those of the peers. */
    public void check() {
        RelayResult result = closed.join();
        RelayFlow[] flows = {result.aToB(), result.bToA()};
        for (int way = 0; way < 2; way++) {
            RelayFlow flow = flows[way];
            long sent = prefaceBytes[way] + peers[way].sentBytes();
            long received = peers[1 - way].receivedBytes();
            assertTrue(flow.consumed() <= sent, () -> sent + " bytes sent: " + this);
            assertTrue(flow.delivered() <= flow.consumed(), this::toString);
            assertTrue(received <= flow.delivered(), () -> received + " received: " + this);
            checkEnd(flow, way, received);
        }
        assertEquals(flows[0].delivered(), relay.counters().aToB());
        assertEquals(flows[1].delivered(), relay.counters().bToA());
    }

    private void checkEnd(RelayFlow flow, int way, long received) {
        boolean isFromResetter =
                kind == Kind.RESET_BY_A && way == 0 || kind == Kind.RESET_BY_B && way == 1;
        if (isFromResetter) {
            assertNotEquals(RelayEnd.ENDED, flow.end(), this::toString);
        }
        switch (kind) {
            case WHOLE -> {
                assertEquals(RelayEnd.ENDED, flow.end(), this::toString);
                assertEquals(sizeBytes[way], received, this::toString);
                assertEquals(sizeBytes[way], flow.delivered(), this::toString);
                assertEquals(sizeBytes[way], flow.consumed(), this::toString);
            }
            case SILENT -> assertEquals(RelayEnd.IDLE_TIMEOUT, flow.end(), this::toString);
            case CLOSED -> assertEquals(RelayEnd.CLOSED, flow.end(), this::toString);
            default -> assertNotEquals(RelayEnd.TIMEOUT, flow.end(), this::toString);
        }
    }

    @Override
    public String toString() {
        String family = isTcp ? " over TCP" : " over UNIX sockets";
        String books = closed.isDone() ? closed.join().toString() : "not over";
        return kind
                + family
                + ": "
                + books
                + "; sent "
                + peers[0]
                + " and "
                + peers[1]
                + " of "
                + sizeBytes[0]
                + " and "
                + sizeBytes[1];
    }

    /** Most streams are small, and some are empty. */
    private static ByteBuffer stream(byte[] pattern, Random random) {
        int size = random.nextInt(1 << random.nextInt(22));
        return ByteBuffer.wrap(pattern, random.nextInt(pattern.length - size), size).slice();
    }

    private SoakPeer peer(
            SocketChannel channel,
            ByteBuffer[] streams,
            int index,
            SoakPeer.Finish finish,
            Random random) {
        ByteBuffer unsent =
                streams[index].slice(prefaceBytes[index], sizeBytes[index] - prefaceBytes[index]);
        ByteBuffer expected = streams[1 - index].slice();
        int stallAtBytes =
                kind == Kind.SILENT
                        ? Integer.MAX_VALUE
                        : random.nextInt(2 * expected.remaining() + 1);
        return new SoakPeer(channel, unsent, expected, finish, stallAtBytes, random);
    }
}
