package io.zerocopy.internal.core;

import java.nio.ByteBuffer;

/**
 * The natives of a transfer that is kept between its steps. Only {@link Pump} calls them, but for
 * {@link #isRegularFile}.
 *
 * <p>{@code native/jni/transfer_natives.rs} is the other side. A handle is an address: it must come
 * from {@link #open}, must be used by one thread at a time, and never after {@link #free}.
 * Descriptors must be kept open by the caller until the call returns.
 */
public final class TransferNatives {
    /** A regular file as source. */
    public static final int SOURCE_FILE = 0;

    /** A connected TCP or UNIX socket as source. */
    public static final int SOURCE_STREAM = 1;

    /** The read end of a pipe as source. */
    public static final int SOURCE_PIPE = 2;

    /** A regular file that every write goes to the end of as target, beside those of Natives. */
    public static final int TARGET_APPENDED_FILE = 4;

    /** An absent offset, limit or time-out. */
    public static final long NONE = -1;

    /** The length of the array for {@link #account}: six books, and the fallbacks of a plan. */
    static final int ACCOUNT_LONGS = 10;

    private TransferNatives() {}

    /**
     * Whether a descriptor is that of a regular file, and not that of a device or of a pipe with a
     * name.
     */
    public static native boolean isRegularFile(int fd) throws SystemCallException;

    /**
     * Makes a transfer that has not moved anything yet.
     *
     * @param count {@link Long#MAX_VALUE} for everything up to the end of the source
     * @param maySleep whether a step may sleep in a system call as long as it likes
     * @return the handle
     */
    static native long open(
            int sourceFd,
            int sourceKind,
            long sourceOffset,
            int targetFd,
            int targetKind,
            long targetOffset,
            long count,
            int allowed,
            boolean maySleep,
            boolean isStable,
            long directIoAbove,
            long chunkBytes,
            long bytesPerSecond,
            byte[] header,
            byte[] trailer)
            throws SystemCallException;

    static native void resume(long handle, boolean maySleep) throws SystemCallException;

    /** Returns what the step came to, packed as by {@link Natives#step}. */
    static native long step(long handle, long budget) throws SystemCallException;

    static native void settle(long handle);

    static native void account(long handle, long[] into);

    /** Returns the microseconds for {@link #restoreSendTimeout}, or {@link #NONE}. */
    static native long shortenSendTimeout(long handle, long mostNanos) throws SystemCallException;

    static native void restoreSendTimeout(long handle, long beforeMicros)
            throws SystemCallException;

    static native int drainUndelivered(long handle, ByteBuffer into, int position, int limit)
            throws SystemCallException;

    static native String plan(long handle);

    static native void free(long handle);
}
