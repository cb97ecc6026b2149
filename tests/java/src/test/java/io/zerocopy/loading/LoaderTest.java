package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goal: the native library is found where it should be, leaves nothing behind, and where it can't
 * be loaded the cause says what to do and every transfer works all the same.
 *
 * <p>Method: a child JVM for each way of loading makes transfers and reports.
 */
class LoaderTest {
    private static final String LIBRARY_PATH = "io.zerocopy.library.path";
    private static final String TEMPORARY_FOLDER = "io.zerocopy.tmpdir";

    @TempDir Path folder;

    /** Files that are no library, as they are left by a broken copy or a wrong setting. */
    enum Corruption {
        EMPTY,
        TEXT,
        HEADER_ONLY,
        TRUNCATED,
        OTHER_MACHINE;

        byte[] of(byte[] library) {
            switch (this) {
                case EMPTY:
                    return new byte[0];
                case TEXT:
                    return "not a library\n".repeat(1000).getBytes(StandardCharsets.UTF_8);
                case HEADER_ONLY:
                    return Arrays.copyOf(library, 64);
                case TRUNCATED:
                    return Arrays.copyOf(library, library.length / 4);
                default:
                    byte[] changed = library.clone();
                    // The field e_machine of the ELF header; 8 is MIPS.
                    changed[18] = 8;
                    changed[19] = 0;
                    return changed;
            }
        }
    }

