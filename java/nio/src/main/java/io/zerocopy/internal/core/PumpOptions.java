package io.zerocopy.internal.core;

/**
 * What a transfer may be asked for beside its ends.
 *
 * @param allowedMechanisms bit n for the mechanism with the number n; the kill switch comes on top
 * @param isStable whether the peer has to see the bytes as they were when the call was made
 * @param directIoAbove a file is read past the page cache where more bytes than this are asked for;
 *     {@link #DIRECT_IO_AUTO} or {@link #DIRECT_IO_NEVER}
 * @param chunkBytes the most that one step moves, above 0; {@link TransferNatives#NONE}
 * @param bytesPerSecond the most that is moved in a second, above 0; {@link TransferNatives#NONE}
 * @param header goes before the bytes of the source; null for none
 * @param trailer goes behind them, where all that were asked for were delivered; null for none
 */
public record PumpOptions(
        int allowedMechanisms,
        boolean isStable,
        long directIoAbove,
        long chunkBytes,
        long bytesPerSecond,
        byte[] header,
        byte[] trailer) {
    /** The core decides by the size of the file, its device, and what of it is in memory. */
    public static final long DIRECT_IO_AUTO = -1;

    /** Through the page cache. */
    public static final long DIRECT_IO_NEVER = -2;

    /** What the drop-ins ask for. */
    public static final PumpOptions DEFAULT =
            new PumpOptions(
                    -1,
                    false,
                    DIRECT_IO_NEVER,
                    TransferNatives.NONE,
                    TransferNatives.NONE,
                    null,
                    null);
}
