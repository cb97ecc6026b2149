package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Pump.Endpoint;
import io.zerocopy.internal.core.TransferNatives;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;

/** A socket or an end of a pipe as an end of a transfer. */
final class SelectableEnd<T extends AbstractSelectableChannel> extends GuardedEnd {
    private final T channel;
    private final SelectableGuard<T> guard;

    /** As the lock was taken: the JDK's own flag may follow the mode of the descriptor later. */
    private boolean isBlocking;

    SelectableEnd(T channel, SelectableGuard<T> guard) {
        this.channel = channel;
        this.guard = guard;
    }

    @Override
    Channel channel() {
        return channel;
    }

    @Override
    boolean isFile() {
        return false;
    }

    @Override
    boolean isNonBlocking() {
        return !isBlocking;
    }

    @Override
    void lock() {
        guard.lock(channel).lock();
        isBlocking = channel.isBlocking();
    }

    @Override
    void unlock() {
        guard.lock(channel).unlock();
    }

    @Override
    void begin(boolean isHook) throws IOException {
        if (isBlocking) {
            guard.begin(channel);
        }
    }

    @Override
    void end(boolean isHook, boolean completed) throws IOException {
        if (isBlocking) {
            guard.end(channel, completed);
        }
    }

    @Override
    void check() throws IOException {
        guard.check(channel);
    }

    @Override
    void configureForVirtualThread() throws IOException {
        if (isBlocking) {
            guard.configureForVirtualThread(channel);
        }
    }

    /** The lock and {@link #begin} keep the descriptor, so there is nothing to do for a step. */
    @Override
    int register() {
        return 0;
    }

    @Override
    void unregister(int index) {}

    @Override
    Object stepMonitor() {
        return this;
    }

    @Override
    void park(long limitNanos) throws IOException {
        guard.park(channel, limitNanos);
    }

    @Override
    Endpoint endpoint() {
        return new Endpoint(guard.number(channel), guard.kind(channel), TransferNatives.NONE);
    }

    @Override
    void noteReset() {
        if (channel instanceof SocketChannel) {
            SocketReadGuard.noteReset((SocketChannel) channel);
        }
    }
}
