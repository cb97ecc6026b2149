package io.zerocopy.cli.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** Owns what has to go when the run ends, by Ctrl-C too: sample files and child processes. */
final class Workspace implements AutoCloseable {
    private final Path folder;
    private final List<Process> children = new CopyOnWriteArrayList<>();
    private final Thread hook = new Thread(this::release, "compare clean-up");
    private volatile boolean released;

    private Workspace(Path folder) {
        this.folder = folder;
    }

    static Workspace open(Path output) throws IOException {
        Files.createDirectories(output);
        Workspace workspace = new Workspace(Files.createTempDirectory(output, "files-"));
        Runtime.getRuntime().addShutdownHook(workspace.hook);
        return workspace;
    }

    /** For files that live only as long as the workspace. */
    Path folder() {
        return folder;
    }

    Process start(ProcessBuilder builder) throws IOException {
        Process child = builder.start();
        children.add(child);
        if (released) {
            kill(child);
        }
        return child;
    }

    /** Grandchildren first: a traced process would run on without its tracer. */
    static void kill(Process child) {
        child.descendants().forEach(ProcessHandle::destroyForcibly);
        child.destroyForcibly();
    }

    @Override
    public void close() {
        release();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is what runs now.
        }
    }

    private void release() {
        released = true;
        children.forEach(Workspace::kill);
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(Workspace::delete);
        } catch (IOException | UncheckedIOException leftover) {
            if (Files.exists(folder)) {
                System.err.println("could not delete " + folder + ": " + leftover.getMessage());
            }
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
