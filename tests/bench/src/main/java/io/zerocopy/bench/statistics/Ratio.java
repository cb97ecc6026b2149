package io.zerocopy.bench.statistics;

/** A ratio of medians with its 95 % interval. */
public record Ratio(double value, Interval interval, Verdict verdict) {
    /** Ours over theirs; the same index is the same round. */
    public static Ratio of(
            Bootstrap bootstrap, double[] ours, double[] theirs, boolean moreIsBetter) {
        Interval interval = bootstrap.ratioOfMedians(ours, theirs);
        return new Ratio(
                Quantiles.median(ours) / Quantiles.median(theirs),
                interval,
                moreIsBetter
                        ? Verdict.whereMoreIsBetter(interval)
                        : Verdict.whereLessIsBetter(interval));
    }
}
