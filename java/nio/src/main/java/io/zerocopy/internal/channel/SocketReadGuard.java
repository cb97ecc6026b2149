package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.TransferNatives;

import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;

/** The guard of {@code SocketChannelImpl} as a source. */
final class SocketReadGuard implements SelectableGuard<SocketChannel> {
    static final SocketReadGuard INSTANCE = new SocketReadGuard();

    /** {@code POLLIN} of poll(2), which the JDK's {@code park} takes as it is. */
    static final int POLLIN = 1;

    /** The errno of a connection that the peer has reset, on every architecture of Linux. */
    static final int ECONNRESET = 104;

    private SocketReadGuard() {}

    @Override
    public ReentrantLock lock(SocketChannel source) {
        try {
            return (ReentrantLock) JdkHandles.SOCKET_READ_LOCK.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public void begin(SocketChannel source) throws IOException {
        try {
            JdkHandles.SOCKET_BEGIN_READ.invokeExact(source, true);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void end(SocketChannel source, boolean completed) throws IOException {
        try {
            JdkHandles.SOCKET_END_READ.invokeExact(source, true, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void check(SocketChannel source) throws IOException {
        Connected.check(source);
        if (!source.isOpen()) {
            throw new ClosedChannelException();
        }
        if (wasReset(source)) {
            throw new SocketException("Connection reset");
        }
    }

    @Override
    public void configureForVirtualThread(SocketChannel source) throws IOException {
        try {
            JdkHandles.SOCKET_CONFIGURE_FOR_VIRTUAL.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void park(SocketChannel source, long limitNanos) throws IOException {
        try {
            JdkHandles.SOCKET_PARK.invokeExact(source, POLLIN, limitNanos);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public int number(SocketChannel source) {
        try {
            return (int) JdkHandles.SOCKET_NUMBER.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public int kind(SocketChannel source) {
        return TransferNatives.SOURCE_STREAM;
    }

    /** Whether the input was shut down: the JDK's read then says that it is at the end. */
    static boolean isInputShutDown(SocketChannel source) {
        try {
            return (boolean) JdkHandles.SOCKET_INPUT_CLOSED.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /**
     * Makes later reads of the JDK fail too: the kernel tells a reset only once. The caller holds
     * the lock.
     */
    static void noteReset(SocketChannel source) {
        try {
            JdkHandles.SOCKET_SET_RESET.invokeExact(source, true);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /** Whether a read of the JDK has met a reset, which the kernel tells only once. */
    static boolean wasReset(SocketChannel source) {
        try {
            return (boolean) JdkHandles.SOCKET_RESET.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }
}
