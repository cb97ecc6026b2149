package io.zerocopy.bench.statistics;

import java.util.Arrays;

/** Quantiles of a sample, between two of its values by linear interpolation. */
public final class Quantiles {
    private Quantiles() {}

    /** The value in the middle. */
    public static double median(double[] values) {
        return of(values, 0.5);
    }

    /**
     * The value that this fraction of the values lies below; 0 for the least, 1 for the greatest.
     */
    public static double of(double[] values, double fraction) {
        if (values.length == 0 || fraction < 0 || fraction > 1) {
            throw new IllegalArgumentException("quantile " + fraction + " of " + values.length);
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double place = fraction * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
