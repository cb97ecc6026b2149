package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.List;

/** A file into a pipe of the system's default size, which another process reads from. */
final class FileToPipeRow implements TransferRow {
    private static final List<Method> JAVA =
            List.of(Method.COPY_64K, Method.JDK_TRANSFER_TO, Method.ZC_TRANSFER_TO);
    private static final List<String> NATIVE = List.of("sendfile", "splice", "zc_transfer");

    @Override
    public String word() {
        return "file-to-pipe";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().transferBytes();
        String source = "file " + setting.workspace().data(bytes);
        String name = "file to pipe, " + new ByteSize(bytes);
        return List.of(Scenario.bulk(name, source, "pipe", bytes, JAVA, NATIVE));
    }
}
