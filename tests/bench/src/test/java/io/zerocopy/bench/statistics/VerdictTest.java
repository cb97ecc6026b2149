package io.zerocopy.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
    @ParameterizedTest
    @CsvSource({
        "1.20, 1.40, BETTER",
        "1.01, 1.02, BETTER",
        "0.90, 1.10, EQUAL",
        "0.90, 0.98, EQUAL",
        "1.00, 1.10, EQUAL",
        "0.87, 1.15, EQUAL",
        "0.84, 1.02, EQUAL",
        "0.95, 1.20, EQUAL",
        "0.80, 0.86, WORSE",
        "0.50, 0.80, WORSE",
        "0.80, 0.95, EQUAL",
        "0.30, 0.99, UNDECIDED",
        "0.80, 1.20, UNDECIDED",
        "0.30, 1.02, UNDECIDED",
        "0.99, 2.00, UNDECIDED",
    })
    void moreIsBetter(double low, double high, Verdict verdict) {
        assertEquals(verdict, Verdict.whereMoreIsBetter(new Interval(low, high)));
    }

    @ParameterizedTest
    @CsvSource({
        "0.20, 0.40, BETTER",
        "0.98, 0.99, BETTER",
        "0.90, 1.10, EQUAL",
        "1.02, 1.15, EQUAL",
        "0.95, 1.20, EQUAL",
        "1.10, 1.16, EQUAL",
        "1.16, 1.20, WORSE",
        "1.05, 2.00, UNDECIDED",
        "2.00, 3.00, WORSE",
        "0.80, 1.20, UNDECIDED",
        "0.99, 2.00, UNDECIDED",
    })
    void lessIsBetter(double low, double high, Verdict verdict) {
        assertEquals(verdict, Verdict.whereLessIsBetter(new Interval(low, high)));
    }

    @Test
    void whatIsNoIntervalIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Interval(2, 1));
        assertThrows(IllegalArgumentException.class, () -> new Interval(Double.NaN, 1));
    }
}
