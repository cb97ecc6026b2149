package io.zerocopy.cli.compare;

import java.nio.ByteBuffer;

/**
 * What the receiver says it got.
 *
 * @param bytes how many bytes came before the end of the stream
 * @param crc32c their checksum, or {@link #NOT_COMPUTED}
 */
public record Receipt(long bytes, long crc32c) {
    /** No CRC is negative. */
    public static final long NOT_COMPUTED = -1;

    static final int WIRE_BYTES = 2 * Long.BYTES;

    ByteBuffer toWire() {
        return ByteBuffer.allocate(WIRE_BYTES).putLong(bytes).putLong(crc32c).flip();
    }

    static Receipt fromWire(ByteBuffer wire) {
        return new Receipt(wire.getLong(), wire.getLong());
    }
}
