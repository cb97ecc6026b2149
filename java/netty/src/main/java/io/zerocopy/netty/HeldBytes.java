package io.zerocopy.netty;

import io.netty.buffer.ByteBuf;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;

/** Bytes on their way from a pipeline to a relay. For the event loop of the channel alone. */
final class HeldBytes {
    private final Queue<ByteBuf> pieces = new ArrayDeque<>();
    private boolean isReleased;

    /** Takes the piece over. What comes late, after the channel's end, nobody waits for. */
    void add(ByteBuf piece) {
        if (isReleased) {
            piece.release();
        } else {
            pieces.add(piece);
        }
    }

    int byteCount() {
        long count = pieces.stream().mapToLong(ByteBuf::readableBytes).sum();
        return Math.toIntExact(count);
    }

    /** Moves everything into a buffer with room for {@link #byteCount}. */
    void moveTo(ByteBuffer target) {
        for (ByteBuf piece; (piece = pieces.poll()) != null; piece.release()) {
            int bytes = piece.readableBytes();
            piece.readBytes(target.slice(target.position(), bytes));
            target.position(target.position() + bytes);
        }
    }

    /** Drops everything, and from here on whatever is added. */
    void release() {
        isReleased = true;
        for (ByteBuf piece; (piece = pieces.poll()) != null; ) {
            piece.release();
        }
    }
}
