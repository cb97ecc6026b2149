package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Counters;
import io.zerocopy.internal.core.Natives;
import io.zerocopy.internal.core.Natives.Outcome;
import io.zerocopy.internal.core.Settings;
import io.zerocopy.internal.core.SystemCallException;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;

/**
 * The state of one transfer from a file between its steps: how far it is, and by which mechanism.
 *
 * <p>The caller guards both descriptors around each step.
 */
final class Steps {
    private final FileChannel source;
    private final long position;
    private final long count;
    private long moved;
    private int mechanism = Natives.FIRST_STEP;

    Steps(FileChannel source, long position, long count) {
        this.source = source;
        this.position = position;
        this.count = count;
    }

    FileChannel source() {
        return source;
    }

    /** The bytes that the target has accepted. */
    long moved() {
        return moved;
    }

    boolean isComplete() {
        return moved == count;
    }

    /** Whether a channel was closed: see {@link #endByClose}. */
    boolean isEndedByClose(Channel target) throws AsynchronousCloseException {
        boolean isClosed = !source.isOpen() || !target.isOpen();
        if (isClosed) {
            endByClose();
        }
        return isClosed;
    }

    /** A close after progress gives the count, as in the JDK; an interrupt never does. */
    void endByClose() throws AsynchronousCloseException {
        if (moved == 0) {
            throw new AsynchronousCloseException();
        }
    }

    /**
     * Moves at most {@code bytesMax} bytes.
     *
     * <p>An error after progress ends the transfer like the end of the source: the JDK returns the
     * count of one {@code sendfile} there, and its next call meets the error.
     */
    Outcome step(int targetNumber, int targetKind, long bytesMax) throws IOException {
        long packed;
        try {
            packed =
                    Natives.step(
                            FileGuard.number(source),
                            position + moved,
                            Math.min(count - moved, bytesMax),
                            targetNumber,
                            targetKind,
                            Settings.allowedMechanismBits(),
                            mechanism);
        } catch (SystemCallException e) {
            if (moved > 0) {
                return Outcome.SOURCE_ENDED;
            }
            throw e.asJdkException();
        }
        Outcome outcome = Natives.outcome(packed);
        if (outcome == Outcome.MOVED) {
            long bytes = Natives.moved(packed);
            assert bytes > 0 && bytes <= count - moved : bytes;
            moved += bytes;
            mechanism = Natives.mechanism(packed);
            Counters.addBytes(mechanism, bytes);
        }
        if (Natives.fellBack(packed)) {
            mechanism = Natives.mechanism(packed);
            Counters.addFallback(Natives.fallbackMechanism(packed), Natives.fallbackErrno(packed));
        }
        return outcome;
    }

    /** Counts the transfer; called once, when it is over. */
    long finish() {
        if (moved > 0) {
            Counters.addTransfer(mechanism);
        }
        return moved;
    }
}
