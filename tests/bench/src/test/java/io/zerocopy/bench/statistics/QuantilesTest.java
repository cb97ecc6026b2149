package io.zerocopy.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class QuantilesTest {
    @Test
    void medianIsTheMiddleOrBetweenTheTwoInTheMiddle() {
        assertEquals(3, Quantiles.median(new double[] {5, 1, 3}));
        assertEquals(2.5, Quantiles.median(new double[] {4, 1, 3, 2}));
        assertEquals(7, Quantiles.median(new double[] {7}));
    }

    @Test
    void quantilesLieBetweenTheNeighbours() {
        double[] values = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
        assertEquals(10, Quantiles.of(values, 0.1), 1e-9);
        assertEquals(97.5, Quantiles.of(values, 0.975), 1e-9);
        assertEquals(0, Quantiles.of(values, 0));
        assertEquals(100, Quantiles.of(values, 1));
    }

    @Test
    void theValuesKeepTheirOrder() {
        double[] values = {3, 1, 2};
        Quantiles.median(values);
        assertArrayEquals(new double[] {3, 1, 2}, values);
    }

    @Test
    void nothingHasNoMedian() {
        assertThrows(IllegalArgumentException.class, () -> Quantiles.median(new double[0]));
    }
}
