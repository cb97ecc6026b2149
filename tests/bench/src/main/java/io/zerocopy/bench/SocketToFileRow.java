package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.cli.terminal.ByteSize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A TCP connection into a file: a new one, one that is overwritten, and one in memory.
 *
 * <p>None is flushed. A new file is gone before the kernel writes it back, and what is overwritten
 * is a single file for all, so that never more than two of them are dirty.
 */
final class SocketToFileRow implements TransferRow {
    private static final List<Method> JAVA =
            List.of(
                    Method.JDK_TRANSFER_FROM,
                    Method.COPY_256K,
                    Method.COPY_1M,
                    Method.ZC_TRANSFER_FROM);
    private static final List<String> NATIVE = List.of("splice_1m", "copy_2m", "zc_transfer");
    private static final String SOURCE = "tcp";

    @Override
    public String word() {
        return "socket-to-file";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        Workspace workspace = setting.workspace();
        long bytes = setting.options().transferBytes();
        String disk = workspace.fileSystemType();
        List<Scenario> scenarios = new ArrayList<>();
        scenarios.add(scenario("new file, " + disk, newFileIn(workspace.folder()), bytes));
        // Not the file that others send: its pages stay dirty.
        Path overwritten = workspace.folder().resolve("overwritten.bin");
        workspace.write(overwritten, bytes);
        scenarios.add(scenario("overwritten file, " + disk, "file " + overwritten, bytes));
        Optional<Path> memory = workspace.memoryFolder();
        if (memory.isPresent() && hasRoom(memory.get(), bytes)) {
            scenarios.add(scenario("new file, tmpfs", newFileIn(memory.get()), bytes));
        } else {
            setting.skip(
                    "row " + word() + ", a new file in memory",
                    "/dev/shm is no tmpfs with room for two transfers");
        }
        return scenarios;
    }

    private static String newFileIn(Path folder) {
        return "new-file " + folder.resolve("new.bin");
    }

    private static Scenario scenario(String name, String target, long bytes) {
        String title = "socket to " + name + ", " + new ByteSize(bytes);
        return Scenario.bulk(title, SOURCE, target, bytes, JAVA, NATIVE);
    }

    private static boolean hasRoom(Path folder, long bytes) throws BenchException {
        try {
            return Files.getFileStore(folder).getUsableSpace() > 2 * bytes;
        } catch (IOException e) {
            throw new BenchException("can't ask for the free space of " + folder, e);
        }
    }
}
