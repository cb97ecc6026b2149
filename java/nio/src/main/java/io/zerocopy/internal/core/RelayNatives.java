package io.zerocopy.internal.core;

/**
 * The natives of the relay engine; {@code native/jni/relay_natives.rs} is the other side.
 *
 * <p>None of them blocks but {@link #awaitCompleted} and {@link #stop}. An engine is a number; one
 * that was freed is an error. A relay is a number too, which no other relay of its engine ever has;
 * one that is over is none. All calls may come from several threads.
 */
public final class RelayNatives {
    /** {@link #delivered}: the relay is over, and was taken. */
    public static final long OVER = -1;

    /** How many longs {@link #takeCompleted} writes for a relay. */
    public static final int LONGS_PER_RELAY = 30;

    /** In the longs of a relay: the tag that {@link #relay} was given. */
    public static final int TAG = 0;

    /** In the longs of a relay: how long it has lasted. */
    public static final int ELAPSED_NANOS = 1;

    /** In the longs of a relay: where those of the direction from a to b begin. */
    public static final int FIRST_FLOW = 2;

    /** How many longs a direction has; the second one follows the first. */
    public static final int LONGS_PER_FLOW = 14;

    /** In the longs of a direction: bytes that the target has taken. */
    public static final int DELIVERED = 0;

    /** In the longs of a direction: bytes that were taken from the source. */
    public static final int CONSUMED = 1;

    /** In the longs of a direction: how many of those delivered were copied, not spliced. */
    public static final int COPIED = 2;

    /** In the longs of a direction: the mechanisms that moved bytes, as bits by their numbers. */
    public static final int MECHANISMS = 3;

    /** In the longs of a direction: the ordinal of its {@code RelayEnd}. */
    public static final int END = 4;

    /** In the longs of a direction: how many fallbacks follow. */
    public static final int FALLBACK_COUNT = 5;

    /** In the longs of a direction: the first fallback, a mechanism above and an errno below. */
    public static final int FALLBACKS = 6;

    private RelayNatives() {}

    /**
     * Starts an engine.
     *
     * @return its number
     */
    public static native long open(int threads) throws SystemCallException;

    /** Makes another descriptor of the same socket. */
    public static native int duplicate(int fd) throws SystemCallException;

    /** Closes a descriptor that {@link #duplicate} has made. */
    public static native void closeDescriptor(int fd) throws SystemCallException;

    /**
     * Starts a relay, which owns both descriptors from then on; where this throws they are the
     * caller's as before.
     *
     * @param wasConnected whether both sockets were connected once, for certain: else one that is
     *     not is an error
     * @param tag a number of the caller's, which comes back with the completion
     * @param idleNanos 0 for no limit, as for the next two
     * @param allowed the mechanisms that may be used, as bits by their numbers
     * @return the number of the relay
     */
    public static native long relay(
            long engine,
            int fdA,
            int fdB,
            boolean wasConnected,
            long tag,
            byte[] prefaceToB,
            byte[] prefaceToA,
            long idleNanos,
            long lastsNanos,
            long bytesPerSecond,
            int allowed)
            throws SystemCallException;

    /** Ends a relay at once. */
    public static native void closeRelay(long engine, long relay) throws SystemCallException;

    /**
     * The bytes that were delivered until now.
     *
     * @param way 0 for those from a to b, 1 for those from b to a
     * @return the count, or {@link #OVER}
     */
    public static native long delivered(long engine, long relay, int way)
            throws SystemCallException;

    /** Waits until relays are over that were not taken, a signal comes, or the time is over. */
    public static native void awaitCompleted(long engine, int timeoutMillis)
            throws SystemCallException;

    /**
     * Writes as many relays that are over as there is room for, and forgets them.
     *
     * @param failures the exception of each direction that has failed is put here, two places for
     *     each relay
     * @return how many
     */
    public static native int takeCompleted(long engine, long[] relays, Object[] failures)
            throws SystemCallException;

    /** Ends all relays and all threads. When it returns there are no completions but the last. */
    public static native void stop(long engine) throws SystemCallException;

    /** Forgets an engine. */
    public static native void free(long engine) throws SystemCallException;

    /** What an errno means, in words. */
    public static String describe(int errno) {
        return Natives.errorText(errno);
    }
}
