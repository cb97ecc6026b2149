package io.zerocopy.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;

/** Goal: amounts are shown and read as people do. Method: tables, at the edges of the units. */
class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.00 kB",
        "9994, 9.99 kB",
        "9996, 10.0 kB",
        "99960, 100 kB",
        "999499, 999 kB",
        "999501, 1.00 MB",
        "12345678, 12.3 MB",
        "9223372036854775807, 9.22 EB",
    })
    void showsBytesInThreeDigits(long bytes, String shown) {
        assertEquals(shown, Quantities.bytes(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.00 s",
        "120, 0.12 s",
        "12340, 12.3 s",
        "59400, 59.4 s",
        "60000, 1:00",
        "3599000, 59:59",
        "3723000, 1:02:03",
    })
    void showsATime(long millis, String shown) {
        assertEquals(shown, Quantities.time(Duration.ofMillis(millis)));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "10, 10000",
        "10s, 10000",
        "1.5s, 1500",
        "500ms, 500",
        "5m, 300000",
        "2H, 7200000"
    })
    void readsATime(String text, long millis) {
        assertEquals(Duration.ofMillis(millis), TimeSpan.parse(text).duration());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1", "10x", "1e9", "9999999999"})
    void refusesWhatIsNoTimeAndNamesIt(String text) {
        Exception refusal =
                assertThrows(IllegalArgumentException.class, () -> TimeSpan.parse(text));
        assertTrue(refusal.getMessage().startsWith("'" + text + "'"), refusal.getMessage());
    }

    @Test
    void aBarShowsHowFarItIsAndHowLongItTakes() {
        StringWriter out = new StringWriter();
        long[] now = {0};
        ProgressBar bar =
                new ProgressBar(
                        new Progress(new PrintWriter(out), true), 3_000_000_000L, () -> now[0]);
        now[0] = 1_000_000_000;
        bar.show(750_000_000);
        assertEquals(
                shown(" 25% [======>                 ] 750 MB of 3.00 GB, 750 MB/s, 0:03 left"),
                out.toString());
        out.getBuffer().setLength(0);
        now[0] = 4_000_000_000L;
        bar.show(3_000_000_000L);
        assertEquals(
                shown("100% [========================] 3.00 GB of 3.00 GB, 750 MB/s, 0:00 left"),
                out.toString());
    }

    @Test
    void aBarOfNothingIsFull() {
        StringWriter out = new StringWriter();
        new ProgressBar(new Progress(new PrintWriter(out), true), 0, () -> 0).show(0);
        assertEquals(shown("100% [========================] 0 B of 0 B"), out.toString());
    }

    @Test
    void withoutATerminalThereIsNoBar() {
        StringWriter out = new StringWriter();
        new ProgressBar(new Progress(new PrintWriter(out), false), 10).show(5);
        assertEquals("", out.toString());
    }

    /** Over the line before, and without a second line where the terminal is narrow. */
    private static String shown(String line) {
        return "\r\033[K\033[?7l" + line + "\033[?7h";
    }
}
