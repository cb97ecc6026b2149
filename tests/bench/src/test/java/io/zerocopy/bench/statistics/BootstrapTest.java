package io.zerocopy.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.Random;

class BootstrapTest {
    private static final int ROUNDS = 31;
    private static final Bootstrap BOOTSTRAP = new Bootstrap(1);

    @Test
    void withoutSpreadTheIntervalIsTheRatio() {
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        Arrays.fill(ours, 3);
        Arrays.fill(theirs, 2);
        assertEquals(new Interval(1.5, 1.5), BOOTSTRAP.ratioOfMedians(ours, theirs));
    }

    @Test
    void whatIsCommonToARoundCancels() {
        double[] theirs = normal(new Random(5), 10, 4);
        double[] ours = Arrays.stream(theirs).map(value -> value * 1.2).toArray();
        Interval interval = BOOTSTRAP.ratioOfMedians(ours, theirs);
        assertEquals(1.2, interval.low(), 1e-9);
        assertEquals(1.2, interval.high(), 1e-9);
    }

    /** By the normal approximation the median's error is 1.2533 s / sqrt(n). */
    @Test
    void theIntervalIsAsWideAsTheoryHasIt() {
        Random random = new Random(11);
        double width = 0;
        int repetitions = 40;
        for (int i = 0; i < repetitions; i++) {
            Interval interval =
                    BOOTSTRAP.ratioOfMedians(normal(random, 100, 5), normal(random, 100, 5));
            width += (interval.high() - interval.low()) / repetitions;
        }
        double errorOfRatio = Math.sqrt(2) * 1.2533 * 0.05 / Math.sqrt(ROUNDS);
        double expected = 2 * 1.96 * errorOfRatio;
        assertTrue(width > 0.75 * expected && width < 1.25 * expected, width + " / " + expected);
    }

    @Test
    void theTrueRatioIsInsideAboutAsOftenAsPromised() {
        Random random = new Random(23);
        int inside = 0;
        int repetitions = 100;
        for (int i = 0; i < repetitions; i++) {
            Interval interval =
                    BOOTSTRAP.ratioOfMedians(normal(random, 110, 5), normal(random, 100, 5));
            inside += interval.contains(1.1) ? 1 : 0;
        }
        assertTrue(inside >= 88, inside + " of " + repetitions);
    }

    @Test
    void theSeedDecides() {
        double[] ours = normal(new Random(1), 10, 1);
        double[] theirs = normal(new Random(2), 10, 1);
        assertEquals(
                BOOTSTRAP.ratioOfMedians(ours, theirs),
                new Bootstrap(1).ratioOfMedians(ours, theirs));
    }

    @Test
    void roundsThatDoNotMatchAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> BOOTSTRAP.ratioOfMedians(new double[3], new double[4]));
    }

    private static double[] normal(Random random, double mean, double deviation) {
        return random.doubles(ROUNDS)
                .map(unused -> mean + deviation * random.nextGaussian())
                .toArray();
    }
}
