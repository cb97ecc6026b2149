package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The natives of sending with MSG_ZEROCOPY; {@code native/jni/sender_natives.rs} is the other side.
 *
 * <p>None of them blocks but {@link #awaitCompletions} and {@link #awaitEvents}. A sender is a
 * number; one that was closed is an error. A sender's calls may come from several threads.
 */
public final class SenderNatives {
    /** {@link #advance}: the kernel has taken everything. */
    public static final int IDLE = 0;

    /** {@link #advance}: the socket takes nothing now. */
    public static final int WAIT_FOR_ROOM = 1;

    /** {@link #advance}: the bound on bytes in flight is reached. */
    public static final int WAIT_FOR_COMPLETIONS = 2;

    /** How many longs {@link #takeEnded} writes for a message. */
    public static final int LONGS_PER_MESSAGE = 5;

    /** In the longs of a message: the number that {@link #submit} gave. */
    public static final int NUMBER = 0;

    /** In the longs of a message: the bytes that the kernel took. */
    public static final int BYTES = 1;

    /** In the longs of a message: those of them that were sent without a copy. */
    public static final int ZERO_COPY_BYTES = 2;

    /** In the longs of a message: bits, in the order of {@code Completion.CopyCause}. */
    public static final int CAUSES = 3;

    /** In the longs of a message: 0, the errno of a failure, or one of the next two. */
    public static final int OUTCOME = 4;

    /** The outcome of a message whose rest was withdrawn. */
    public static final int WITHDRAWN = -1;

    /** The outcome of a message that the kernel may still read. */
    public static final int ABANDONED = -2;

    /** How many longs {@link #state} and {@link #advance} write. */
    public static final int LONGS_OF_STATE = 5;

    /** In the state: bytes that are neither copied nor completed. */
    public static final int BYTES_IN_FLIGHT = 0;

    /** In the state: those of them that the kernel has not taken. */
    public static final int BYTES_UNSENT = 1;

    /** In the state: the number of the first message that the kernel has not taken all of. */
    public static final int FIRST_UNSENT = 2;

    /** In the state: 1 while zero-copy is paused or impossible. */
    public static final int IS_COPYING = 3;

    /** In the state: the errno with which MSG_ZEROCOPY was refused for this socket, or 0. */
    public static final int REFUSAL = 4;

    /** How many senders one {@link #awaitEvents} can tell of. */
    public static final int EVENTS_MAX = 64;

    private SenderNatives() {}

    /**
     * Makes a sender on a duplicate of the descriptor.
     *
     * @param firstId how many zero-copy sends the socket has made before
     * @return its number
     */
    public static native long open(
            int fd, long inFlightBytesMax, long thresholdBytes, boolean zeroCopy, int firstId)
            throws SystemCallException;

    /**
     * Closes the duplicate. What is in flight is never reported.
     *
     * @return how many zero-copy sends the socket has made
     */
    public static native int close(long sender) throws SystemCallException;

    /**
     * Queues a message.
     *
     * @param always false if it must fit into the bound on bytes in flight
     * @return its number, or 0 if it does not fit
     */
    public static native long submit(
            long sender, long address, long bytes, int segmentBytes, boolean always)
            throws SystemCallException;

    /**
     * Takes the completions, then sends what the socket takes.
     *
     * @param state how the sender stands then is written here
     * @return what to wait for
     */
    public static native int advance(long sender, long[] state) throws SystemCallException;

    /** Writes as many messages that have ended as there is room for; tells how many. */
    public static native int takeEnded(long sender, long[] messages) throws SystemCallException;

    /** Writes how the sender stands. */
    public static native void state(long sender, long[] into) throws SystemCallException;

    /**
     * Gives up what is queued, and if so asked what is in flight; {@link #takeEnded} hands it out.
     */
    public static native void withdraw(long sender, boolean alsoInFlight)
            throws SystemCallException;

    /** Tells the peer that nothing follows. */
    public static native void shutDown(long sender) throws SystemCallException;

    /**
     * Waits until completions have come for this sender, the time is over, or a signal comes. Comes
     * back at once from a sender that was closed.
     */
    public static native void awaitCompletions(long sender, int timeoutMillis)
            throws SystemCallException;

    /** Waits until completions have come for some senders, or room if it is wanted. */
    public static native int awaitEvents(int timeoutMillis, long[] senders)
            throws SystemCallException;

    /**
     * Whether {@link #awaitEvents} tells of this sender, as it does at first. What has come
     * meanwhile is told then. One that is closed or wants room must be watched.
     */
    public static native void watch(long sender, boolean watched) throws SystemCallException;

    /** Whether room in the socket is an event. */
    public static native void wantRoom(long sender, boolean wanted) throws SystemCallException;

    /** Maps whole pages. They stay until {@link #unmap}, whatever becomes of the buffer. */
    public static native ByteBuffer map(long bytes) throws SystemCallException;

    /** Puts new pages in the place of old ones, which stay the kernel's if it has them. */
    public static native void replace(long address, long bytes) throws SystemCallException;

    /** Unmaps pages. Nothing may refer to them. */
    public static native void unmap(long address, long bytes);

    /** The address of the first byte of a direct buffer. */
    public static native long address(ByteBuffer direct);

    private static native String errorText(int errno);

    /** The exception that the JDK throws where a send fails with this errno. */
    public static IOException sendFailure(int errno) {
        int mechanism = Mechanism.MSG_ZEROCOPY.number();
        return new SystemCallException(errno, "sendmsg", errorText(errno), mechanism)
                .asJdkException();
    }

    /** What an errno means, in words. */
    public static String describe(int errno) {
        return errorText(errno) + " (errno " + errno + ")";
    }
}
