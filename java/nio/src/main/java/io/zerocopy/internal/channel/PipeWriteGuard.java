package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Natives;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.util.concurrent.locks.ReentrantLock;

/** The guard of {@code SinkChannelImpl}, the write end of a pipe. */
final class PipeWriteGuard implements SelectableGuard<Pipe.SinkChannel> {
    static final PipeWriteGuard INSTANCE = new PipeWriteGuard();

    private PipeWriteGuard() {}

    @Override
    public ReentrantLock lock(Pipe.SinkChannel target) {
        try {
            return (ReentrantLock) JdkHandles.PIPE_WRITE_LOCK.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public void begin(Pipe.SinkChannel target) throws IOException {
        try {
            JdkHandles.PIPE_BEGIN_WRITE.invokeExact(target, true);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void end(Pipe.SinkChannel target, boolean completed) throws IOException {
        try {
            JdkHandles.PIPE_END_WRITE.invokeExact(target, true, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void check(Pipe.SinkChannel target) throws IOException {
        if (!target.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void configureForVirtualThread(Pipe.SinkChannel target) throws IOException {
        try {
            JdkHandles.PIPE_CONFIGURE_FOR_VIRTUAL.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void park(Pipe.SinkChannel target, long limitNanos) throws IOException {
        try {
            JdkHandles.PIPE_PARK.invokeExact(target, SocketWriteGuard.POLLOUT, limitNanos);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public int number(Pipe.SinkChannel target) {
        try {
            return (int) JdkHandles.PIPE_NUMBER.invokeExact(target);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public int kind(Pipe.SinkChannel target) {
        return Natives.TARGET_PIPE;
    }
}
