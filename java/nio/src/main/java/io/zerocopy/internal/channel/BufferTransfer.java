package io.zerocopy.internal.channel;

import io.zerocopy.Mechanism;
import io.zerocopy.internal.core.Counters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;

/**
 * From a file to any channel through a reused direct buffer: for channels that are not the JDK's
 * own, and for datagrams.
 *
 * <p>It calls the channels' public methods only, so it is as interruptible and closable as they
 * are. The JDK takes a new heap buffer of 8 KiB here, from which its own channels copy once more.
 */
final class BufferTransfer {
    /** The JDK sends a transfer of at least this much to a datagram socket as one datagram. */
    private static final long WHOLE_DATAGRAM_BYTES_MIN = 16 << 10;

    /** The size of the JDK's datagrams below that. */
    private static final int DATAGRAM_BYTES = 8 << 10;

    private BufferTransfer() {}

    static long transfer(FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        long moved;
        try {
            long size = source.size();
            if (size > 0 && position > size) {
                return 0;
            }
            // A file of procfs says that its size is 0 and has content all the same. Past 2^63 - 1
            // pread(2) answers EINVAL where there is only nothing to read.
            long end = size > 0 ? size : Long.MAX_VALUE;
            long available = Math.min(count, end - position);
            moved = copy(source, position, available, target);
        } catch (ClosedChannelException e) {
            throw Closed.duringTransfer(e, source, target);
        }
        Counters.addTransfer(Mechanism.COPY, moved);
        return moved;
    }

    private static long copy(
            FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        boolean wholeDatagram =
                target instanceof DatagramChannel && count >= WHOLE_DATAGRAM_BYTES_MIN;
        int pieceBytes =
                target instanceof DatagramChannel && !wholeDatagram
                        ? DATAGRAM_BYTES
                        : BufferPool.PIECES.bufferBytes();
        ByteBuffer buffer = BufferPool.PIECES.take();
        long moved = 0;
        try {
            // Ends: each turn moves bytes of a finite count or leaves.
            while (moved < count) {
                buffer.clear().limit((int) Math.min(pieceBytes, count - moved));
                int read = source.read(buffer, position + moved);
                if (read <= 0) {
                    break;
                }
                buffer.flip();
                // A slice, so that a target that keeps it can't see more than these bytes.
                int written = target.write(buffer.slice());
                moved += written;
                if (wholeDatagram || isFull(target, read, written)) {
                    break;
                }
            }
        } catch (IOException e) {
            // As in the JDK, whatever it is: the next call meets it again. An interrupt of one of
            // the JDK's own channels is always told.
            boolean isTold =
                    e instanceof ClosedByInterruptException
                            && (JdkClasses.isSocket(target) || JdkClasses.isPipeSink(target));
            if (moved == 0 || isTold) {
                throw e;
            }
        } finally {
            BufferPool.PIECES.give(buffer);
        }
        return moved;
    }

    /** A channel in blocking mode may write less than everything and still takes more. */
    private static boolean isFull(WritableByteChannel target, int read, int written) {
        if (written == read) {
            return false;
        }
        boolean waits =
                target instanceof SelectableChannel && ((SelectableChannel) target).isBlocking();
        return written == 0 || !waits;
    }
}
