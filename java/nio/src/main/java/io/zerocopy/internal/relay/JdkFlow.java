package io.zerocopy.internal.relay;

import io.zerocopy.RelayEnd;
import io.zerocopy.internal.channel.BufferPool;
import io.zerocopy.internal.transfer.Pace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;

/**
 * One direction of a relay through a direct buffer, which it has only while bytes are in it. The
 * same rules as {@code native/driver/relay_engine/flow.rs}.
 */
final class JdkFlow {
    /** No pause is asked for. */
    static final long NO_PAUSE = 0;

    private static final long BUFFER_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How a turn has ended. */
    enum Turn {
        /** A side has to become ready, or the direction has ended. */
        RESTS,
        /** There is more to do than the budget allowed. */
        SPENT,
        /** Some time has to pass: {@link #pauseNanos}. */
        PAUSES
    }

    private final Pace pace;

    /** What is left of what goes first, or null. */
    private ByteBuffer preface;

    /** What was taken and not delivered, or null. */
    private ByteBuffer piece;

    private long pauseNanos;
    private RelayEnd end;
    private IOException failure;

    // Written by the thread of the engine alone. Longs of their own, as others look on.
    private volatile long delivered;
    private volatile long consumed;

    /**
     * A direction that has not moved anything.
     *
     * @param preface what goes before the bytes of the source; its content is the flow's own
     * @param pace the limit on bytes a second, or null
     */
    JdkFlow(ByteBuffer preface, Pace pace) {
        this.preface = preface.hasRemaining() ? preface : null;
        this.pace = pace;
        this.consumed = preface.remaining();
    }

    /** How it has ended, or null. */
    RelayEnd end() {
        return end;
    }

    /** Why a side has failed, or null. */
    IOException failure() {
        return failure;
    }

    /** Bytes that the target has accepted, those of the preface included. From any thread. */
    long delivered() {
        return delivered;
    }

    /** Bytes that were taken from the source, and those of the preface. From any thread. */
    long consumed() {
        return consumed;
    }

    /** How long to wait after a turn that {@link Turn#PAUSES}. */
    long pauseNanos() {
        return pauseNanos;
    }

    /** Whether a turn could move something, as far as is known. */
    boolean isRunnable(JdkSocket from, JdkSocket to) {
        return end == null && to.isWritable && (from.isReadable || hasUndelivered());
    }

    /** Whether it waits for its source. */
    boolean awaitsSource() {
        return end == null && !hasUndelivered();
    }

    /** Whether it waits for its target. */
    boolean awaitsTarget() {
        return end == null && hasUndelivered();
    }

    boolean hasUndelivered() {
        return consumed > delivered;
    }

    /** Moves up to {@code budget} bytes, and ends the direction where the source does. */
    Turn turn(JdkSocket from, JdkSocket to, long budget, long nowNanos) {
        long moved = 0;
        Turn turn = null;
        // Ends: each round spends budget, clears a readiness, ends the direction, or leaves.
        while (turn == null) {
            if (!isRunnable(from, to)) {
                turn = Turn.RESTS;
            } else if (moved >= budget) {
                turn = Turn.SPENT;
            } else {
                long left = budget - moved;
                long most = pace == null ? left : Math.min(left, pace.allowance(nowNanos));
                pauseNanos = most == 0 ? pace.pauseNanos() : NO_PAUSE;
                long before = delivered;
                if (most > 0) {
                    step(from, to, most);
                }
                moved += delivered - before;
                turn = pauseNanos > NO_PAUSE ? Turn.PAUSES : null;
            }
        }
        if (!hasUndelivered() || end != null) {
            putAway();
        }
        return turn;
    }

    /**
     * Ends the direction where it is, unless it has ended. What was not delivered is lost.
     *
     * @param why the failure behind it, or null
     */
    void finish(RelayEnd how, IOException why) {
        if (end == null) {
            end = how;
            failure = why;
        }
        putAway();
    }

    private void step(JdkSocket from, JdkSocket to, long most) {
        if (piece == null && !takePiece()) {
            pauseNanos = BUFFER_RETRY_NANOS;
            return;
        }
        if (piece.hasRemaining() || fill(from, to, most)) {
            drain(to, most);
        }
    }

    /** Whether there was memory for a piece. Those that hold one give it back sooner or later. */
    private boolean takePiece() {
        try {
            piece = BufferPool.RELAYS.take().limit(0);
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    /** Fills the piece; false where nothing came. */
    private boolean fill(JdkSocket from, JdkSocket to, long most) {
        piece.clear().limit((int) Math.min(piece.capacity(), most));
        if (preface != null) {
            int bytes = Math.min(piece.remaining(), preface.remaining());
            piece.put(preface.slice().limit(bytes));
            preface.position(preface.position() + bytes);
            preface = preface.hasRemaining() ? preface : null;
            piece.flip();
            return true;
        }
        int room = piece.remaining();
        int count;
        try {
            count = from.channel.read(piece);
        } catch (ClosedChannelException e) {
            finish(RelayEnd.CLOSED, null);
            return false;
        } catch (IOException e) {
            from.failure = e;
            finish(RelayEnd.SOURCE_FAILED, e);
            return false;
        }
        piece.flip();
        if (count < 0) {
            endBehindLastByte(from, to);
        } else {
            // The selector tells again of what has come meanwhile.
            from.isReadable = count == room;
            consumed += count;
        }
        return count > 0;
    }

    /**
     * Tells the target that nothing follows. Where the source was reset nobody knows whether the
     * rest was lost, so that is not an end.
     */
    private void endBehindLastByte(JdkSocket from, JdkSocket to) {
        if (from.failure != null) {
            finish(RelayEnd.SOURCE_FAILED, from.failure);
            return;
        }
        try {
            to.channel.shutdownOutput();
            finish(RelayEnd.ENDED, null);
        } catch (ClosedChannelException e) {
            finish(RelayEnd.CLOSED, null);
        } catch (IOException e) {
            finish(RelayEnd.TARGET_FAILED, e);
        }
    }

    private void drain(JdkSocket to, long most) {
        ByteBuffer part = piece.slice();
        part.limit((int) Math.min(part.remaining(), most));
        int room = part.remaining();
        try {
            int count = to.channel.write(part);
            piece.position(piece.position() + count);
            to.isWritable = count == room;
            delivered += count;
            if (pace != null) {
                pace.spend(count);
            }
        } catch (IOException e) {
            failTarget(to, e);
        }
    }

    private void failTarget(JdkSocket to, IOException why) {
        boolean isOutputShut = why instanceof ClosedChannelException;
        if (isOutputShut && !to.channel.isOpen()) {
            finish(RelayEnd.CLOSED, null);
            return;
        }
        // What it has sent before may be still there to be read, and is delivered. A stream that
        // its
        // peer had ended before is whole, and then the pipe is broken.
        if (!isOutputShut && !BrokenPipe.is(why)) {
            to.failure = why;
        }
        to.isReadable = true;
        finish(RelayEnd.TARGET_FAILED, why);
    }

    private void putAway() {
        if (piece != null) {
            BufferPool.RELAYS.give(piece);
            piece = null;
        }
        if (end != null) {
            preface = null;
        }
    }
}
