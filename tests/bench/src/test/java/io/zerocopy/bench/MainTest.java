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
import java.util.stream.Stream;

/**
 * Goal: every row that this machine can measure is measured, by all of its contenders, and all that
 * a run leaves is there. Method: the real processes in as few and as short transfers as possible;
 * what the times are nobody asks.
 */
class MainTest {
    private static final List<String> SHORT =
            List.of("--bytes=64", "--file-size=64Ki", "--transfer-size=1Mi", "--no-strace");

    @TempDir private Path folder;

    @Test
    void everyRowIsMeasuredByAllItsContenders() throws BenchException, IOException {
        List<String> arguments = new ArrayList<>(SHORT);
        arguments.addAll(List.of("--rounds=3", "--output=" + folder));
        Main.run(arguments.toArray(String[]::new));

        String report = Files.readString(folder.resolve("bench.md"));
        for (Row row : Row.ALL) {
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

    @Test
    void aDocumentWithoutMarksIsRefusedBeforeAnythingRuns() throws IOException {
        Path document = Files.writeString(folder.resolve("document.md"), "No marks.\n");
        assertThrows(BenchException.class, () -> Main.run("--docs=" + document));
        assertEquals("No marks.\n", Files.readString(document));
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
