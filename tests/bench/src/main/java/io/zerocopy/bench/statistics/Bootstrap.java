package io.zerocopy.bench.statistics;

import java.util.SplittableRandom;

/**
 * The 95 % interval of a ratio of medians, by drawing the rounds again with replacement.
 *
 * <p>Whole rounds are drawn, so both contenders of a drawn round come along: what made the machine
 * slow in that round made it slow for both, which is why they are interleaved.
 */
public final class Bootstrap {
    public static final int RESAMPLES = 10_000;

    private static final double CONFIDENCE = 0.95;

    private final long seed;

    /** With the same seed the same numbers give the same interval. */
    public Bootstrap(long seed) {
        this.seed = seed;
    }

    /** The interval of median(ours) / median(theirs); the same index is the same round. */
    public Interval ratioOfMedians(double[] ours, double[] theirs) {
        if (ours.length != theirs.length || ours.length == 0) {
            throw new IllegalArgumentException(ours.length + " and " + theirs.length + " rounds");
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] ratios = new double[RESAMPLES];
        double[] drawnOurs = new double[ours.length];
        double[] drawnTheirs = new double[ours.length];
        for (int resample = 0; resample < RESAMPLES; resample++) {
            for (int i = 0; i < ours.length; i++) {
                int round = random.nextInt(ours.length);
                drawnOurs[i] = ours[round];
                drawnTheirs[i] = theirs[round];
            }
            ratios[resample] = Quantiles.median(drawnOurs) / Quantiles.median(drawnTheirs);
        }
        double tail = (1 - CONFIDENCE) / 2;
        return new Interval(Quantiles.of(ratios, tail), Quantiles.of(ratios, 1 - tail));
    }
}
