package io.zerocopy.bench.relay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Options;
import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Verdict;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;

/**
 * Goal: what is ours is compared with all others, each figure in its own direction, and told.
 * Method: rounds of a proxy that is twice as fast as another one and takes half of its time.
 */
class FiguresTest {
    private static final Figures.Subject OURS = new Figures.Subject("ours, new", true, false);
    private static final Figures.Subject THEIRS = new Figures.Subject("theirs", false, true);

    private final Figures figures =
            new Figures(
                    "relay, any",
                    List.of(Figure.REQUESTS_PER_SECOND, Figure.CPU_PER_REQUEST),
                    List.of("A note."));

    @BeforeEach
    void measure() {
        figures.expect(List.of(OURS, THEIRS));
        for (int round = 0; round < 31; round++) {
            // Whoever comes first in a round.
            figures.add(THEIRS, 1000 + round, 400_000 + round);
            figures.add(OURS, 2000 + 2 * round, 200_000 + round);
        }
    }

    @Test
    void figuresStayInTheOrderOfTheRounds() {
        double[] values = figures.values(OURS, Figure.REQUESTS_PER_SECOND);
        assertEquals(31, values.length);
        assertArrayEquals(new double[] {2000, 2002}, new double[] {values[0], values[1]});
        assertEquals(List.of(OURS, THEIRS), figures.subjects());
    }

    @Test
    void aRoundHasEveryFigure() {
        assertThrows(IllegalArgumentException.class, () -> figures.add(OURS, 1));
    }

    @Test
    void moreIsBetterOfTheOneAndLessOfTheOther() {
        List<Figures.Comparison> comparisons = figures.comparisons(new Bootstrap(1));
        assertEquals(1, comparisons.size());
        Figures.Comparison only = comparisons.get(0);
        assertEquals(OURS, only.ours());
        assertEquals(THEIRS, only.theirs());
        assertEquals(2, only.ratios().get(0).value(), 1e-9);
        assertEquals(0.5, only.ratios().get(1).value(), 1e-3);
        only.ratios().forEach(ratio -> assertEquals(Verdict.BETTER, ratio.verdict()));
    }

    @Test
    void theReportHasFiguresRatiosAndVerdicts() throws BenchException {
        String section = report("--rounds=31").section("##", figures);
        assertTrue(section.contains("## relay, any\n\nA note. "), section);
        assertTrue(
                section.contains(
                        "| contender | requests/s (p10-p90) | CPU per request (p10-p90) |"),
                section);
        assertTrue(section.contains("| ours, new | 2030 (2006-2054) | 200 µs ("), section);
        assertTrue(section.contains("| ours, new | theirs | 2.00 [2.00, 2.00] better |"), section);
        assertFalse(report("--rounds=30").section("##", figures).contains("better |"));
    }

    @Test
    void programsGetALineForEachFigureOfEachRound() throws BenchException {
        List<String> samples = FigureReport.samples(List.of(figures)).lines().toList();
        assertEquals(1 + 2 * 2 * 31, samples.size());
        assertEquals("\"relay, any\",\"ours, new\",1,requests/s,2000.0", samples.get(1));
        String ratios = report("--rounds=31").ratiosForPrograms(List.of(figures));
        assertTrue(
                ratios.startsWith("\"relay, any\",\"ours, new\",theirs,requests/s,2.0000,"),
                ratios);
    }

    private static FigureReport report(String... options) throws BenchException {
        return new FigureReport(Options.parse(options));
    }
}
