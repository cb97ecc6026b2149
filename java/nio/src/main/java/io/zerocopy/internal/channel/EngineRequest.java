package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.PumpOptions;
import io.zerocopy.internal.core.TransferNatives;

import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * What an engine has to move.
 *
 * @param source where the bytes come from; not the same socket as the target
 * @param sourceOffset where to begin in a file; {@link #OWN_POSITION} for the position of the
 *     channel, which advances, and for everything that is no file
 * @param target where they go
 * @param targetOffset as {@code sourceOffset}
 * @param count how many, at least 0; {@link Long#MAX_VALUE} for all up to the end of the source
 * @param options everything that is seldom asked for
 */
public record EngineRequest(
        ReadableByteChannel source,
        long sourceOffset,
        WritableByteChannel target,
        long targetOffset,
        long count,
        PumpOptions options) {
    /** Not an offset of the caller's: the channel's own position. */
    public static final long OWN_POSITION = TransferNatives.NONE;
}
