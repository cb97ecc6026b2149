package io.zerocopy.internal.channel;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The JDK's guard of one direction of a channel that can be waited for: a socket or a pipe.
 *
 * <p>In blocking mode an operation is announced by {@link #begin}: {@code close()} then puts a
 * marker in place of the descriptor, wakes the thread and leaves the real close to {@link #end}. In
 * non-blocking mode {@code close()} waits for the lock.
 *
 * @param <T> the public class of the channel
 */
interface SelectableGuard<T extends AbstractSelectableChannel> {
    /** Held during every read, or every write. The mode of the channel is fixed meanwhile. */
    ReentrantLock lock(T channel);

    /**
     * Announces an operation in blocking mode, and makes an interrupt of this thread close the
     * channel.
     *
     * @throws java.nio.channels.ClosedChannelException if it is closed or its output is shut down;
     *     {@link #end} must be called all the same
     */
    void begin(T channel) throws IOException;

    /** Ends what {@link #begin} began; throws as {@link FileGuard#end}. */
    void end(T channel, boolean completed) throws IOException;

    /**
     * Checks that the channel can be read from, or written to.
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws java.nio.channels.ClosedChannelException if it is closed or its output is shut down
     * @throws java.net.SocketException if it was reset by the peer, as an earlier read has found
     */
    void check(T channel) throws IOException;

    /** Makes the descriptor non-blocking for good, as the JDK does for virtual threads. */
    void configureForVirtualThread(T channel) throws IOException;

    /**
     * Waits until the channel gives or takes bytes, or is closed, or a signal comes.
     *
     * @param limitNanos the longest time to wait; 0 for no limit
     */
    void park(T channel, long limitNanos) throws IOException;

    /** The descriptor. It stays this channel's while the lock is held. */
    int number(T channel);

    /**
     * The kind of end: for a target as {@link io.zerocopy.internal.core.Natives} has them, for a
     * source as {@link io.zerocopy.internal.core.TransferNatives} has.
     */
    int kind(T channel);
}
