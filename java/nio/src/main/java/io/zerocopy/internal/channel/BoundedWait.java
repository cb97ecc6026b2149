package io.zerocopy.internal.channel;

import java.io.IOException;
import java.net.StandardSocketOptions;
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
    /** A pipe that poll(2) calls writable has a free slot, which takes a page. */
    private static final int PIPE_BYTES = 4 << 10;

    /**
     * TCP calls itself writable when a third of its send buffer is free, a UNIX socket when three
     * quarters are; a write adds its bytes to that and as much again at most for the headers.
     */
    private static final int SEND_BUFFER_PART = 8;

    private final GuardedWait<?> wait;
    private final int writeBytesMax;

    private BoundedWait(GuardedWait<?> wait, int writeBytesMax) {
        this.wait = wait;
        this.writeBytesMax = writeBytesMax;
    }

    /** For the source of a transfer; null where its class can't be guarded. */
    public static BoundedWait forReading(Channel source) {
        if (source.getClass() == JdkHandles.SOCKET) {
            return of((SocketChannel) source, SocketReadGuard.INSTANCE, 0);
        }
        if (source.getClass() == JdkHandles.PIPE_SOURCE) {
            return of((Pipe.SourceChannel) source, PipeReadGuard.INSTANCE, 0);
        }
        return null;
    }

    /**
     * For the target of a transfer; null where its class can't be guarded.
     *
     * @throws IOException if it is a socket that can't be asked for its send buffer
     */
    public static BoundedWait forWriting(Channel target) throws IOException {
        if (target.getClass() == JdkHandles.SOCKET) {
            SocketChannel socket = (SocketChannel) target;
            int part = socket.getOption(StandardSocketOptions.SO_SNDBUF) / SEND_BUFFER_PART;
            return of(socket, SocketWriteGuard.INSTANCE, Math.max(part, PIPE_BYTES));
        }
        if (target.getClass() == JdkHandles.PIPE) {
            return of((Pipe.SinkChannel) target, PipeWriteGuard.INSTANCE, PIPE_BYTES);
        }
        return null;
    }

    private static <T extends AbstractSelectableChannel> BoundedWait of(
            T channel, SelectableGuard<T> guard, int writeBytesMax) {
        return new BoundedWait(new GuardedWait<>(channel, guard), writeBytesMax);
    }

    /** How many bytes a target takes at once when it is ready. */
    public int writeBytesMax() {
        return writeBytesMax;
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
