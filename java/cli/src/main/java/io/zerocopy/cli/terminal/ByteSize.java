package io.zerocopy.cli.terminal;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it: {@code 7M}, {@code 1G}, {@code 512K}, {@code 1MiB}, {@code
 * 4096}.
 *
 * <p>K, M, G and T (with or without a B) are powers of 1000, as on a disk's label; Ki, Mi, Gi and
 * Ti are powers of 1024. Case does not matter.
 */
public record ByteSize(long bytes) {
    private static final Pattern WRITTEN =
            Pattern.compile("(\\d+)\\s*(?:([KMGT])(I?))?B?", Pattern.CASE_INSENSITIVE);
    private static final String PREFIXES = "KMGT";

    /** More than any test file; keeps sums and rates far from overflow. */
    private static final long BYTES_MAX = 1L << 42;

    public ByteSize {
        if (bytes <= 0 || bytes > BYTES_MAX) {
            throw new IllegalArgumentException("a size must lie between 1 byte and 4 TiB");
        }
    }

    public static ByteSize parse(String text) {
        Matcher written = WRITTEN.matcher(text.strip());
        if (!written.matches()) {
            throw unreadable(text, "write it like 7M, 1G, 512K, 1MiB or 4096");
        }
        try {
            long number = Long.parseLong(written.group(1));
            return new ByteSize(Math.multiplyExact(number, unit(written)));
        } catch (ArithmeticException | NumberFormatException overflow) {
            throw unreadable(text, "a size must lie between 1 byte and 4 TiB");
        } catch (IllegalArgumentException outOfRange) {
            throw unreadable(text, outOfRange.getMessage());
        }
    }

    /** The shortest exact form: "7 MB", "1 MiB", "65537 B". Parsing it gives the same size back. */
    @Override
    public String toString() {
        for (int power = PREFIXES.length(); power >= 1; power--) {
            char prefix = PREFIXES.charAt(power - 1);
            long decimal = power(1000, power);
            if (bytes % decimal == 0) {
                return bytes / decimal + " " + (prefix == 'K' ? 'k' : prefix) + "B";
            }
            long binary = power(1024, power);
            if (bytes % binary == 0) {
                return bytes / binary + " " + prefix + "iB";
            }
        }
        return bytes + " B";
    }

    private static long unit(Matcher written) {
        String prefix = written.group(2);
        if (prefix == null) {
            return 1;
        }
        int power = PREFIXES.indexOf(prefix.toUpperCase(Locale.ROOT)) + 1;
        return power(written.group(3).isEmpty() ? 1000 : 1024, power);
    }

    private static long power(long base, int exponent) {
        long result = 1;
        for (int i = 0; i < exponent; i++) {
            result *= base;
        }
        return result;
    }

    private static IllegalArgumentException unreadable(String text, String advice) {
        return new IllegalArgumentException("'" + text + "' is not a usable size: " + advice);
    }
}
