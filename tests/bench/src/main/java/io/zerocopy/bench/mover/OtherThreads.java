package io.zerocopy.bench.mover;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * CPU time of the threads of this process beside the calling one, from /proc/self/task.
 *
 * <p>The JVM tells the time of its process in hundredths of a second only. That of a thread which
 * runs at the moment is as of the last tick, 1 to 10 ms ago; those that sleep are exact.
 */
final class OtherThreads {
    private static final Path TASKS = Path.of("/proc/self/task");

    private OtherThreads() {}

    /** All that they have used so far. */
    static long cpuNanos() throws IOException {
        Path self = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
        List<Path> tasks;
        try (Stream<Path> all = Files.list(TASKS)) {
            tasks = all.filter(task -> !task.getFileName().equals(self)).toList();
        }
        long nanos = 0;
        for (Path task : tasks) {
            nanos += cpuNanos(task);
        }
        return nanos;
    }

    private static long cpuNanos(Path task) throws IOException {
        try {
            return Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]);
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }
}
