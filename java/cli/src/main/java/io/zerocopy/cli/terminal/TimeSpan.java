package io.zerocopy.cli.terminal;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A span of time as people write it: {@code 10} or {@code 10s} for seconds, {@code 500ms}, {@code
 * 5m}, {@code 1h}, {@code 1.5s}.
 */
public record TimeSpan(Duration duration) {
    private static final Pattern WRITTEN =
            Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)\\s*(ms|s|m|h)?", Pattern.CASE_INSENSITIVE);

    public TimeSpan {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a time is not negative");
        }
    }

    public static TimeSpan parse(String text) {
        Matcher written = WRITTEN.matcher(text.strip());
        if (!written.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a time: write it like 10, 10s, 500ms, 5m or 1h");
        }
        double millis = Double.parseDouble(written.group(1)) * unitMillis(written.group(2));
        return new TimeSpan(Duration.ofMillis(Math.round(millis)));
    }

    /** For options in which no time at all means for ever. */
    public boolean isZero() {
        return duration.isZero();
    }

    private static long unitMillis(String unit) {
        if (unit == null) {
            return 1000;
        }
        return switch (unit.toLowerCase(Locale.ROOT)) {
            case "ms" -> 1;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 1000;
        };
    }
}
