package io.zerocopy.internal.channel;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sending side of one of the JDK's sockets: who may use its descriptor, until when, and how to
 * wait for room in it on any kind of thread.
 */
public final class GuardedOutput {
    private final Guarded<?> guarded;

    private GuardedOutput(Guarded<?> guarded) {
        this.guarded = guarded;
    }

    /** What is done under the guard. */
    public interface Writer {
        /** What a step came to. */
        enum Progress {
            DONE,
            WAIT_FOR_ROOM,
            /** The writer itself knows how to wait. */
            WAIT
        }

        /** Does what can be done without waiting. The descriptor stays open meanwhile. */
        Progress step(int descriptor, boolean isBlocking) throws IOException;

        /** Waits for a short time at most, after {@link Progress#WAIT}. */
        void await() throws IOException;
    }

    /** The guard of this channel, or null if it is not one of the JDK's own. */
    public static GuardedOutput of(SocketChannel socket) {
        boolean known = socket.getClass() == JdkHandles.SOCKET;
        return known ? new GuardedOutput(new Guarded<>(socket, SocketWriteGuard.INSTANCE)) : null;
    }

    /** The guard of this channel, or null if it is not one of the JDK's own. */
    public static GuardedOutput of(DatagramChannel socket) {
        boolean known = socket.getClass() == JdkHandles.DATAGRAM;
        return known ? new GuardedOutput(new Guarded<>(socket, DatagramGuard.INSTANCE)) : null;
    }

    /** The channel. */
    public AbstractSelectableChannel channel() {
        return guarded.channel;
    }

    /**
     * Steps the writer under the channel's write lock: in blocking mode until it is done, in
     * non-blocking mode once. A virtual thread parks and does not pin its carrier.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel is closed or its output shut
     *     down; {@link AsynchronousCloseException} if it is closed meanwhile
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted: the
     *     channel is closed then
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     */
    public void write(Writer writer) throws IOException {
        guarded.write(writer);
    }

    private static final class Guarded<T extends AbstractSelectableChannel> {
        private final T channel;
        private final SelectableGuard<T> guard;

        Guarded(T channel, SelectableGuard<T> guard) {
            this.channel = channel;
            this.guard = guard;
        }

        void write(Writer writer) throws IOException {
            ReentrantLock lock = guard.lock(channel);
            lock.lock();
            try {
                if (channel.isBlocking()) {
                    inBlockingMode(writer);
                } else {
                    guard.check(channel);
                    writer.step(guard.number(channel), false);
                }
            } finally {
                lock.unlock();
            }
        }

        private void inBlockingMode(Writer writer) throws IOException {
            boolean completed = false;
            try {
                guard.begin(channel);
                guard.check(channel);
                if (VirtualThreads.isCurrent()) {
                    guard.configureForVirtualThread(channel);
                }
                completed = runToTheEnd(writer);
            } finally {
                guard.end(channel, completed);
            }
            if (!completed) {
                throw new AsynchronousCloseException();
            }
        }

        /** Returns false if the channel was closed before the writer was done. */
        private boolean runToTheEnd(Writer writer) throws IOException {
            int number = guard.number(channel);
            // Ends: each turn makes progress or sleeps, and closing the channel ends it.
            while (channel.isOpen()) {
                switch (writer.step(number, true)) {
                    case DONE:
                        return true;
                    case WAIT_FOR_ROOM:
                        if (channel.isOpen()) {
                            guard.park(channel, 0);
                        }
                        break;
                    default:
                        writer.await();
                        break;
                }
            }
            return false;
        }
    }
}
