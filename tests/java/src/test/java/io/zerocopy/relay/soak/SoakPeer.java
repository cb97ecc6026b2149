package io.zerocopy.relay.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Random;

/**
 * One of the two that a relay joins: sends its bytes in pieces of any size, ends as its plan says,
 * and compares what it receives with what the other one sends.
 */
public final class SoakPeer {
    private static final int PIECE_BYTES_MAX = 64 << 10;

    /** So often a piece is a byte. */
    private static final int TINY_ONE_IN = 8;

    /** What it does when it has sent everything. */
    enum Finish {
        /** Ends its stream, and reads to the end of the other. */
        HALF_CLOSE,
        /** Resets the connection. */
        RESET,
        /** Nothing: it reads, and waits for what becomes of the connection. */
        HOLD
    }

    private final SocketChannel channel;
    private final ByteBuffer unsent;
    private final ByteBuffer expected;
    private final Finish finish;
    private final Random random;
    private final int stallAtBytes;
    private final ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES_MAX);
    private final int sizeBytes;
    private SelectionKey key;
    private long stalledUntilNanos;
    private boolean isStalled;
    private boolean hasStalled;
    private boolean hasEnded;
    private boolean hasReceivedEnd;
    private boolean hasFailed;

    /**
     * A peer that has not begun.
     *
     * @param unsent what it sends
     * @param expected what it may receive, a beginning of which it must
     * @param stallAtBytes after so many received bytes it does not read for a while
     */
    SoakPeer(
            SocketChannel channel,
            ByteBuffer unsent,
            ByteBuffer expected,
            Finish finish,
            int stallAtBytes,
            Random random) {
        this.channel = channel;
        this.unsent = unsent;
        this.expected = expected;
        this.finish = finish;
        this.stallAtBytes = stallAtBytes;
        this.random = random;
        this.sizeBytes = unsent.remaining();
    }

    void register(Selector selector) throws IOException {
        channel.configureBlocking(false);
        key = channel.register(selector, 0, this);
        await();
    }

    /** Sends and reads a piece each, as far as that is possible now. */
    public void step(long nowNanos) {
        try {
            if (!isStalled && !hasReceivedEnd) {
                receive(nowNanos);
            }
            if (!hasEnded) {
                send();
            }
        } catch (IOException e) {
            // The relay was cut off, and has reset the connection.
            hasFailed = true;
        }
        if (!isOver()) {
            await();
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Goes on after a stall. */
    void wake(long nowNanos) {
        if (isStalled && nowNanos >= stalledUntilNanos && !isOver()) {
            isStalled = false;
            await();
        }
    }

    boolean isOver() {
        return hasFailed || !channel.isOpen() || hasEnded && hasReceivedEnd;
    }

    int sentBytes() {
        return sizeBytes - unsent.remaining();
    }

    int receivedBytes() {
        return expected.position();
    }

    @Override
    public String toString() {
        return sentBytes() + " bytes, received " + receivedBytes() + ", over: " + isOver();
    }

    private void await() {
        int ops = hasEnded || isHolding() ? 0 : SelectionKey.OP_WRITE;
        boolean reads = !hasReceivedEnd && !isStalled;
        key.interestOps(ops | (reads ? SelectionKey.OP_READ : 0));
    }

    private boolean isHolding() {
        return finish == Finish.HOLD && !unsent.hasRemaining();
    }

    private void send() throws IOException {
        if (unsent.hasRemaining()) {
            ByteBuffer next = unsent.slice();
            next.limit(Math.min(next.remaining(), pieceBytes()));
            unsent.position(unsent.position() + channel.write(next));
        }
        if (unsent.hasRemaining()) {
            return;
        }
        switch (finish) {
            case HALF_CLOSE -> {
                channel.shutdownOutput();
                hasEnded = true;
            }
            case RESET -> {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                channel.close();
            }
            case HOLD -> {}
        }
    }

    private void receive(long nowNanos) throws IOException {
        piece.clear().limit(pieceBytes());
        int count = channel.read(piece);
        if (count < 0) {
            hasReceivedEnd = true;
            // Who waits for the end of the relay has seen it.
            hasEnded |= finish == Finish.HOLD;
            return;
        }
        piece.flip();
        ByteBuffer due = expected.slice();
        due.limit(Math.min(due.remaining(), count));
        assertEquals(-1, due.mismatch(piece), "a byte that was not sent, or not in this place");
        expected.position(expected.position() + count);
        if (!hasStalled && receivedBytes() >= stallAtBytes) {
            hasStalled = true;
            isStalled = true;
            stalledUntilNanos = nowNanos + random.nextInt(500_000_000);
        }
    }

    private int pieceBytes() {
        return random.nextInt(TINY_ONE_IN) == 0 ? 1 : 1 + random.nextInt(PIECE_BYTES_MAX - 1);
    }
}
