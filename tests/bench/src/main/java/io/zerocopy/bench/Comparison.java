package io.zerocopy.bench;

import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Ratio;

import java.util.ArrayList;
import java.util.List;

/**
 * This library against another contender, in the same rounds.
 *
 * @param throughput of bytes per second: above 1, ours is faster
 * @param cpu of CPU time: below 1, ours needs less
 */
record Comparison(Contender ours, Contender theirs, Ratio throughput, Ratio cpu) {
    static List<Comparison> of(Outcome outcome, Bootstrap bootstrap) {
        List<Comparison> comparisons = new ArrayList<>();
        for (Contender ours : outcome.contenders()) {
            for (Contender theirs : outcome.contenders()) {
                if (ours.isComparedWith(theirs)) {
                    comparisons.add(compare(outcome, bootstrap, ours, theirs));
                }
            }
        }
        return comparisons;
    }

    private static Comparison compare(
            Outcome outcome, Bootstrap bootstrap, Contender ours, Contender theirs) {
        return new Comparison(
                ours,
                theirs,
                Ratio.of(
                        bootstrap,
                        outcome.gigabytesPerSecond(ours),
                        outcome.gigabytesPerSecond(theirs),
                        true),
                Ratio.of(
                        bootstrap,
                        outcome.cpuSecondsPerGigabyte(ours),
                        outcome.cpuSecondsPerGigabyte(theirs),
                        false));
    }
}
