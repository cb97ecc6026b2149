package io.zerocopy.bench.sender;

/**
 * What a sender does for one sample.
 *
 * @param bytes of one transfer: always the first ones of the file
 * @param transfers that are timed together, on one connection
 * @param warmUp transfers before those on the same connection, not timed
 * @param mode how the receiver takes them
 */
public record Burst(long bytes, int transfers, int warmUp, ReceiverMode mode) {
    /** The command that asks a sender for it. */
    public String toCommand(String method) {
        return String.join(
                " ", "run", method, "" + bytes, "" + transfers, "" + warmUp, "" + mode.letter());
    }

    static Burst parse(String[] words) {
        return new Burst(
                Long.parseLong(words[2]),
                Integer.parseInt(words[3]),
                Integer.parseInt(words[4]),
                ReceiverMode.of(words[5]));
    }
}
