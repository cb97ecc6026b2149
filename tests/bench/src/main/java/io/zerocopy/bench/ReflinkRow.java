package io.zerocopy.bench;

import io.zerocopy.cli.terminal.ByteSize;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A file into a new one where the file system can share blocks: two sizes, the same time. */
final class ReflinkRow implements TransferRow {
    private static final String FILE_SYSTEM = "xfs";

    /** The lesser size is so many times less. */
    private static final int SIZES_RATIO = 4;

    /** Xfs refuses to be smaller than 300 MiB, and its log is not for files. */
    private static final long OVERHEAD_BYTES = 400L << 20;

    @Override
    public String word() {
        return "reflink";
    }

    @Override
    public List<Tool> tools() {
        return LoopFileSystem.tools(Tool.MKFS_XFS);
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().transferBytes();
        LoopFileSystem request =
                new LoopFileSystem(FILE_SYSTEM, "reflink", 2 * bytes + OVERHEAD_BYTES);
        Optional<Path> folder = request.mount(setting, word());
        if (folder.isEmpty()) {
            return List.of();
        }
        List<Scenario> scenarios = new ArrayList<>();
        for (long size : new long[] {bytes / SIZES_RATIO, bytes}) {
            Path file = folder.get().resolve("data-" + size);
            setting.workspace().write(file, size);
            String name = "file to file, " + FILE_SYSTEM + ", " + new ByteSize(size);
            String target = "new-file " + folder.get().resolve("new.bin");
            scenarios.add(
                    Scenario.bulk(
                            name,
                            "file " + file,
                            target,
                            size,
                            FileToFileRow.JAVA,
                            FileToFileRow.NATIVE));
        }
        return scenarios;
    }
}
