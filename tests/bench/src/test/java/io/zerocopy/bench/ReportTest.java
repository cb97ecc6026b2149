package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.mover.Sample;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Goal: machine, settings, medians, intervals and verdicts are in both reports, and what was left
 * out can't be overlooked. Method: an outcome without any spread, of which all figures are known.
 */
class ReportTest {
    private static final List<String> MACHINE = List.of("processor: one");
    private static final long BYTES = 1 << 20;

    @TempDir private Path folder;

    @Test
    void aReportOfItsOwnSaysWhatWasLeftOutAndHowToReadIt() throws BenchException {
        String report =
                report("--rounds=31")
                        .whole(MACHINE, outcomes(31), List.of(), List.of("row x: why"));
        assertTrue(report.startsWith("# Benchmark of zerocopy-nio\n"), report);
        assertTrue(report.contains("\n- **left out: row x: why**\n"), report);
        assertTrue(report.contains("\n## file to nowhere\n"), report);
        assertTrue(report.contains("\nMedians. "), report);
    }

    @Test
    void aPartOfADocumentHasMachineSettingsAndFiguresOnly() throws BenchException {
        String report =
                report("--rounds=31", "--bytes=64,4Ki").part(MACHINE, outcomes(31), List.of());
        assertTrue(report.startsWith("- processor: one\n- 31 rounds, "), report);
        assertTrue(
                report.contains(
                        "\n- sizes: small transfers of 64 B, 4 KiB; the bulk and the cold one of"
                                + " 1 GiB; through proxies 512 MiB; all others of 256 MiB\n"),
                report);
        assertTrue(report.contains("\n### file to nowhere\n"), report);
        assertFalse(report.contains("Medians"), report);
        assertEquals(1, report.lines().filter(line -> line.startsWith("#")).count());
    }

    @Test
    void theVerdictStandsBehindRatioAndInterval() throws BenchException {
        String ratios = "| zc | anchor | 2.00 [2.00, 2.00] better | 0.50 [0.50, 0.50] better |";
        String report = report("--rounds=31").part(MACHINE, outcomes(31), List.of());
        assertTrue(report.lines().anyMatch(ratios::equals), report);
    }

    @Test
    void fewRoundsHaveNoVerdict() throws BenchException {
        String report = report("--rounds=30").part(MACHINE, outcomes(30), List.of());
        assertTrue(report.contains("| 2.00 [2.00, 2.00] | 0.50 [0.50, 0.50] |"), report);
        assertTrue(report.contains("fewer than 31 rounds"), report);
    }

    private Report report(String... options) throws BenchException {
        try (Workspace workspace = Workspace.in(folder)) {
            return new Report(Options.parse(options), new SystemCallCounter(workspace));
        }
    }

    /** Ours takes half the time of the anchor. */
    private static List<Outcome> outcomes(int rounds) {
        Scenario scenario =
                Scenario.bulk("file to nowhere", "file a", "pipe", BYTES, List.of(), List.of());
        Map<Contender, List<Sample>> samples = new LinkedHashMap<>();
        samples.put(contender("zc", true), Collections.nCopies(rounds, sample(BYTES)));
        samples.put(contender("anchor", false), Collections.nCopies(rounds, sample(2 * BYTES)));
        return List.of(new Outcome(scenario, samples));
    }

    private static Contender contender(String title, boolean isOurs) {
        return new Contender(null, title, title, true, isOurs);
    }

    private static Sample sample(long nanos) {
        return new Sample(nanos, nanos, nanos, 0, 0);
    }
}
