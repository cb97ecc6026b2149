package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.mover.Method;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goal: every row that this machine can measure is measured, by all of its contenders, and all that
 * a run leaves is there. Method: the real processes in as few and as short transfers as possible;
 * what the times are nobody asks.
 */
class MainTest {
    private static final List<String> PROXIES = List.of("relay-bulk", "relay-ping", "relay-many");

    private static final List<String> SHORT =
            List.of("--bytes=64", "--file-size=64Ki", "--transfer-size=1Mi", "--no-strace");

    @TempDir private Path folder;

    @Test
    void everyRowIsMeasuredByAllItsContenders() throws BenchException, IOException {
        List<String> arguments = new ArrayList<>(SHORT);
        List<Row> rows = List.copyOf(TransferRow.all());
        arguments.addAll(List.of("--rounds=3", "--output=" + folder, "--rows=" + words(rows)));
        Main.run(arguments.toArray(String[]::new));

        String report = Files.readString(folder.resolve("bench.md"));
        for (Row row : rows) {
            boolean isLeftOut = report.contains("left out: row " + row.word() + ":");
            boolean hasCharts = Files.exists(folder.resolve(row.word() + "-cpu.svg"));
            assertTrue(isLeftOut != hasCharts, row.word() + " in\n" + report);
        }
        if (!report.contains("left out")) {
            for (Method method : Method.values()) {
                assertTrue(report.contains(": " + method.title() + " |"), method.title());
            }
        }
        assertFalse(report.contains("not complete"), report);
        assertEquals(3, roundsOf("C: zc_transfer", "\"file to pipe, 1 MiB\""));
        assertNothingIsLeftBehind();
    }

    /** But for the one in which each round takes a second: HttpRelayRowTest has that. */
    @Test
    void proxiesAreMeasuredByTheRoundAndTold() throws BenchException, IOException {
        List<Row> rows = Row.ALL.stream().filter(row -> PROXIES.contains(row.word())).toList();
        Main.run(
                "--rows=" + words(rows),
                "--rounds=3",
                "--relay-size=1Mi",
                "--exchanges=20",
                "--relays=200",
                "--output=" + folder);

        String report = Files.readString(folder.resolve("bench.md"));
        assertFalse(report.contains("not complete"), report);
        for (Row row : rows) {
            assertTrue(Files.exists(folder.resolve(row.word() + "-cpu.svg")), row.word());
        }
        for (String contender : List.of("RelayEngine, 1 thread", "HAProxy, at its best")) {
            boolean isLeftOut = report.contains("left out: " + contender);
            int told = 3 * (3 * 2 + 2 * 3);
            assertEquals(isLeftOut ? 0 : told, figuresOf(contender), report);
        }
        assertTrue(report.contains("bytes for each of the 100 relays that rest"), report);
        assertNothingIsLeftBehind();
    }

    @Test
    void aDocumentWithoutMarksIsRefusedBeforeAnythingRuns() throws IOException {
        Path document = Files.writeString(folder.resolve("document.md"), "No marks.\n");
        assertThrows(BenchException.class, () -> Main.run("--docs=" + document));
        assertEquals("No marks.\n", Files.readString(document));
    }

    private static String words(List<Row> rows) {
        return rows.stream().map(Row::word).collect(Collectors.joining(","));
    }

    /** Of each round each figure is a line, and has to be a number above 0. */
    private long figuresOf(String contender) throws IOException {
        try (Stream<String> figures = Files.lines(folder.resolve("figures.csv"))) {
            return figures.filter(line -> line.contains(",\"" + contender + "\","))
                    .map(line -> line.substring(line.lastIndexOf(',') + 1))
                    .filter(value -> Double.parseDouble(value) > 0)
                    .count();
        }
    }

    private long roundsOf(String contender, String scenario) throws IOException {
        try (Stream<String> samples = Files.lines(folder.resolve("samples.csv"))) {
            return samples.filter(line -> line.startsWith(scenario))
                    .filter(line -> line.contains("," + contender + ","))
                    .count();
        }
    }

    /** No image, no file system, no data. */
    private void assertNothingIsLeftBehind() throws IOException {
        Pattern report = Pattern.compile(".*\\.(md|csv|png|svg)");
        try (Stream<Path> files = Files.list(folder)) {
            List<String> others =
                    files.map(file -> report.matcher(file.getFileName().toString()))
                            .filter(matcher -> !matcher.matches())
                            .map(Matcher::toString)
                            .toList();
            assertEquals(List.of(), others);
        }
    }
}
