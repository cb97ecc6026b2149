package io.zerocopy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.cli.compare.SendMethod;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import picocli.CommandLine;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;

/** The whole command, with its child processes, on small files. */
class CompareCommandTest {
    private static final int METHODS = SendMethod.values().length;

    @TempDir Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void comparesSizesAndWritesTablesAndCharts() throws Exception {
        Path output = folder.resolve("out/put");
        assertEquals(
                0,
                run(
                        "compare",
                        "--sizes",
                        "1M,64KiB",
                        "--rounds",
                        "2",
                        "--output",
                        output.toString()),
                err::toString);

        for (SendMethod method : SendMethod.values()) {
            assertTrue(out.toString().contains(method.title()), out::toString);
        }
        assertTrue(out.toString().contains("1 MB, 2 rounds"), out::toString);
        assertTrue(out.toString().contains("64 KiB, 2 rounds"), out::toString);
        assertEquals(1 + 2 * METHODS, Files.readAllLines(output.resolve("compare.csv")).size());
        assertEquals(1 + 2 * 2 * METHODS, Files.readAllLines(output.resolve("rounds.csv")).size());
        for (String chart : List.of("transfer-time", "sender-cpu")) {
            assertIsDrawing(output.resolve(chart + ".png"));
            assertIsSvg(output.resolve(chart + ".svg"));
        }
        assertEquals(
                Set.of(
                        "compare.txt",
                        "compare.csv",
                        "rounds.csv",
                        "transfer-time.png",
                        "transfer-time.svg",
                        "sender-cpu.png",
                        "sender-cpu.svg"),
                namesIn(output));
    }

    @Test
    void sendsTheUsersFileAndLeavesItAlone() throws Exception {
        Path file = Files.writeString(folder.resolve("my, \"own\" file"), "content\n".repeat(1000));
        Path output = folder.resolve("output");
        assertEquals(
                0,
                run(
                        "compare",
                        "--file",
                        file.toString(),
                        "--rounds",
                        "1",
                        "--output",
                        output.toString()),
                err::toString);
        assertEquals("content\n".repeat(1000), Files.readString(file));
        List<String> csv = Files.readAllLines(output.resolve("compare.csv"));
        assertTrue(csv.get(1).startsWith("\"my, \"\"own\"\" file (8000 B)\",8000,"), csv.get(1));
        assertIsSvg(output.resolve("transfer-time.svg"));
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        assertFails(1, "is empty", "compare", "--file", empty.toString());
        assertFails(1, "is not a regular file", "compare", "--file", folder.toString());
        assertFails(1, "does not exist", "compare", "--file", folder.resolve("no").toString());
    }

    @Test
    void saysWhenTheDiskIsTooSmall() {
        Path output = folder.resolve("output");
        assertFails(
                1,
                "not enough room for a sample file of 4 TB",
                "compare",
                "--sizes",
                "4T",
                "--output",
                output.toString());
        assertEquals(Set.of(), namesIn(output));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--sizes=7X", "--sizes=0", "--rounds=-1", "--seconds=0", "--unknown"})
    void refusesABadOptionAndNamesIt(String option) {
        assertFails(
                2,
                option.substring(
                        0, option.indexOf('=') < 0 ? option.length() : option.indexOf('=')),
                "compare",
                option,
                "--output",
                folder.toString());
    }

    @Test
    void refusesSizesTogetherWithAFile() {
        assertFails(2, "mutually exclusive", "compare", "--sizes", "1M", "--file", "x");
    }

    @Test
    void showsItsVersionAndItsSubcommandsButNotTheHiddenOnes() {
        assertEquals(0, run("--version"));
        assertTrue(out.toString().startsWith("zerocopy-nio "), out::toString);
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("compare"), out::toString);
        assertFalse(out.toString().contains("send-marked"), out::toString);
    }

    private int run(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    private void assertFails(int status, String message, String... arguments) {
        assertEquals(status, run(arguments), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
        assertFalse(err.toString().contains("\tat "), err::toString);
    }

    /** A picture with more than one colour. */
    private static void assertIsDrawing(Path png) throws IOException {
        BufferedImage image = ImageIO.read(png.toFile());
        assertNotNull(image, png::toString);
        int[] pixels =
                image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        assertTrue(
                java.util.Arrays.stream(pixels).distinct().limit(10).count() == 10,
                "nothing is drawn in " + png);
    }

    private static void assertIsSvg(Path svg) throws Exception {
        assertEquals(
                "svg",
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(
                                new java.io.ByteArrayInputStream(
                                        Files.readString(svg)
                                                .replaceFirst("(?s)<!DOCTYPE.*?>", "")
                                                .getBytes()))
                        .getDocumentElement()
                        .getTagName());
    }

    private static Set<String> namesIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
