package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.TransferNatives;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.util.concurrent.locks.ReentrantLock;

/** The guard of {@code SourceChannelImpl}, the read end of a pipe. */
final class PipeReadGuard implements SelectableGuard<Pipe.SourceChannel> {
    static final PipeReadGuard INSTANCE = new PipeReadGuard();

    private PipeReadGuard() {}

    @Override
    public ReentrantLock lock(Pipe.SourceChannel source) {
        try {
            return (ReentrantLock) JdkHandles.PIPE_SOURCE_LOCK.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public void begin(Pipe.SourceChannel source) throws IOException {
        try {
            JdkHandles.PIPE_SOURCE_BEGIN.invokeExact(source, true);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void end(Pipe.SourceChannel source, boolean completed) throws IOException {
        try {
            JdkHandles.PIPE_SOURCE_END.invokeExact(source, true, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void check(Pipe.SourceChannel source) throws IOException {
        if (!source.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void configureForVirtualThread(Pipe.SourceChannel source) throws IOException {
        try {
            JdkHandles.PIPE_SOURCE_CONFIGURE_FOR_VIRTUAL.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public void park(Pipe.SourceChannel source, long limitNanos) throws IOException {
        try {
            JdkHandles.PIPE_SOURCE_PARK.invokeExact(source, SocketReadGuard.POLLIN, limitNanos);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    @Override
    public int number(Pipe.SourceChannel source) {
        try {
            return (int) JdkHandles.PIPE_SOURCE_NUMBER.invokeExact(source);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    @Override
    public int kind(Pipe.SourceChannel source) {
        return TransferNatives.SOURCE_PIPE;
    }
}
