package io.zerocopy.cli.compare;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The result of one method on one subject.
 *
 * @param calls system calls of one transfer, or null where they were not counted
 * @param ioCalls those of them that read or write, or null where the kernel does not tell
 * @param crc32c checksum of the file, which the receiver computed as well
 */
public record Row(
        Subject subject,
        SendMethod method,
        List<Measurement> rounds,
        SystemCalls calls,
        IoCalls ioCalls,
        long crc32c) {
    public Row {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("a row without a measurement");
        }
        rounds = List.copyOf(rounds);
    }

    public double medianMillis() {
        return median(Row::millis);
    }

    public double minMillis() {
        return rounds.stream().mapToDouble(Row::millis).min().orElseThrow();
    }

    public double maxMillis() {
        return rounds.stream().mapToDouble(Row::millis).max().orElseThrow();
    }

    public double gigabytesPerSecond() {
        return gigabytes() / (medianMillis() / 1e3);
    }

    public double cpuSecondsPerGigabyte() {
        return median(round -> round.cpuNanos() / 1e9) / gigabytes();
    }

    public double voluntarySwitchesPerGigabyte() {
        return median(round -> round.switches().voluntary()) / gigabytes();
    }

    public double involuntarySwitchesPerGigabyte() {
        return median(round -> round.switches().involuntary()) / gigabytes();
    }

    public double switchesPerGigabyte() {
        return median(round -> round.switches().total()) / gigabytes();
    }

    private double gigabytes() {
        return subject.size().bytes() / 1e9;
    }

    private double median(ToDoubleFunction<Measurement> value) {
        return Median.of(rounds.stream().mapToDouble(value).toArray());
    }

    private static double millis(Measurement round) {
        return round.elapsedNanos() / 1e6;
    }
}
