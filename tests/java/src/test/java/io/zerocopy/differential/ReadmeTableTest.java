package io.zerocopy.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zerocopy.observing.ProjectFiles;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Users read of the same differences that the suite allows: the README's table has each once. */
class ReadmeTableTest {
    private static final String HEAD = "| difference |";

    @Test
    void hasEveryNamedDifference() throws IOException {
        List<String> rows =
                Files.readAllLines(ProjectFiles.root().resolve("README.md")).stream()
                        .dropWhile(line -> !line.startsWith(HEAD))
                        .skip(2)
                        .takeWhile(line -> line.startsWith("|"))
                        .map(line -> line.split("\\|")[1].trim())
                        .collect(Collectors.toList());
        List<String> expected =
                Arrays.stream(NamedDifference.values())
                        .map(NamedDifference::inReadme)
                        .collect(Collectors.toList());
        assertEquals(expected, rows);
    }
}
