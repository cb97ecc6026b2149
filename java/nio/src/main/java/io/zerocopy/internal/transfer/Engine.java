package io.zerocopy.internal.transfer;

import io.zerocopy.End;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What moves the bytes of one {@link io.zerocopy.Transfer}: the native core under the guard of the
 * JDK's channels, or a direct buffer between channels of any class.
 *
 * <p>For one thread at a time, but for {@link #account}. It keeps what it has taken from the source
 * and not delivered from run to run.
 */
public interface Engine extends AutoCloseable {
    /**
     * Goes on where the last run has stopped.
     *
     * <p>With both ends in blocking mode it runs to the end. With an end in non-blocking mode it
     * comes back when that end would block, or when it has moved as much as its share of the
     * thread.
     *
     * @param limits what stops it before
     * @return how far it is; {@link End#CANCELLED} when the limits said so
     * @throws LimitExceededException if a time limit passed
     * @throws java.nio.channels.ClosedChannelException if a channel is or was closed; its
     *     subclasses say whether by another thread or by an interrupt
     * @throws io.zerocopy.internal.core.SystemCallException if a system call of the core failed
     * @throws IOException if a channel failed
     */
    End run(Limits limits) throws IOException;

    /** What was moved until now; from any thread. */
    Account account();

    /**
     * Takes out bytes that were taken from the source and not delivered, the oldest first.
     *
     * @return how many were put into {@code into}: 0 only where none is left or it has no room
     */
    int drainUndelivered(ByteBuffer into) throws IOException;

    /** Gives back what is held; what was not delivered and not drained is gone. Idempotent. */
    @Override
    void close();
}
