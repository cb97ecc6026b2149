package io.zerocopy.internal.channel;

import io.zerocopy.Mechanism;
import io.zerocopy.TransferException;
import io.zerocopy.internal.core.Counters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * From any channel to any other through a reused direct buffer: for channels that are not the JDK's
 * own, for datagrams, and where there is no native core.
 *
 * <p>It calls the channels' public methods only, so it is as interruptible and closable as they
 * are. The JDK takes a new heap buffer of 8 KiB here, from which its own channels copy once more.
 */
final class BufferCopy {
    /** The JDK's datagrams, where it copies to a datagram socket. */
    private static final int DATAGRAM_BYTES = 8 << 10;

    private final ReadableByteChannel source;
    private final WritableByteChannel target;
    private final Sink sink;
    private final long count;
    private long delivered;

    private BufferCopy(
            ReadableByteChannel source, WritableByteChannel target, Sink sink, long count) {
        this.source = source;
        this.target = target;
        this.sink = sink;
        this.count = count;
    }

    /** Writes what is left of the bytes, as many as it likes, behind those that are delivered. */
    @FunctionalInterface
    private interface Sink {
        int write(ByteBuffer bytes, long delivered) throws IOException;
    }

    /** See {@link io.zerocopy.ZeroCopy#transferFrom}. */
    static long transferFrom(
            FileChannel target, ReadableByteChannel source, long position, long count)
            throws IOException {
        Sink sink = (bytes, delivered) -> target.write(bytes, position + delivered);
        BufferCopy copy = new BufferCopy(source, target, sink, count);
        try {
            copy.run();
        } catch (ClosedByInterruptException | TransferException e) {
            throw e;
        } catch (IOException e) {
            // As in the JDK, whatever it is: the next call meets it again.
            if (copy.delivered == 0) {
                throw e;
            }
        }
        return copy.delivered;
    }

    /** See {@link io.zerocopy.ZeroCopy#copy(ReadableByteChannel, WritableByteChannel, long)}. */
    static long copy(ReadableByteChannel source, WritableByteChannel target, long count)
            throws IOException {
        Sink sink = (bytes, delivered) -> target.write(bytes);
        BufferCopy copy = new BufferCopy(source, target, sink, count);
        try {
            copy.run();
        } catch (AsynchronousCloseException | TransferException e) {
            throw e;
        } catch (IOException e) {
            ByteBuffer nothing = ByteBuffer.allocate(0);
            throw Failures.ofCopy(Failures.messageOf(e), e, copy.delivered, nothing);
        }
        return copy.delivered;
    }

    private void run() throws IOException {
        ByteBuffer buffer = BufferPool.BATCHES.take();
        try {
            long size = source instanceof FileChannel ? ((FileChannel) source).size() : 0;
            if (size > 0) {
                fromFile((FileChannel) source, size, buffer);
            } else {
                loop(count, buffer);
            }
        } catch (ClosedChannelException e) {
            throw Closed.duringTransfer(e, source, target);
        } finally {
            BufferPool.BATCHES.give(buffer);
            Counters.addTransfer(Mechanism.COPY, delivered);
        }
    }

    /** A file can be read again, so what was not delivered goes back to it. */
    private void fromFile(FileChannel file, long size, ByteBuffer buffer) throws IOException {
        long begin = file.position();
        try {
            // Not past its end of now: the target may be the same file, which then never ends.
            loop(Math.min(count, Math.max(size - begin, 0)), buffer);
        } catch (TransferException e) {
            if (file.isOpen()) {
                file.position(begin + delivered);
            }
            throw (IOException) e.getCause();
        }
    }

    private void loop(long most, ByteBuffer buffer) throws IOException {
        int pieceBytes = target instanceof DatagramChannel ? DATAGRAM_BYTES : buffer.capacity();
        // Ends: each turn delivers bytes, of which there is a finite count or a caller who has
        // asked for an endless stream, or leaves.
        while (delivered < most) {
            buffer.clear().limit((int) Math.min(pieceBytes, most - delivered));
            // A slice, so that a source that keeps it can't see more than these bytes.
            int read = source.read(buffer.slice());
            if (read <= 0) {
                return;
            }
            deliver(buffer.limit(read));
        }
    }

    private void deliver(ByteBuffer bytes) throws IOException {
        ByteBuffer left = bytes.slice();
        try {
            // Ends: each turn delivers bytes of a finite count or leaves.
            while (left.hasRemaining()) {
                int written = sink.write(left, delivered);
                if (written <= 0) {
                    throw new IOException("the target takes nothing, and must not be waited for");
                }
                delivered += written;
            }
        } catch (ClosedByInterruptException e) {
            e.addSuppressed(Failures.ofCopy("interrupted", null, delivered, left));
            throw e;
        } catch (IOException e) {
            throw Failures.ofCopy(Failures.messageOf(e), e, delivered, left);
        }
    }
}
