package io.zerocopy.bench;

import java.util.Locale;

/** Numbers as people read them: three digits that count. */
public final class Numbers {
    private Numbers() {}

    /** Without a unit. */
    public static String plain(double value) {
        double size = Math.abs(value);
        String format =
                size >= 100 || value == Math.rint(value)
                        ? "%.0f"
                        : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    /** Nanoseconds, in the unit that suits them. */
    public static String duration(double nanos) {
        if (nanos < 1e3) {
            return plain(nanos) + " ns";
        }
        if (nanos < 1e6) {
            return plain(nanos / 1e3) + " µs";
        }
        return nanos < 1e9 ? plain(nanos / 1e6) + " ms" : plain(nanos / 1e9) + " s";
    }
}