    @Test
    void anExplicitPathThatIsWrongIsTheOnlyOneTried() throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        LibraryFile.extractTo(elsewhere);
        Path wrong = folder.resolve("no-such-library.so");
        ChildJvm.Result result =
                ChildJvm.of(Report.class)
                        .property(LIBRARY_PATH, wrong)
                        .property("java.library.path", elsewhere)
                        .run();
        assertFallsBack(result);
        assertContains(result.value("cause"), "UnsatisfiedLinkError", wrong.toString());
        assertContains(result.value("cause"), "-D" + LIBRARY_PATH, "correct the path");
    }

    @ParameterizedTest
    @EnumSource(Corruption.class)
    void aFileThatIsNoLibraryIsACauseAndNoCrash(Corruption corruption) throws Exception {
        Path file = LibraryFile.extractTo(folder);
        Files.write(file, corruption.of(Files.readAllBytes(file)));
        ChildJvm.Result result = ChildJvm.of(Report.class).property(LIBRARY_PATH, file).run();
        assertFallsBack(result);
        assertContains(result.value("cause"), file.toString(), "-D" + LIBRARY_PATH);
    }

    @Test
    void anExplicitPathThatIsRightIsUsed() throws Exception {
        Path file = LibraryFile.extractTo(folder);
        try (ChildJvm.Running child =
                waiting(ChildJvm.of(Report.class).property(LIBRARY_PATH, file))) {
            assertEquals(List.of(file.toString()), mappedLibraries(child));
        }
    }

    @Test
    void theLibraryPathOfTheJvmComesBeforeTheJar() throws Exception {
        Path file = LibraryFile.extractTo(folder);
        ChildJvm jvm =
                ChildJvm.of(Report.class)
                        .property("java.library.path", folder)
                        .property(TEMPORARY_FOLDER, folder.resolve("no-such-folder"));
        try (ChildJvm.Running child = waiting(jvm)) {
            assertEquals(List.of(file.toString()), mappedLibraries(child));
        }
    }

    @Test
    void extractionLeavesNothingBehindEvenWhenTheJvmIsKilled() throws Exception {
        ChildJvm jvm = ChildJvm.of(Report.class).property(TEMPORARY_FOLDER, folder);
        String first;
        try (ChildJvm.Running child = waiting(jvm)) {
            assertEquals(List.of(), content(folder));
            first = onlyLibraryOf(child);
            child.kill();
        }
        assertEquals(List.of(), content(folder));
        try (ChildJvm.Running child = waiting(jvm)) {
            assertNotEquals(first, onlyLibraryOf(child), "the name can be foretold");
        }
        assertEquals(List.of(), content(folder));
    }

    @Test
    void theExtractedFileIsForItsOwnerOnly() throws Exception {
        ChildJvm jvm = ChildJvm.of(Report.class).property(TEMPORARY_FOLDER, folder);
        try (ChildJvm.Running child = waiting(jvm)) {
            String range = mappings(child).get(0).split(" ")[0].replaceAll("\\b0+(?=\\w)", "");
            Path file = Path.of("/proc/" + child.pid() + "/map_files/" + range);
            // The file has no name any more, so this is the only way to it.
            assumeTrue(Files.isReadable(file), "only root may follow " + file);
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    @Test
    void aFolderWithoutExecutionIsACauseThatNamesTheProperty() throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(Report.class)
                        .under(mounting(folder, "noexec"))
                        .property(TEMPORARY_FOLDER, folder)
                        .run();
        assertFallsBack(result);
        assertContains(result.value("cause"), folder.toString(), "noexec");
        assertContains(result.value("cause"), "-D" + TEMPORARY_FOLDER);
        assertEquals(1, result.warnings().size(), result::toString);
    }

    /** Shows that it is the mount option that the test above sees. */
    @Test
    void aMountedFolderWithExecutionIsUsed() throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(Report.class)
                        .under(mounting(folder, "exec"))
                        .property(TEMPORARY_FOLDER, folder)
                        .run();
        assertEquals("true", result.value("available"), result::toString);
    }

    @Test
    void aFullFolderIsACauseThatNamesTheProperty() throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(Report.class)
                        .under(mounting(folder, "size=64k"))
                        .property(TEMPORARY_FOLDER, folder)
                        .run();
        assertFallsBack(result);
        assertContains(result.value("cause"), folder.toString(), "-D" + TEMPORARY_FOLDER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-folder", "a-file"})
    void aFolderThatIsNoneIsACauseThatNamesTheProperty(String name) throws Exception {
        Files.createFile(folder.resolve("a-file"));
        Path wrong = folder.resolve(name);
        ChildJvm.Result result = ChildJvm.of(Report.class).property(TEMPORARY_FOLDER, wrong).run();
        assertFallsBack(result);
        assertContains(result.value("cause"), wrong.toString(), "-D" + TEMPORARY_FOLDER);
    }

    @Test
    void theFirstUseOnAnInterruptedThreadLoadsItToo() throws Exception {
        ChildJvm.Result result = ChildJvm.of(InterruptedProgram.class).run();
        assertEquals("true", result.value("available.interrupted"), result::toString);
        assertEquals("true", result.value("stillInterrupted"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertEquals("", result.err());
    }

    @Test
    void aLibraryOfAnotherVersionIsNotUsed() throws Exception {
        Path changed = Files.createDirectories(folder.resolve("io/zerocopy/internal/core"));
        Files.writeString(changed.resolve("version.properties"), "version=99.1.2\n");
        ChildJvm.Result result = ChildJvm.of(Report.class).firstOnClassPath(folder).run();
        assertFallsBack(result);
        assertEquals("99.1.2", result.value("version"));
        assertContains(result.value("cause"), "99.1.2", "-D" + LIBRARY_PATH);
        String own = ChildJvm.of(Report.class).run().value("version");
        assertContains(result.value("cause"), own);
    }

    private static void assertFallsBack(ChildJvm.Result result) {
        assertEquals("false", result.value("available"), result::toString);
        assertEquals("true", result.value("small"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertEquals(0, result.number("SENDFILE.bytes"), result::toString);
        assertContains(result.value("ensured"), "UnsatisfiedLinkError");
        assertFalse(result.value("ensured").contains("no cause"), result::toString);
        String message = result.value("cause").replaceFirst("^[^:]*: ", "");
        assertContains(result.value("ensured"), message);
        assertContains(result.value("SENDFILE.unusable"), "not loaded", message);
        assertTrue(
                result.err().contains("zerocopy-nio runs without its native core"),
                result::toString);
    }

    private static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> "no \"" + part + "\" in \"" + text + "\"");
        }
    }

    private static ChildJvm.Running waiting(ChildJvm jvm) throws Exception {
        ChildJvm.Running child = jvm.argument("wait").start();
        child.awaitLine("available=true");
        child.awaitLine("waiting");
        return child;
    }

    private String onlyLibraryOf(ChildJvm.Running child) throws IOException {
        List<String> libraries = mappedLibraries(child);
        assertEquals(1, libraries.size(), libraries::toString);
        assertTrue(libraries.get(0).startsWith(folder + "/"), libraries::toString);
        assertTrue(libraries.get(0).endsWith(" (deleted)"), libraries::toString);
        return libraries.get(0);
    }

    /** The files of the library that the child has in its memory, without their paths' spaces. */
    private static List<String> mappedLibraries(ChildJvm.Running child) throws IOException {
        return mappings(child).stream()
                .map(line -> line.replaceFirst("^(\\S+\\s+){5}", ""))
                .distinct()
                .collect(Collectors.toList());
    }

    private static List<String> mappings(ChildJvm.Running child) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + child.pid() + "/maps")).stream()
                .filter(line -> line.contains("zerocopy_nio") && line.contains(".so"))
                .collect(Collectors.toList());
    }

    private static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                    .collect(Collectors.toList());
        }
    }

    /** A command that mounts a file system for one process and its children only. */
    private static List<String> mounting(Path folder, String option) throws Exception {
        String script = "mount -t tmpfs -o " + option + " tmpfs '" + folder + "' && exec \"$@\"";
        for (String how : new String[] {"--mount", "--mount --map-root-user"}) {
            List<String> command =
                    Stream.concat(
                                    Stream.concat(
                                            Stream.of("unshare"), Arrays.stream(how.split(" "))),
                                    Stream.of("sh", "-c", script, "sh"))
                            .collect(Collectors.toList());
            List<String> trial =
                    Stream.concat(command.stream(), Stream.of("true")).collect(Collectors.toList());
            if (Command.succeeds(trial)) {
                return command;
            }
        }
        assumeTrue(false, "mounting is not allowed here, not even in a namespace");
        return List.of();
    }
}
