package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a script of tests/rig says; echo stands for the script. */
class SettingTest {
    @TempDir private Path folder;

    @Test
    void readyComesWithWhatThereIsToKnow() throws BenchException {
        try (Workspace workspace = Workspace.in(folder)) {
            Setting setting = setting(workspace);
            assertEquals(Optional.of(List.of("a", "b")), says(setting, "ready a b"));
            assertEquals(List.of(), setting.skipped());
        }
    }

    @Test
    void skipIsRememberedWithItsReason() throws BenchException {
        try (Workspace workspace = Workspace.in(folder)) {
            Setting setting = setting(workspace);
            assertTrue(says(setting, "skip not root").isEmpty());
            assertEquals(List.of("this: not root"), setting.skipped());
        }
    }

    @Test
    void anythingElseIsAFailure() throws BenchException {
        try (Workspace workspace = Workspace.in(folder)) {
            Setting setting = setting(workspace);
            assertThrows(BenchException.class, () -> says(setting, "hello"));
            assertThrows(BenchException.class, () -> setting.startRig("this", List.of("true")));
        }
    }

    private static Setting setting(Workspace workspace) throws BenchException {
        return new Setting(Options.parse(new String[0]), workspace);
    }

    private static Optional<List<String>> says(Setting setting, String answer)
            throws BenchException {
        return setting.startRig("this", List.of("echo", answer));
    }
}
