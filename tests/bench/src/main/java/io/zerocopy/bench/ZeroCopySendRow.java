package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.nio.file.Path;
import java.util.List;

/**
 * Mapped memory to TCP, 256 KiB at a time, copied or lent by MSG_ZEROCOPY.
 *
 * <p>Loopback copies what it is lent, and so measures nothing. Between two network namespaces it is
 * not copied where the receiving end has an XDP program.
 */
final class ZeroCopySendRow implements TransferRow {
    private static final List<Method> JAVA = List.of(Method.JDK_WRITE, Method.ZC_SEND);
    private static final List<String> NATIVE = List.of("send", "msg_zerocopy", "zc_sender");

    /** More than the processor's caches hold. */
    private static final long MEMORY_BYTES = 64L << 20;

    @Override
    public String word() {
        return "zerocopy-send";
    }

    @Override
    public Network network() {
        return Network.VETH;
    }

    @Override
    public List<Tool> tools() {
        return List.of(Tool.IP);
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().transferBytes();
        Path file = setting.workspace().folder().resolve("memory.bin");
        setting.workspace().write(file, Math.min(MEMORY_BYTES, bytes));
        String name = "mapped memory to socket, veth, " + new ByteSize(bytes);
        String target = "tcp " + PeerMode.BLOCKING.letter();
        return List.of(
                Scenario.bulk(name, "memory " + file, target, bytes, JAVA, NATIVE)
                        .with(Scenario.Traits.ofAllThreads()));
    }
}
