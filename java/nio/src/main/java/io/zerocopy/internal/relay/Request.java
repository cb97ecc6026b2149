package io.zerocopy.internal.relay;

import java.nio.ByteBuffer;

/**
 * What a relay is asked for beside its sockets.
 *
 * @param prefaceToB what goes before the bytes for the second socket; the receiver's own view
 * @param prefaceToA what goes before the bytes for the first socket; the receiver's own view
 * @param idleNanos how long nothing may move, or {@link #NO_LIMIT}
 * @param lastsNanos how long the relay may last, or {@link #NO_LIMIT}
 * @param bytesPerSecond the most that is moved each way in a second, or {@link #NO_LIMIT}
 */
public record Request(
        ByteBuffer prefaceToB,
        ByteBuffer prefaceToA,
        long idleNanos,
        long lastsNanos,
        long bytesPerSecond) {
    /** The value of a limit that is none. */
    public static final long NO_LIMIT = 0;
}
