package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Goal: what is missing costs the rows that need it, and the message names row and package. Method:
 * systems that lack one thing each.
 */
class RequirementsTest {
    private static final Path ANYWHERE = Path.of("/usr/bin/tool");

    @TempDir private Path folder;

    @Test
    void whereNothingLacksEveryRowIsMeasured() throws BenchException {
        assertEquals(new Lacking(Row.ALL, List.of()), lacking(true, Set.of()));
    }

    @Test
    void withoutXfsTheReflinkRowIsLeftOutAndThePackageIsNamed() throws BenchException {
        assertEquals(
                new Lacking(
                        without("reflink"),
                        List.of(
                                "row reflink: mkfs.xfs is not installed: it is in the package"
                                        + " xfsprogs")),
                lacking(true, Set.of(Tool.MKFS_XFS)));
    }

    @Test
    void aReasonForEachThingThatLacks() throws BenchException {
        Lacking lacking = lacking(true, Set.of(Tool.MKFS_XFS, Tool.LOSETUP));
        assertEquals(without("reflink", "cold"), lacking.met());
        assertTrue(lacking.skipped().get(0).contains("xfsprogs; losetup"), lacking.toString());
    }

    @Test
    void withoutStraceAllRowsAreMeasuredAndTheirSystemCallsAreNot() throws BenchException {
        assertEquals(
                new Lacking(
                        Row.ALL,
                        List.of(
                                "system calls of all rows: strace is not installed: it is in the"
                                        + " package strace")),
                lacking(true, Set.of(Tool.STRACE)));
    }

    @Test
    void whoIsNotRootCanNeitherMountNorMakeNetworks() throws BenchException {
        Lacking lacking = lacking(false, Set.of());
        assertEquals(without("reflink", "cold", "zerocopy-send"), lacking.met());
        assertEquals(3, lacking.skipped().size());
        assertTrue(lacking.skipped().get(0).contains("only root"), lacking.toString());
    }

    @Test
    void aToolIsFoundByThePathOfCommands() {
        assertTrue(Files.isExecutable(new Tool("sh", "dash").find().orElseThrow()));
        assertEquals(Optional.empty(), new Tool("no-such-program", "none").find());
    }

    private record Lacking(List<Row> met, List<String> skipped) {}

    private Lacking lacking(boolean isRoot, Set<Tool> missing) throws BenchException {
        Requirements requirements =
                new Requirements(
                        isRoot,
                        tool -> missing.contains(tool) ? Optional.empty() : Optional.of(ANYWHERE));
        try (Workspace workspace = Workspace.in(folder)) {
            Setting setting = new Setting(Options.parse(new String[0]), workspace);
            return new Lacking(requirements.met(Row.ALL, setting), setting.skipped());
        }
    }

    private static List<Row> without(String... words) {
        List<Row> rows = new ArrayList<>(Row.ALL);
        rows.removeIf(row -> List.of(words).contains(row.word()));
        return rows;
    }
}
