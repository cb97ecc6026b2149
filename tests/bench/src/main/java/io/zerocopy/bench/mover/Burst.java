package io.zerocopy.bench.mover;

/**
 * What a mover does for one sample.
 *
 * @param bytes of one transfer: always the first ones of a file
 * @param transfers that are timed together, on the same ends
 * @param warmUp transfers before those on the same ends, not timed
 */
public record Burst(long bytes, int transfers, int warmUp) {
    /** One transfer on fresh ends. */
    public static Burst single(long bytes) {
        return new Burst(bytes, 1, 0);
    }

    /** The command that asks a mover for it. */
    public String toCommand(String method) {
        return String.join(" ", "run", method, "" + bytes, "" + transfers, "" + warmUp);
    }

    static Burst parse(String[] words) {
        return new Burst(
                Long.parseLong(words[2]), Integer.parseInt(words[3]), Integer.parseInt(words[4]));
    }
}
