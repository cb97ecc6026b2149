package io.zerocopy.bench;

import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Interval;
import io.zerocopy.bench.statistics.Quantiles;
import io.zerocopy.bench.statistics.Verdict;

import java.util.ArrayList;
import java.util.List;

/**
 * This library against another contender, in the same rounds.
 *
 * @param throughput of bytes per second: above 1, ours is faster
 * @param cpu of CPU time: below 1, ours needs less
 */
record Comparison(Contender ours, Contender theirs, Ratio throughput, Ratio cpu) {
    /** A ratio of medians with its 95 % interval. */
    record Ratio(double value, Interval interval, Verdict verdict) {}

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
        double[] ourSpeed = outcome.gigabytesPerSecond(ours);
        double[] theirSpeed = outcome.gigabytesPerSecond(theirs);
        Interval speed = bootstrap.ratioOfMedians(ourSpeed, theirSpeed);
        double[] ourCpu = outcome.cpuSecondsPerGigabyte(ours);
        double[] theirCpu = outcome.cpuSecondsPerGigabyte(theirs);
        Interval cpu = bootstrap.ratioOfMedians(ourCpu, theirCpu);
        return new Comparison(
                ours,
                theirs,
                new Ratio(ratio(ourSpeed, theirSpeed), speed, Verdict.whereMoreIsBetter(speed)),
                new Ratio(ratio(ourCpu, theirCpu), cpu, Verdict.whereLessIsBetter(cpu)));
    }

    private static double ratio(double[] ours, double[] theirs) {
        return Quantiles.median(ours) / Quantiles.median(theirs);
    }
}
