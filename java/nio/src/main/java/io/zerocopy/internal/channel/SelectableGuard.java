package io.zerocopy.internal.channel;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The JDK's guard of a target that can be waited for: a socket or a pipe.
 *
 * <p>In blocking mode a write is announced by {@link #beginWrite}: {@code close()} then puts a
 * marker in place of the descriptor, wakes the thread and leaves the real close to {@link
 * #endWrite}. In non-blocking mode {@code close()} waits for the write lock.
 *
 * @param <T> the public class of the channel
 */
interface SelectableGuard<T extends AbstractSelectableChannel> {
    /** Held during every write. */
    ReentrantLock writeLock(T target);

    /**
     * Announces a write in blocking mode, and makes an interrupt of this thread close the channel.
     *
     * @throws java.nio.channels.ClosedChannelException if it is closed or its output is shut down;
     *     {@link #endWrite} must be called all the same
     */
    void beginWrite(T target) throws IOException;

    /** Ends what {@link #beginWrite} began; throws as {@link FileGuard#end}. */
    void endWrite(T target, boolean completed) throws IOException;

    /**
     * Checks that the channel can be written to.
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws java.nio.channels.ClosedChannelException if it is closed or its output is shut down
     */
    void checkWritable(T target) throws IOException;

    /** Makes the descriptor non-blocking for good, as the JDK does for virtual threads. */
    void configureForVirtualThread(T target) throws IOException;

    /**
     * Waits until the channel takes bytes, or is closed, or a signal comes.
     *
     * @param limitNanos the longest time to wait; 0 for no limit
     */
    void park(T target, long limitNanos) throws IOException;

    /** The descriptor. It stays this channel's while the write lock is held. */
    int number(T target);

    /** The kind of target for {@link io.zerocopy.internal.core.Natives#step}. */
    int kind(T target);
}
