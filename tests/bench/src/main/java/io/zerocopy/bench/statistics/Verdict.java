package io.zerocopy.bench.statistics;

import java.util.Locale;

/** What the 95 % interval of a ratio allows to say. Every interval has exactly one verdict. */
public enum Verdict {
    /** The whole interval lies on the right side of 1. */
    BETTER,
    /** It is not better, lies in the band of equality or straddles an end, and is no wider. */
    EQUAL,
    /** The whole interval lies beyond the band, on the wrong side. */
    WORSE,
    /** It is wider than the band and reaches into it: more rounds would tell. */
    UNDECIDED;

    /** What differs by less is the same: repeated runs of one program differ by as much. */
    public static final Interval EQUALITY = new Interval(0.87, 1.15);

    /** About a ratio of which more is better, such as bytes per second. */
    public static Verdict whereMoreIsBetter(Interval ratio) {
        if (ratio.low() > 1) {
            return BETTER;
        }
        if (ratio.high() < EQUALITY.low()) {
            return WORSE;
        }
        return equalIfNarrow(ratio);
    }

    /** About a ratio of which less is better, such as CPU time. */
    public static Verdict whereLessIsBetter(Interval ratio) {
        if (ratio.high() < 1) {
            return BETTER;
        }
        if (ratio.low() > EQUALITY.high()) {
            return WORSE;
        }
        return equalIfNarrow(ratio);
    }

    private static Verdict equalIfNarrow(Interval ratio) {
        return width(ratio) <= width(EQUALITY) ? EQUAL : UNDECIDED;
    }

    /** As a factor, because these are ratios. */
    private static double width(Interval ratio) {
        return ratio.high() / ratio.low();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
