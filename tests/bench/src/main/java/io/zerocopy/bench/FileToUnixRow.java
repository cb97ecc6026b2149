package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.List;

/**
 * A file into a UNIX stream socket: as it comes, and with a buffer that zero copy needs.
 *
 * <p>With the default buffer the library copies, which is faster than sendfile and costs more
 * processor time; who wants it the other way round forces sendfile.
 */
final class FileToUnixRow implements TransferRow {
    private static final List<Method> JAVA =
            List.of(
                    Method.COPY_64K,
                    Method.COPY_256K,
                    Method.JDK_TRANSFER_TO,
                    Method.ZC_TRANSFER_TO,
                    Method.ZC_SENDFILE);
    private static final List<String> NATIVE = List.of("sendfile", "copy_256k", "zc_transfer");
    private static final int LARGE_BUFFER_BYTES = 4 << 20;

    @Override
    public String word() {
        return "file-to-unix";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().transferBytes();
        String source = "file " + setting.workspace().data(bytes);
        return List.of(
                scenario("default buffer", source, 0, bytes),
                scenario("SO_SNDBUF 4 MiB", source, LARGE_BUFFER_BYTES, bytes));
    }

    private static Scenario scenario(String buffer, String source, int bufferBytes, long bytes) {
        String name = "file to UNIX socket, " + buffer + ", " + new ByteSize(bytes);
        return Scenario.bulk(name, source, "unix " + bufferBytes, bytes, JAVA, NATIVE);
    }
}
