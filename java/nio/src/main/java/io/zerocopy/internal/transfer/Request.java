package io.zerocopy.internal.transfer;

import io.zerocopy.Mechanism;

import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * What a transfer is asked for, with both channels open and everything checked.
 *
 * @param source where the bytes come from
 * @param sourcePosition where to begin in a file; {@link #UNSET} for its own position, which moves
 * @param target where the bytes go
 * @param targetPosition where to write in a file; {@link #UNSET} for its own position
 * @param count how many bytes; {@link #UNSET} for all up to the end of the source
 * @param header goes before the bytes of the source
 * @param trailer goes behind them, unless the source ended before {@code count}
 * @param mechanism the only one that may be used; null for any
 * @param chunkBytes the most that one step moves; {@link #UNSET} for any number
 * @param bytesPerSecond the most that is moved in a second; {@link #UNSET} for any number
 * @param isStable whether the peer must see the bytes as they were when they were sent
 * @param directIoAboveBytes from how many bytes on a file is read past the page cache: {@link
 *     Long#MAX_VALUE} for never, {@link #UNSET} where the core decides
 */
public record Request(
        ReadableByteChannel source,
        long sourcePosition,
        WritableByteChannel target,
        long targetPosition,
        long count,
        byte[] header,
        byte[] trailer,
        Mechanism mechanism,
        long chunkBytes,
        long bytesPerSecond,
        boolean isStable,
        long directIoAboveBytes) {
    /** No value. */
    public static final long UNSET = -1;

    /** Checks what the builder has to have seen to. */
    public Request {
        assert source != target || source instanceof SocketChannel : "a channel to itself";
        assert sourcePosition == UNSET || source instanceof FileChannel : source;
        assert targetPosition == UNSET || target instanceof FileChannel : target;
        assert sourcePosition >= UNSET && targetPosition >= UNSET && count >= UNSET : count;
        assert chunkBytes != 0 && bytesPerSecond != 0 : "a limit of 0 bytes";
    }
}
