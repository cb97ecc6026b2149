package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.List;

/** A file into a new file beside it, on the file system of the folder. */
final class FileToFileRow implements TransferRow {
    /** Also those of {@link ReflinkRow}. */
    static final List<Method> JAVA =
            List.of(
                    Method.COPY_256K,
                    Method.JDK_TRANSFER_TO,
                    Method.ZC_TRANSFER_TO,
                    Method.ZC_TRANSFER);

    static final List<String> NATIVE = List.of("copy_file_range", "zc_transfer");

    @Override
    public String word() {
        return "file-to-file";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        Workspace workspace = setting.workspace();
        long bytes = setting.options().transferBytes();
        String name = "file to file, " + workspace.fileSystemType() + ", " + new ByteSize(bytes);
        String source = "file " + workspace.data(bytes);
        String target = "new-file " + workspace.folder().resolve("new.bin");
        return List.of(Scenario.bulk(name, source, target, bytes, JAVA, NATIVE));
    }
}
