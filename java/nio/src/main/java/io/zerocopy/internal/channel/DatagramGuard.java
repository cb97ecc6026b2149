package io.zerocopy.internal.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.locks.ReentrantLock;

/** The guard of a connected {@code DatagramChannelImpl}. */
final class DatagramGuard implements SelectableGuard<DatagramChannel> {
    static final DatagramGuard INSTANCE = new DatagramGuard();

    private DatagramGuard() {}

    @Override
    public ReentrantLock lock(DatagramChannel target) {
        try {
            return (ReentrantLock) JdkHandles.DATAGRAM_WRITE_LOCK.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public void begin(DatagramChannel target) throws IOException {
        try {
            SocketAddress remote =
                    (SocketAddress) JdkHandles.DATAGRAM_BEGIN_WRITE.invokeExact(target, true, true);
            assert remote != null : "it has thrown NotYetConnectedException";
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void end(DatagramChannel target, boolean completed) throws IOException {
        try {
            JdkHandles.DATAGRAM_END_WRITE.invokeExact(target, true, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void check(DatagramChannel target) throws IOException {
        Connected.check(target);
        if (!target.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void configureForVirtualThread(DatagramChannel target) throws IOException {
        try {
            JdkHandles.DATAGRAM_CONFIGURE_FOR_VIRTUAL.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void park(DatagramChannel target, long limitNanos) throws IOException {
        try {
            JdkHandles.DATAGRAM_PARK.invokeExact(target, SocketWriteGuard.POLLOUT, limitNanos);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public int number(DatagramChannel target) {
        try {
            return (int) JdkHandles.DATAGRAM_NUMBER.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public int kind(DatagramChannel target) {
        throw new UnsupportedOperationException("sendfile and splice are wrong for datagrams");
    }
}
