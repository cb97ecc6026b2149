package io.zerocopy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * The folder of the reports, and all that must not stay behind: child processes, file systems,
 * network namespaces, files.
 */
public final class Workspace implements AutoCloseable {
    private static final int WRITE_BYTES = 1 << 20;

    /** Unmounting a file system writes back what is left of it. */
    private static final int RIG_SECONDS_MAX = 60;

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String NAME = "zerocopy-nio-bench";

    private final Path folder;
    private final List<Process> processes = new CopyOnWriteArrayList<>();
    private final Deque<Child> rigs = new ConcurrentLinkedDeque<>();

    /** What is deleted at the end, the last made first. */
    private final Deque<Path> temporary = new ConcurrentLinkedDeque<>();

    /** Programs make files and folders in it, so all that is in it is deleted. */
    private Path runtime;

    private final Thread cleaner = new Thread(this::clean, "clean-up");

    private Workspace(Path folder) {
        this.folder = folder;
    }

    /** The workspace whose reports go into this folder, which is made if it is not there. */
    public static Workspace in(Path folder) throws BenchException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BenchException("can't make the folder " + folder + ": " + e.getMessage(), e);
        }
        Workspace workspace = new Workspace(folder.toAbsolutePath());
        // For Ctrl-C; also after a failure nothing stays.
        Runtime.getRuntime().addShutdownHook(workspace.cleaner);
        return workspace;
    }

    /** That of the reports. */
    public Path folder() {
        return folder;
    }

    /** "ext4", for example. */
    String fileSystemType() throws BenchException {
        return fileSystemType(folder);
    }

    /** A new folder whose files are in memory, if the system has such. */
    public Optional<Path> memoryFolder() throws BenchException {
        if (!Files.isDirectory(MEMORY) || !fileSystemType(MEMORY).equals("tmpfs")) {
            return Optional.empty();
        }
        return Optional.of(temporaryFolder(MEMORY));
    }

    /** A folder for what programs need while they run, with a path that they can read. */
    public synchronized Path runtimeFolder() throws BenchException {
        if (runtime == null) {
            runtime = newFolder(Path.of(System.getProperty("java.io.tmpdir")));
        }
        return runtime;
    }

    /** A path for a UNIX socket: they have to be short. */
    Path socket() throws BenchException {
        Path socket =
                temporaryFolder(Path.of(System.getProperty("java.io.tmpdir"))).resolve("peer");
        temporary.push(socket);
        return socket;
    }

    /** The file that is sent, with at least so many bytes. */
    Path data(long bytes) throws BenchException {
        Path data = folder.resolve("data.bin");
        try {
            if (!temporary.contains(data) || Files.size(data) < bytes) {
                write(data, bytes);
            }
        } catch (IOException e) {
            throw new BenchException("can't look at " + data + ": " + e.getMessage(), e);
        }
        return data;
    }

    /** Writes a file. It is in the page cache then, with nothing left to write back. */
    public void write(Path path, long bytes) throws BenchException {
        SplittableRandom random = new SplittableRandom(bytes);
        ByteBuffer buffer = ByteBuffer.allocateDirect(WRITE_BYTES);
        while (buffer.hasRemaining()) {
            buffer.putLong(random.nextLong());
        }
        temporary.remove(path);
        temporary.push(path);
        try (FileChannel file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; ) {
                buffer.clear().limit((int) Math.min(WRITE_BYTES, left));
                left -= file.write(buffer);
            }
            file.force(true);
        } catch (IOException e) {
            throw new BenchException(
                    "can't write "
                            + bytes
                            + " bytes to "
                            + path
                            + ": "
                            + e.getMessage()
                            + "; choose another --output or a smaller --file-size",
                    e);
        }
    }

    /** Starts a process, which ends with the workspace at the latest. */
    public Process start(List<String> command) throws BenchException {
        Process process = spawn(command);
        processes.add(process);
        return process;
    }

    /** Starts what cleans up after itself when its input ends. Returns the first line it says. */
    String startRig(List<String> command) throws BenchException {
        Child rig = new Child(command.get(0), spawn(command));
        rigs.push(rig);
        return rig.next();
    }

    @Override
    public void close() {
        clean();
        Runtime.getRuntime().removeShutdownHook(cleaner);
    }

    private static Process spawn(List<String> command) throws BenchException {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new BenchException("can't start " + command.get(0) + ": " + e.getMessage(), e);
        }
    }

    private static String fileSystemType(Path folder) throws BenchException {
        try {
            return Files.getFileStore(folder).type();
        } catch (IOException e) {
            throw new BenchException("can't look at " + folder + ": " + e.getMessage(), e);
        }
    }

    private Path temporaryFolder(Path parent) throws BenchException {
        Path made = newFolder(parent);
        temporary.push(made);
        return made;
    }

    private static Path newFolder(Path parent) throws BenchException {
        try {
            return Files.createTempDirectory(parent, NAME);
        } catch (IOException e) {
            throw new BenchException("can't make a folder in " + parent, e);
        }
    }

    private void clean() {
        processes.forEach(
                process -> {
                    // strace would let go of its child and leave it running.
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                });
        // After those that use them; they go by themselves, and files in them with them.
        rigs.forEach(Workspace::finish);
        temporary.forEach(Workspace::delete);
        delete(folder.resolve("new.bin"));
        deleteRuntimeFolder();
    }

    private synchronized void deleteRuntimeFolder() {
        if (runtime == null) {
            return;
        }
        try (Stream<Path> all = Files.walk(runtime)) {
            all.sorted(Comparator.reverseOrder()).forEach(Workspace::delete);
        } catch (IOException e) {
            System.err.println("can't look at " + runtime + ": " + e.getMessage());
        }
    }

    private static void finish(Child rig) {
        try {
            if (!rig.finish(RIG_SECONDS_MAX)) {
                System.err.println("a script of tests/rig does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            System.err.println("can't delete " + path + ": " + e.getMessage());
        }
    }
}
