package io.zerocopy.internal.core;

/**
 * The natives: ints and longs in, a packed long or an exception out.
 *
 * <p>{@code native/jni/natives.rs} is the other side, {@code native/jni/packed.rs} has the bits of
 * the packed long. A descriptor that comes here must be kept open by the caller until the call
 * returns; {@code io.zerocopy.internal.channel} does.
 */
public final class Natives {
    /** A connected TCP socket as target. */
    public static final int TARGET_TCP = 0;

    /** A connected UNIX socket as target. */
    public static final int TARGET_UNIX = 1;

    /** The write end of a pipe as target. */
    public static final int TARGET_PIPE = 2;

    /** A regular file as target, written at its own position. */
    public static final int TARGET_FILE = 3;

    /** The value of {@code resume} in the first step of a transfer. */
    public static final int FIRST_STEP = -1;

    private static final int NO_MECHANISM = 15;

    private Natives() {}

    /** What a step came to. The order is that of the numbers in the packed long. */
    public enum Outcome {
        /** Bytes were delivered. */
        MOVED,
        /** The target takes nothing now. */
        WAIT_TARGET,
        /** The source gives nothing now. */
        WAIT_SOURCE,
        /** The source has no more bytes. */
        SOURCE_ENDED,
        /** Nothing was asked for. */
        COMPLETE,
        /** A signal came: the JDK sends one to wake a thread whose channel was closed. */
        INTERRUPTED,
        /** Some time has to pass: the pace is limited. */
        PAUSE;

        private static final Outcome[] VALUES = values();
    }

    static native String version();

    /**
     * Moves as much as the kernel takes in one go.
     *
     * @param allowed the mechanisms that may be used: bit n for the mechanism with the number n
     * @param resume {@link #FIRST_STEP}, or {@link #mechanism} of the step before
     * @return what it came to, packed
     * @throws SystemCallException if a system call fails; nothing was delivered by this step
     */
    public static native long step(
            int sourceFd,
            long position,
            long count,
            int targetFd,
            int targetKind,
            int allowed,
            int resume)
            throws SystemCallException;

    /** What {@code strerror(3)} says of an errno. */
    static native String errorText(int errno);

    static native void probe(int mechanism) throws SystemCallException;

    /** Answers null from the second time on: the one class that needs it asks once. */
    static native Object trustedLookup();

    /** The bytes that a step delivered. */
    public static long moved(long packed) {
        return packed & 0xffff_ffffL;
    }

    /** How long to pause, where that is what a step came to. */
    public static long pauseNanos(long packed) {
        return 1000 * (packed & 0xffff_ffffL);
    }

    /** What a step came to. */
    public static Outcome outcome(long packed) {
        return Outcome.VALUES[(int) (packed >>> 32) & 0xf];
    }

    /**
     * The mechanism that delivered the bytes or was fallen back to, for the next step to resume.
     */
    public static int mechanism(long packed) {
        return (int) (packed >>> 36) & 0xf;
    }

    /** Whether a mechanism could not serve and the step went on with another. */
    public static boolean fellBack(long packed) {
        return fallbackMechanism(packed) != NO_MECHANISM;
    }

    /** The number of the mechanism that could not serve. */
    public static int fallbackMechanism(long packed) {
        return (int) (packed >>> 40) & 0xf;
    }

    /** The errno that was the cause of a fallback. */
    public static int fallbackErrno(long packed) {
        return (int) (packed >>> 44) & 0xffff;
    }
}
