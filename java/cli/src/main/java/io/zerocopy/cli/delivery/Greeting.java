package io.zerocopy.cli.delivery;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a sender says first: who it is, how many bytes follow, and how they are checked.
 *
 * <p>On the wire: 8 bytes that name the protocol and its version, the size as 8 bytes, the checksum
 * as one. The receiver answers with a {@link Message}; after {@code READY} the bytes of the file
 * follow, then messages of both sides.
 */
record Greeting(long bytes, Checksum checksum) {
    static final int WIRE_BYTES = 17;

    private static final byte[] NAME = "zc-send1".getBytes(StandardCharsets.US_ASCII);

    byte[] toWire() {
        return ByteBuffer.allocate(WIRE_BYTES)
                .put(NAME)
                .putLong(bytes)
                .put(checksum.code())
                .array();
    }

    /** What the bytes say; null if it was not a sender of this protocol that wrote them. */
    static Greeting of(ByteBuffer wire) {
        byte[] name = new byte[NAME.length];
        wire.get(name);
        long bytes = wire.getLong();
        Checksum checksum = Checksum.of(wire.get());
        boolean isKnown = Arrays.equals(name, NAME) && bytes >= 0 && checksum != null;
        return isKnown ? new Greeting(bytes, checksum) : null;
    }
}
