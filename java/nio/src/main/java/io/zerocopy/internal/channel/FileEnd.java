package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Natives;
import io.zerocopy.internal.core.Pump.Endpoint;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.core.TransferNatives;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.locks.LockSupport;

/** A file as an end of a transfer, at an offset or at its own position. */
final class FileEnd extends GuardedEnd {
    private final FileChannel file;
    private final boolean isTarget;
    private final long offset;

    /**
     * An end.
     *
     * @param offset {@link TransferNatives#NONE} for the position of the channel, which advances
     */
    FileEnd(FileChannel file, boolean isTarget, long offset) {
        this.file = file;
        this.isTarget = isTarget;
        this.offset = offset;
    }

    /** Whether it is a file that is always ready, and not a device or a pipe with a name. */
    boolean isRegular() throws IOException {
        int index = register();
        try {
            return TransferNatives.isRegularFile(FileGuard.number(file));
        } catch (SystemCallException e) {
            throw e.asJdkException();
        } finally {
            unregister(index);
        }
    }

    @Override
    Channel channel() {
        return file;
    }

    @Override
    boolean isFile() {
        return true;
    }

    /** A file is always ready, so nobody has to come back to it. */
    @Override
    boolean isNonBlocking() {
        return false;
    }

    @Override
    void lock() {}

    @Override
    void unlock() {}

    @Override
    void begin(boolean isHook) {
        if (isHook) {
            FileGuard.begin(file);
        }
    }

    @Override
    void end(boolean isHook, boolean completed) throws IOException {
        if (isHook) {
            FileGuard.end(file, completed);
        }
    }

    @Override
    void check() {}

    @Override
    void configureForVirtualThread() {}

    @Override
    int register() throws ClosedChannelException {
        return FileGuard.add(file);
    }

    @Override
    void unregister(int index) {
        FileGuard.remove(file, index);
    }

    @Override
    Object stepMonitor() {
        return offset == TransferNatives.NONE ? FileGuard.positionLock(file) : this;
    }

    /** No regular file was ever seen to want it; if one does, it is asked again after a while. */
    @Override
    void park(long limitNanos) {
        LockSupport.parkNanos(limitNanos);
    }

    @Override
    Endpoint endpoint() {
        int kind = TransferNatives.SOURCE_FILE;
        if (isTarget) {
            boolean appends = FileGuard.appends(file);
            kind = appends ? TransferNatives.TARGET_APPENDED_FILE : Natives.TARGET_FILE;
        }
        return new Endpoint(FileGuard.number(file), kind, offset);
    }

    @Override
    void noteReset() {}
}
