package io.zerocopy.relay;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** The threads of engines in this process, native ones too, which the JVM knows nothing of. */
final class EngineThreads {
    private static final Path TASKS = Path.of("/proc/self/task");

    private EngineThreads() {}

    /** Their numbers. */
    static Set<String> running() throws IOException {
        Set<String> running = new TreeSet<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                if (isOfAnEngine(task)) {
                    running.add(task.getFileName().toString());
                }
            }
        }
        return running;
    }

    private static boolean isOfAnEngine(Path task) throws IOException {
        try {
            // The kernel keeps the first 15 characters.
            String name = Files.readString(task.resolve("comm"));
            return name.startsWith("zc-relays") || name.startsWith("zerocopy-nio-re");
        } catch (NoSuchFileException e) {
            // It has ended since the folder was read.
            return false;
        }
    }
}
