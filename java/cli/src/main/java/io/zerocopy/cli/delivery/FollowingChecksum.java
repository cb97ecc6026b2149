package io.zerocopy.cli.delivery;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The checksum of a file that is being transferred, computed in a thread of its own close behind
 * the transfer: the bytes are still in the page cache then, and the checksum is known soon after
 * the last of them.
 *
 * <p>Thread-safe. The file stays the caller's, who closes this first.
 */
final class FollowingChecksum implements AutoCloseable {
    private static final int PIECE_BYTES = 256 << 10;
    private static final long WORKING_INTERVAL_MILLIS = 1000;

    private final FileChannel file;
    private final Checksum.Computation computation;
    private final Thread thread = new Thread(this::run, "checksum");
    private long reachedBytes;
    private boolean isWhole;
    private boolean isClosed;
    private byte[] value;
    private IOException failure;

    /** Begins; the file must be open for reading. */
    FollowingChecksum(FileChannel file, Checksum kind) {
        this.file = file;
        this.computation = kind.begin();
        thread.setDaemon(true);
        thread.start();
    }

    /** The file has so many bytes of the transfer; never fewer than before. */
    synchronized void reach(long bytes) {
        reachedBytes = Math.max(reachedBytes, bytes);
        notifyAll();
    }

    /** The file has all of them, and no more will follow. */
    synchronized void finish(long bytes) {
        reachedBytes = bytes;
        isWhole = true;
        notifyAll();
    }

    /**
     * Waits for the value after {@link #finish}, and lets the other side know that there is one to
     * come.
     */
    byte[] await(Talk talk, Duration limit) throws IOException {
        try {
            while (!isKnownWithin(WORKING_INTERVAL_MILLIS)) {
                Message.of(Message.Kind.WORKING).write(talk, limit);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        return value();
    }

    /** Stops, and waits until the file is not touched any more. */
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        boolean wasInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean isKnownWithin(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; value == null && failure == null; ) {
            if (left <= 0) {
                return false;
            }
            wait(left);
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
        return true;
    }

    private synchronized byte[] value() throws IOException {
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    private void run() {
        try {
            byte[] piece = new byte[PIECE_BYTES];
            long done = 0;
            for (long end = next(done); end > done; end = next(done)) {
                done += addPiece(piece, done, end);
            }
            answer(computation.value(), null);
        } catch (IOException e) {
            answer(null, e);
        }
    }

    private int addPiece(byte[] piece, long done, long end) throws IOException {
        int wanted = (int) Math.min(piece.length, end - done);
        int count = file.read(ByteBuffer.wrap(piece, 0, wanted), done);
        if (count < 0) {
            throw new EOFException("the file became shorter than it was");
        }
        computation.update(piece, count);
        return count;
    }

    /** Where to go on to; {@code done} if that is the end. */
    private synchronized long next(long done) {
        while (reachedBytes <= done && !isWhole && !isClosed) {
            try {
                wait();
            } catch (InterruptedException notMeant) {
                // The thread is nobody else's: nobody interrupts it.
                isClosed = true;
            }
        }
        return isClosed ? done : reachedBytes;
    }

    private synchronized void answer(byte[] computed, IOException failed) {
        value = computed;
        failure = failed;
        notifyAll();
    }
}
