package io.zerocopy.cli.delivery;

import io.zerocopy.cli.terminal.Quantities;

import java.time.Duration;
import java.util.HexFormat;

/**
 * A file that has arrived.
 *
 * @param bytes its size
 * @param elapsed from the greeting until both sides were sure
 * @param checksum what both have computed
 * @param value the result
 */
public record Delivered(long bytes, Duration elapsed, Checksum checksum, String value) {
    static Delivered since(long begunNanos, Greeting greeting, byte[] checksum) {
        return new Delivered(
                greeting.bytes(),
                Duration.ofNanos(System.nanoTime() - begunNanos),
                greeting.checksum(),
                HexFormat.of().formatHex(checksum));
    }

    /** For the end of a line. */
    @Override
    public String toString() {
        return Quantities.bytes(bytes)
                + " in "
                + Quantities.time(elapsed)
                + ", "
                + Quantities.rate(bytes, elapsed.toNanos())
                + ", "
                + checksum
                + " "
                + value;
    }
}
