package io.zerocopy.cli.terminal;

import java.time.Duration;
import java.util.Locale;

/** Amounts as people read them, rounded. */
public final class Quantities {
    private static final String PREFIXES = "kMGTPE";
    private static final int SECONDS_OF_MINUTE = 60;
    private static final int SECONDS_OF_HOUR = 3600;

    private Quantities() {}

    /** Three digits and a unit that is a power of 1000: "999 B", "1.00 kB", "12.3 MB". */
    public static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int power = 0;
        // What would be shown as 1000 is 1.00 of the next unit.
        while (value >= 999.5 && power < PREFIXES.length()) {
            value /= 1000;
            power++;
        }
        return threeDigits(value) + " " + PREFIXES.charAt(power - 1) + "B";
    }

    /** Bytes in so long a time, as bytes a second. */
    public static String rate(long bytes, long nanos) {
        return bytes(Math.round(bytes * 1e9 / Math.max(nanos, 1))) + "/s";
    }

    /** "0.12 s", "12.3 s", "4:05", "1:02:03". */
    public static String time(Duration time) {
        long seconds = Math.round(time.toMillis() / 1000.0);
        if (seconds < SECONDS_OF_MINUTE) {
            return threeDigits(time.toNanos() / 1e9) + " s";
        }
        return clock(seconds);
    }

    /** "0:07", "4:05", "1:02:03". */
    public static String clock(long seconds) {
        long minutes = seconds / SECONDS_OF_MINUTE % SECONDS_OF_MINUTE;
        long hours = seconds / SECONDS_OF_HOUR;
        long left = seconds % SECONDS_OF_MINUTE;
        return hours == 0
                ? String.format(Locale.ROOT, "%d:%02d", minutes, left)
                : String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, left);
    }

    private static String threeDigits(double value) {
        // Where rounding makes a digit more, a decimal less.
        return String.format(
                Locale.ROOT, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    }
}
