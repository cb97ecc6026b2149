package io.zerocopy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

/** The folder of the reports, and all that must not stay behind: child processes, the data file. */
final class Workspace implements AutoCloseable {
    private static final int WRITE_BYTES = 1 << 20;

    private final Path folder;
    private final Path data;
    private final List<Process> processes = new CopyOnWriteArrayList<>();
    private final Thread cleaner = new Thread(this::clean, "clean-up");

    private Workspace(Path folder) {
        this.folder = folder;
        this.data = folder.resolve("data.bin");
    }

    static Workspace in(Path folder) throws BenchException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BenchException("can't make the folder " + folder + ": " + e.getMessage(), e);
        }
        Workspace workspace = new Workspace(folder);
        // For Ctrl-C; also after a failure nothing stays.
        Runtime.getRuntime().addShutdownHook(workspace.cleaner);
        return workspace;
    }

    Path folder() {
        return folder;
    }

    Path data() {
        return data;
    }

    /**
     * Writes the file that is sent. It is in the page cache then, with nothing left to write back.
     */
    void makeData(long bytes) throws BenchException {
        SplittableRandom random = new SplittableRandom(bytes);
        ByteBuffer buffer = ByteBuffer.allocateDirect(WRITE_BYTES);
        while (buffer.hasRemaining()) {
            buffer.putLong(random.nextLong());
        }
        try (FileChannel file =
                FileChannel.open(
                        data,
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
                            + data
                            + ": "
                            + e.getMessage()
                            + "; choose another --output or a smaller --file-size",
                    e);
        }
    }

    Process start(List<String> command) throws BenchException {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            processes.add(process);
            return process;
        } catch (IOException e) {
            throw new BenchException("can't start " + command.get(0) + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        clean();
        Runtime.getRuntime().removeShutdownHook(cleaner);
    }

    private void clean() {
        processes.forEach(
                process -> {
                    // strace would let go of its child and leave it running.
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                });
        try {
            Files.deleteIfExists(data);
        } catch (IOException e) {
            System.err.println("can't delete " + data + ": " + e.getMessage());
        }
    }
}
