package io.zerocopy.internal.transfer;

import io.zerocopy.internal.channel.BoundedWait;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;

/** The channel that {@link BufferEngine} writes to. */
final class TargetEnd {
    private final WritableByteChannel channel;
    private final FileChannel file;
    private final BoundedWait wait;
    private long position;

    private TargetEnd(WritableByteChannel channel, FileChannel file, long position)
            throws IOException {
        this.channel = channel;
        this.file = file;
        this.wait = BoundedWait.forWriting(channel);
        this.position = position;
    }

    static TargetEnd of(Request request) throws IOException {
        long position = request.targetPosition();
        FileChannel file = position == Request.UNSET ? null : (FileChannel) request.target();
        return new TargetEnd(request.target(), file, position);
    }

    /** Whether the peer sees where a write ends. */
    boolean hasDatagrams() {
        return channel instanceof DatagramChannel;
    }

    boolean isNonBlocking() {
        return channel instanceof SelectableChannel selectable && !selectable.isBlocking();
    }

    /**
     * Writes bytes of {@code piece} and moves its position over those that were taken, also where
     * it throws.
     *
     * @param waitNanos how long to wait for room, where the channel can be waited for
     * @return whether there was room in time
     */
    boolean write(ByteBuffer piece, long waitNanos) throws IOException {
        if (wait == null || isNonBlocking()) {
            writeNow(piece);
            return true;
        }
        int end = piece.limit();
        piece.limit(Math.min(end, piece.position() + wait.writeBytesMax()));
        try {
            return wait.run(waitNanos, () -> writeNow(piece));
        } finally {
            piece.limit(end);
        }
    }

    /**
     * The channel gets a slice, so that one which keeps its buffers sees no more than these. One
     * that fails in the middle shows by the position of the slice how much it had taken.
     */
    private void writeNow(ByteBuffer piece) throws IOException {
        ByteBuffer slice = piece.slice();
        int written;
        try {
            written = file == null ? channel.write(slice) : file.write(slice, position);
        } catch (IOException | RuntimeException e) {
            taken(piece, slice.position());
            throw e;
        }
        if (written < 0 || written > piece.remaining()) {
            throw new IOException(
                    "the target says that it took " + written + " of " + piece.remaining());
        }
        taken(piece, written);
    }

    private void taken(ByteBuffer piece, int bytes) {
        piece.position(piece.position() + bytes);
        position += bytes;
    }
}
