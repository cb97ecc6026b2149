package io.zerocopy.internal.transfer;

import io.zerocopy.internal.channel.BoundedWait;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;

/**
 * The channel that {@link BufferEngine} reads.
 *
 * <p>A file is read by offsets, so that what the target does not take is simply read once more.
 * Everything else is a stream: what was read from it exists nowhere else any more.
 */
final class SourceEnd {
    /** Nothing came in time. */
    static final int NOT_READY = -2;

    private final ReadableByteChannel channel;
    private final FileChannel file;
    private final boolean movesPosition;
    private final BoundedWait wait;
    private long position;
    private int read;

    private SourceEnd(
            ReadableByteChannel channel, FileChannel file, boolean movesPosition, long position) {
        this.channel = channel;
        this.file = file;
        this.movesPosition = movesPosition;
        this.wait = BoundedWait.forReading(channel);
        this.position = position;
    }

    static SourceEnd of(Request request) throws IOException {
        if (!(request.source() instanceof FileChannel file)) {
            return new SourceEnd(request.source(), null, false, 0);
        }
        if (request.sourcePosition() != Request.UNSET) {
            return new SourceEnd(file, file, false, request.sourcePosition());
        }
        try {
            return new SourceEnd(file, file, true, file.position());
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            // A FIFO or a terminal can be opened as a file, but lseek(2) answers ESPIPE there.
            return new SourceEnd(file, null, false, 0);
        }
    }

    /** Whether what was read and not delivered can be read again. */
    boolean isRewindable() {
        return file != null;
    }

    /** Whether each read takes exactly one datagram, which may be empty. */
    boolean hasDatagrams() {
        return channel instanceof DatagramChannel;
    }

    boolean isNonBlocking() {
        return channel instanceof SelectableChannel selectable && !selectable.isBlocking();
    }

    /**
     * As {@link ReadableByteChannel#read}; a file is read where the last delivered byte was.
     *
     * @param waitNanos how long to wait for bytes, where the channel can be waited for
     * @return also {@link #NOT_READY}
     */
    int read(ByteBuffer into, long waitNanos) throws IOException {
        if (wait == null) {
            return readNow(into);
        }
        return wait.run(waitNanos, () -> read = readNow(into)) ? read : NOT_READY;
    }

    private int readNow(ByteBuffer into) throws IOException {
        if (file == null) {
            return channel.read(into);
        }
        // Past 2^63 - 1 pread(2) answers EINVAL where there is only nothing to read.
        long inRange = Long.MAX_VALUE - position;
        if (inRange == 0) {
            return -1;
        }
        if (into.remaining() > inRange) {
            into.limit(into.position() + (int) inRange);
        }
        return file.read(into, position);
    }

    /** Moves on in a file. */
    void delivered(long bytes) {
        if (file != null) {
            position += bytes;
        }
    }

    /** Moves the file's own position to where the last delivered byte was. */
    void settle() throws IOException {
        if (movesPosition && file.isOpen()) {
            file.position(position);
        }
    }
}
