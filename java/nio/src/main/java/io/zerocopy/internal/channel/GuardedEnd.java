package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Pump.Endpoint;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;

/**
 * One end of a transfer between two of the JDK's own channels, under the JDK's own guard.
 *
 * <p>The order of the calls in a run: {@link #lock}, {@link #begin}, {@link #check}; for each step
 * {@link #register} and {@link #unregister}; between steps {@link #park}; {@link #end}, {@link
 * #unlock}.
 */
abstract class GuardedEnd {
    abstract Channel channel();

    final boolean isOpen() {
        return channel().isOpen();
    }

    abstract boolean isFile();

    /** Whether a run must come back rather than wait for this end. Fixed while it is locked. */
    abstract boolean isNonBlocking();

    /** Keeps other operations in the same direction away, where the channel does not mix them. */
    abstract void lock();

    abstract void unlock();

    /**
     * Announces the run to {@code close()}; an end in blocking mode that can be waited for makes an
     * interrupt of this thread close the channel. There is one such hook for each thread: a file
     * makes it only where it {@code isHook}, because no other end of the run does.
     *
     * @throws ClosedChannelException if it is closed; {@link #end} must be called all the same
     */
    abstract void begin(boolean isHook) throws IOException;

    /** Ends what {@link #begin} began; throws as {@link FileGuard#end}. */
    abstract void end(boolean isHook, boolean completed) throws IOException;

    /** Checks what {@link SelectableGuard#check} does. */
    abstract void check() throws IOException;

    /** Makes sure that no step blocks the carrier of this virtual thread. */
    abstract void configureForVirtualThread() throws IOException;

    /**
     * Registers this thread as a user of the descriptor, for one step.
     *
     * @return what {@link #unregister} wants
     * @throws ClosedChannelException if it is closed; the thread is not registered then
     */
    abstract int register() throws ClosedChannelException;

    abstract void unregister(int index);

    /** Held during each step, and never while waiting: the position of a file, where it is used. */
    abstract Object stepMonitor();

    /** Waits until the end is ready, or is closed, or is interrupted, or the time has passed. */
    abstract void park(long limitNanos) throws IOException;

    /** The end for the native core. The descriptor is this channel's while it is guarded. */
    abstract Endpoint endpoint();

    /** The kernel has said that the peer has reset the connection, which it says only once. */
    abstract void noteReset();
}
