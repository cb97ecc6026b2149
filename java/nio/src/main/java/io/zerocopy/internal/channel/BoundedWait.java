package io.zerocopy.internal.channel;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.Pipe;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;

/**
 * Waits for a socket or pipe end of the JDK in blocking mode, for no longer than it is told, so
 * that the channel's own read or write that follows does not block.
 *
 * <p>The lock is held from the wait to the end of that call, which takes it once more: nobody else
 * can take the bytes, or the room, that was waited for.
 */
public final class BoundedWait {
    /**
     * So much is taken at once by every target that poll(2) calls writable: one page is a slot of a
     * pipe, and TCP and UNIX sockets call themselves writable only with more room than that.
     */
    public static final int WRITE_BYTES_MAX = 4 << 10;

    private final GuardedWait<?> wait;

    private BoundedWait(GuardedWait<?> wait) {
        this.wait = wait;
    }

    /** For the source of a transfer; null where its class can't be guarded. */
    public static BoundedWait forReading(Channel source) {
        if (source.getClass() == JdkHandles.SOCKET) {
            return of((SocketChannel) source, SocketReadGuard.INSTANCE);
        }
        if (source.getClass() == JdkHandles.PIPE_SOURCE) {
            return of((Pipe.SourceChannel) source, PipeReadGuard.INSTANCE);
        }
        return null;
    }

    /** For the target of a transfer; null where its class can't be guarded. */
    public static BoundedWait forWriting(Channel target) {
        if (target.getClass() == JdkHandles.SOCKET) {
            return of((SocketChannel) target, SocketWriteGuard.INSTANCE);
        }
        if (target.getClass() == JdkHandles.PIPE) {
            return of((Pipe.SinkChannel) target, PipeWriteGuard.INSTANCE);
        }
        return null;
    }

    private static <T extends AbstractSelectableChannel> BoundedWait of(
            T channel, SelectableGuard<T> guard) {
        return new BoundedWait(new GuardedWait<>(channel, guard));
    }

    /** One read or write of the channel. */
    @FunctionalInterface
    public interface Call {
        /** Makes it. */
        void run() throws IOException;
    }

    /**
     * Makes the call if the channel is ready for it within the time. In non-blocking mode it is
     * made at once.
     *
     * @return whether it was made
     * @throws java.nio.channels.ClosedChannelException if the channel is or was closed, or the
     *     thread interrupted
     */
    public boolean run(long limitNanos, Call call) throws IOException {
        return wait.run(limitNanos, call);
    }

    private static final class GuardedWait<T extends AbstractSelectableChannel> {
        private final T channel;
        private final SelectableGuard<T> guard;

        GuardedWait(T channel, SelectableGuard<T> guard) {
            this.channel = channel;
            this.guard = guard;
        }

        boolean run(long limitNanos, Call call) throws IOException {
            guard.lock(channel).lock();
            try {
                boolean isReady = !channel.isBlocking() || isReadyWithin(limitNanos);
                if (isReady) {
                    call.run();
                }
                return isReady;
            } finally {
                guard.lock(channel).unlock();
            }
        }

        /** The JDK's park does not say why it came back: it was for the time if that is over. */
        private boolean isReadyWithin(long limitNanos) throws IOException {
            boolean isReady = false;
            try {
                guard.begin(channel);
                guard.check(channel);
                if (VirtualThreads.isCurrent()) {
                    guard.configureForVirtualThread(channel);
                }
                long begin = System.nanoTime();
                guard.park(channel, limitNanos);
                isReady = System.nanoTime() - begin < limitNanos;
            } finally {
                guard.end(channel, isReady);
            }
            return isReady;
        }
    }
}
