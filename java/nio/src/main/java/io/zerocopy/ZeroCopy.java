package io.zerocopy;

import io.zerocopy.internal.channel.FileTransfers;
import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/**
 * Drop-ins for the transfer methods of {@link FileChannel}, and what is known about the library.
 *
 * <p>All methods are thread-safe. Example:
 *
 * <pre>{@code
 * try (FileChannel file = FileChannel.open(path);
 *         SocketChannel socket = SocketChannel.open(address)) {
 *     ZeroCopy.transferTo(file, 0, file.size(), socket);
 * }
 * }</pre>
 */
public final class ZeroCopy {
    private ZeroCopy() {}

    /**
     * Transfers bytes from a file to a channel, as {@link FileChannel#transferTo(long, long,
     * WritableByteChannel)} of the newest JDK does, on every JDK from 17 on.
     *
     * <p>A target in blocking mode gets everything in one call: the call returns when {@code count}
     * bytes are written, when the file ends, or when either channel is closed. The JDK stops after
     * 2 GiB - 4 KiB there, and after 8 MiB into a pipe. A target in non-blocking mode gets what it
     * takes at once, and 0 is returned if it takes nothing.
     *
     * <p>The position of {@code source} is neither used nor changed. A {@code target} that is a
     * file is written at its position, which advances.
     *
     * <p>The pages of the file may be sent as they are, without a snapshot: a change of the file
     * before the peer has read may change what it reads, as with the JDK's method.
     *
     * <p>Closing either channel wakes a blocked call, within 50 ms. If bytes were moved their count
     * is returned, else AsynchronousCloseException is thrown. Interrupting the thread closes both
     * channels and throws ClosedByInterruptException whatever was moved. A virtual thread is not
     * pinned to its carrier while it waits for a socket or a pipe.
     *
     * <p>An error of the system after some bytes were moved is not thrown: their count is returned,
     * and the next call meets the error. A target that is not a channel of the JDK itself is
     * written to through a direct buffer, until it takes less than it is given; there an interrupt
     * after progress gives the count too, as in the JDK.
     *
     * <p>Files of procfs do not know their size; they are read from any position until they end.
     *
     * @param source the file, open for reading
     * @param position where to begin in the file, at least 0; 0 is returned if it is past the end
     * @param count the most bytes to transfer, at least 0
     * @param target where the bytes go, open for writing
     * @return the number of bytes that the target has accepted, from 0 to {@code count}
     * @throws IllegalArgumentException if {@code position} or {@code count} is negative
     * @throws java.nio.channels.NonReadableChannelException if {@code source} is not open for
     *     reading
     * @throws java.nio.channels.NonWritableChannelException if {@code target} is not open for
     *     writing
     * @throws java.nio.channels.NotYetConnectedException if {@code target} is a socket that is not
     *     connected
     * @throws java.nio.channels.ClosedChannelException if either channel is closed
     * @throws java.nio.channels.AsynchronousCloseException if either channel is closed while the
     *     transfer runs, or the output of the socket is shut down
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted before or
     *     while the transfer runs; both channels are closed and the interrupt status is set
     * @throws IOException if a system call fails: the message is the system's text, and the cause
     *     names the call and its errno
     */
    public static long transferTo(
            FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        return FileTransfers.transferTo(source, position, count, target);
    }

    /**
     * Whether the native core is loaded. Without it all methods work, as fast as the JDK allows.
     *
     * @return true if it is
     */
    public static boolean isAvailable() {
        return NativeCore.isAvailable();
    }

    /**
     * Why the native core is not loaded.
     *
     * @return the cause, whose message says what to do; null if the core is loaded
     */
    public static Throwable unavailabilityCause() {
        return NativeCore.unavailabilityCause();
    }

    /**
     * Makes sure that the native core is loaded, for services that would rather not start without.
     *
     * @throws UnsatisfiedLinkError if it is not, with {@link #unavailabilityCause()} as its cause
     */
    public static void ensureAvailability() {
        Throwable cause = NativeCore.unavailabilityCause();
        if (cause != null) {
            UnsatisfiedLinkError error = new UnsatisfiedLinkError(cause.getMessage());
            error.initCause(cause);
            throw error;
        }
    }

    /**
     * Tries every mechanism and says what works here. A few system calls; not for hot paths.
     *
     * @return a new snapshot
     */
    public static Capabilities capabilities() {
        return Capabilities.probe();
    }

    /**
     * What was moved until now. Cheap enough to be read every second.
     *
     * @return a new snapshot
     */
    public static Statistics statistics() {
        return Statistics.now();
    }

    /**
     * The version of the library.
     *
     * @return for example {@code "0.1.0"}
     */
    public static String version() {
        return NativeCore.VERSION;
    }
}
