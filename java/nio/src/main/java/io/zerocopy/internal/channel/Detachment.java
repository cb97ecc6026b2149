package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.RelayNatives;
import io.zerocopy.internal.core.SystemCallException;

import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.Lock;

/**
 * Takes connected sockets away from Java: afterwards their channels are closed, and descriptors of
 * the same sockets are the caller's. The peers notice nothing.
 */
public final class Detachment {
    /** For the two channels, of as many millions, whose locks have the same hash. */
    private static final Object TIE = new Object();

    private Detachment() {}

    /** What must hold of both channels, looked at while nobody can change it. */
    @FunctionalInterface
    public interface Check {
        /** Throws where it does not hold. */
        void run() throws IOException;
    }

    /** What makes another descriptor of a socket. */
    @FunctionalInterface
    private interface Duplication {
        int make() throws IOException;
    }

    /** Whether the JDK's sockets can be taken away here. */
    public static boolean isPossible() {
        return NativeCore.isAvailable() && JdkHandles.SOCKET != null;
    }

    /** Why they can't, in words; null if they can. */
    public static String whyImpossible() {
        return JdkHandles.missing().get("sun.nio.ch.SocketChannelImpl");
    }

    /**
     * Takes both or none. When it returns no operation of either channel is under way, so that
     * nobody else takes bytes from the sockets.
     *
     * @return a descriptor for each, to be closed
     * @throws ClosedChannelException if one is closed
     * @throws SocketException if one was reset, as a read has found
     * @throws IOException if no descriptor is left, or by the check
     */
    public static int[] detach(SocketChannel a, SocketChannel b, Check check) throws IOException {
        int[] descriptors = underModeLocks(a, b, check);
        for (SocketChannel channel : new SocketChannel[] {a, b}) {
            // Closing has woken those who were blocked in it, who leave with that.
            awaitLeave(SocketReadGuard.INSTANCE.lock(channel));
            awaitLeave(SocketWriteGuard.INSTANCE.lock(channel));
        }
        return descriptors;
    }

    /**
     * The JDK holds the lock while a channel is registered with a selector or changes its mode; all
     * callers take the two in the same order.
     */
    private static int[] underModeLocks(SocketChannel a, SocketChannel b, Check check)
            throws IOException {
        int hashOfA = System.identityHashCode(a.blockingLock());
        int hashOfB = System.identityHashCode(b.blockingLock());
        if (hashOfA == hashOfB) {
            synchronized (TIE) {
                return underModeLocks(a.blockingLock(), b.blockingLock(), a, b, check);
            }
        }
        return hashOfA < hashOfB
                ? underModeLocks(a.blockingLock(), b.blockingLock(), a, b, check)
                : underModeLocks(b.blockingLock(), a.blockingLock(), a, b, check);
    }

    private static int[] underModeLocks(
            Object first, Object second, SocketChannel a, SocketChannel b, Check check)
            throws IOException {
        synchronized (first) {
            synchronized (second) {
                check.run();
                int[] descriptors = duplicate(() -> duplicate(a), () -> duplicate(b));
                close(a);
                close(b);
                return descriptors;
            }
        }
    }

    /**
     * Makes a duplicate of each, or none.
     *
     * @param a a descriptor that stays the caller's
     * @param b another one
     * @return a descriptor for each, to be closed
     * @throws IOException if no descriptor is left
     */
    public static int[] duplicate(int a, int b) throws IOException {
        return duplicate(() -> duplicate(a), () -> duplicate(b));
    }

    private static int[] duplicate(Duplication a, Duplication b) throws IOException {
        int ofA = a.make();
        boolean isWhole = false;
        try {
            int[] both = {ofA, b.make()};
            isWhole = true;
            return both;
        } finally {
            if (!isWhole) {
                RelayNatives.closeDescriptor(ofA);
            }
        }
    }

    /**
     * The JDK gives a descriptor back under the state's lock only, and never before the channel
     * counts as closed.
     */
    private static int duplicate(SocketChannel channel) throws IOException {
        synchronized (stateLock(channel)) {
            if (!channel.isOpen()) {
                throw new ClosedChannelException();
            }
            if (SocketReadGuard.wasReset(channel)) {
                throw new SocketException("Connection reset");
            }
            return duplicate(SocketReadGuard.INSTANCE.number(channel));
        }
    }

    private static int duplicate(int descriptor) throws IOException {
        try {
            return RelayNatives.duplicate(descriptor);
        } catch (SystemCallException e) {
            throw new IOException(
                    "a relay needs a descriptor for each socket before its channel is closed: "
                            + e.text(),
                    e);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // The channel is closed whatever close(2) says, and so is the descriptor.
        }
    }

    private static void awaitLeave(Lock lock) {
        lock.lock();
        lock.unlock();
    }

    private static Object stateLock(SocketChannel channel) {
        try {
            return (Object) JdkHandles.SOCKET_STATE_LOCK.invokeExact(channel);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }
}
