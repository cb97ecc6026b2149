package io.zerocopy;

import io.zerocopy.internal.channel.FileTransfers;
import io.zerocopy.internal.channel.StreamCopies;
import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
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
     *     names the call and its errno. To a datagram channel 16 KiB or more go as one datagram, as
     *     the JDK sends them, and of UDP that has 65,507 bytes at most: more is "Message too long".
     *     {@link Transfer} cuts a file into as many datagrams as it takes
     */
    public static long transferTo(
            FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        return FileTransfers.transferTo(source, position, count, target);
    }

    /**
     * Transfers bytes from a channel to a file, as {@link
     * FileChannel#transferFrom(ReadableByteChannel, long, long)} of the newest JDK does, on every
     * JDK from 17 on.
     *
     * <p>A source in blocking mode is read until {@code count} bytes have come or it ends. A source
     * in non-blocking mode gives what it has, at most about 2 MiB at a time, and 0 is returned if
     * that is nothing. The bytes of a socket or a pipe go by {@code splice(2)} and never enter this
     * process; between files {@code copy_file_range(2)} copies them or shares their blocks.
     *
     * <p>The position of {@code target} is neither used nor changed. If {@code position} is past
     * its end, it is extended, and what is between reads as zeros. If it was opened for appending,
     * the bytes go to its end. A {@code source} that is a file is read at its position, which
     * advances; between overlapping ranges of one file the bytes are unspecified where the target
     * lies behind the source.
     *
     * <p>Closing either channel wakes a blocked call, within 50 ms; the JDK's sleeps on when its
     * target is closed. If bytes were moved their count is returned, else
     * AsynchronousCloseException is thrown. Interrupting the thread closes both channels and throws
     * ClosedByInterruptException whatever was moved. A virtual thread is not pinned to its carrier
     * while it waits.
     *
     * <p>An error of the system after some bytes were moved is not thrown: their count is returned,
     * and the next call meets the error. There is one exception: if bytes were taken from a source
     * that can't be rewound and can't be written, because the disk is full, TransferException has
     * them. The JDK loses them.
     *
     * <p>A source that is not a socket or pipe of the JDK itself, a datagram socket among them, is
     * read into a direct buffer of 256 KiB; then too, until it gives nothing or ends. Example:
     *
     * <pre>{@code
     * try (FileChannel copy = FileChannel.open(path.resolveSibling("copy"), CREATE, WRITE)) {
     *     ZeroCopy.transferFrom(copy, file, 0, file.size());
     * }
     * }</pre>
     *
     * @param target the file, open for writing
     * @param source where the bytes come from, open for reading
     * @param position where to begin in the file, at least 0
     * @param count the most bytes to transfer, at least 0
     * @return the number of bytes that were written, from 0 to {@code count}; 0 if the source is at
     *     its end
     * @throws IllegalArgumentException if {@code position} or {@code count} is negative
     * @throws java.nio.channels.NonReadableChannelException if {@code source} is a file that is not
     *     open for reading
     * @throws java.nio.channels.NonWritableChannelException if {@code target} is not open for
     *     writing
     * @throws java.nio.channels.NotYetConnectedException if {@code source} is a socket that is not
     *     connected
     * @throws java.nio.channels.ClosedChannelException if either channel is closed
     * @throws java.nio.channels.AsynchronousCloseException if either channel is closed while the
     *     transfer runs
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted before or
     *     while the transfer runs; both channels are closed and the interrupt status is set. If
     *     bytes were taken and not written, a suppressed TransferException has them
     * @throws TransferException if bytes were taken from the source and could not be written
     * @throws IOException if a system call fails: the message is the system's text, and the cause
     *     names the call and its errno
     */
    public static long transferFrom(
            FileChannel target, ReadableByteChannel source, long position, long count)
            throws IOException {
        return FileTransfers.transferFrom(target, source, position, count);
    }

    /**
     * Copies everything that comes from one channel to another, until the source ends: {@link
     * #copy(ReadableByteChannel, WritableByteChannel, long)} without a limit.
     *
     * @param source where the bytes come from, open for reading and in blocking mode
     * @param target where they go, open for writing and in blocking mode
     * @return the number of bytes that the target has accepted, at least 0
     * @throws IOException if it fails, and in the cases of the other method
     */
    public static long copy(ReadableByteChannel source, WritableByteChannel target)
            throws IOException {
        return StreamCopies.copy(source, target, Long.MAX_VALUE);
    }

    /**
     * Copies bytes from one channel to another, both in blocking mode, until {@code count} of them
     * are delivered or the source ends. The JDK has no such method.
     *
     * <p>Between sockets and pipes the bytes go by {@code splice(2)} and never enter this process.
     * A file is read or written at its position, which advances by what was delivered and belongs
     * to this call until it returns. A file that was opened for appending is written at its end. A
     * channel that is not the JDK's own, or a datagram socket, is served through a direct buffer; a
     * read that gives nothing ends the copy there.
     *
     * <p>The call waits as long as it takes. Closing either channel wakes it, within about 100 ms,
     * and interrupting the thread closes both. A virtual thread is not pinned to its carrier while
     * it waits for a socket or a pipe. Two calls may run in opposite directions between the same
     * two sockets: a proxy. Example:
     *
     * <pre>{@code
     * long sent = ZeroCopy.copy(file, socket);
     * socket.shutdownOutput();
     * }</pre>
     *
     * @param source where the bytes come from, open for reading and in blocking mode
     * @param target where they go, open for writing and in blocking mode; another channel than
     *     {@code source}
     * @param count the most bytes to copy, at least 0
     * @return the number of bytes that the target has accepted; less than {@code count} only if the
     *     source has ended
     * @throws IllegalArgumentException if {@code count} is negative, or both are the same channel
     * @throws java.nio.channels.IllegalBlockingModeException if either channel is in non-blocking
     *     mode
     * @throws java.nio.channels.NonReadableChannelException if {@code source} is a file that is not
     *     open for reading
     * @throws java.nio.channels.NonWritableChannelException if {@code target} is a file that is not
     *     open for writing
     * @throws java.nio.channels.NotYetConnectedException if either is a socket that is not
     *     connected
     * @throws java.nio.channels.ClosedChannelException if either channel is closed
     * @throws java.nio.channels.AsynchronousCloseException if either channel is closed meanwhile,
     *     with nothing taken that was not delivered, or the output of the target is shut down
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted before or
     *     meanwhile; both channels are closed and the interrupt status is set. If bytes were taken
     *     and not delivered, a suppressed TransferException has them
     * @throws TransferException if it fails in any other way: it says how much was delivered, and
     *     has what was taken from the source and not delivered
     * @throws IOException if a channel that is not the JDK's own fails before it is read from
     */
    public static long copy(ReadableByteChannel source, WritableByteChannel target, long count)
            throws IOException {
        return StreamCopies.copy(source, target, count);
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
