package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Natives;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;

/** The guard of {@code SocketChannelImpl} as a target. */
final class SocketWriteGuard implements SelectableGuard<SocketChannel> {
    static final SocketWriteGuard INSTANCE = new SocketWriteGuard();

    /** {@code POLLOUT} of poll(2), which the JDK's {@code park} takes as it is. */
    static final int POLLOUT = 4;

    private SocketWriteGuard() {}

    @Override
    public ReentrantLock lock(SocketChannel target) {
        try {
            return (ReentrantLock) JdkHandles.SOCKET_WRITE_LOCK.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public void begin(SocketChannel target) throws IOException {
        try {
            JdkHandles.SOCKET_BEGIN_WRITE.invokeExact(target, true);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void end(SocketChannel target, boolean completed) throws IOException {
        try {
            JdkHandles.SOCKET_END_WRITE.invokeExact(target, true, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void check(SocketChannel target) throws IOException {
        Connected.check(target);
        if (!target.isOpen() || isOutputClosed(target)) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void configureForVirtualThread(SocketChannel target) throws IOException {
        try {
            JdkHandles.SOCKET_CONFIGURE_FOR_VIRTUAL.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void park(SocketChannel target, long limitNanos) throws IOException {
        try {
            JdkHandles.SOCKET_PARK.invokeExact(target, POLLOUT, limitNanos);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public int number(SocketChannel target) {
        try {
            return (int) JdkHandles.SOCKET_NUMBER.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public int kind(SocketChannel target) {
        try {
            ProtocolFamily family = (ProtocolFamily) JdkHandles.SOCKET_FAMILY.invokeExact(target);
            return family == StandardProtocolFamily.UNIX ? Natives.TARGET_UNIX : Natives.TARGET_TCP;
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    private static boolean isOutputClosed(SocketChannel target) {
        try {
            return (boolean) JdkHandles.SOCKET_OUTPUT_CLOSED.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }
}
