package io.zerocopy.observing;

import java.nio.file.Files;
import java.nio.file.Path;

/** The files of the project, which some tests compare with what the library does. */
public final class ProjectFiles {
    private ProjectFiles() {}

    /** The top of the project: tests run in some folder below it. */
    public static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("settings.gradle"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new AssertionError("the tests do not run inside of the project");
            }
        }
        return folder;
    }
}
