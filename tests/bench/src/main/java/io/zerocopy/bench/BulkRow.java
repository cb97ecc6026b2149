package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.ArrayList;
import java.util.List;

/** A large file from the page cache to a TCP connection. */
final class BulkRow implements TransferRow {
    private static final List<Method> JAVA =
            List.of(
                    Method.COPY_8K_HEAP,
                    Method.COPY_256K,
                    Method.JDK_TRANSFER_TO,
                    Method.ZC_TRANSFER_TO);
    private static final List<String> NATIVE = List.of("sendfile", "zc_transfer");

    @Override
    public String word() {
        return "bulk";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().fileBytes();
        String source = "file " + setting.workspace().data(bytes);
        List<Scenario> scenarios = new ArrayList<>();
        for (PeerMode mode : setting.options().bulkReceivers) {
            String name = "bulk, " + new ByteSize(bytes) + ", " + mode.word() + " receiver";
            String target = "tcp " + mode.letter();
            scenarios.add(Scenario.bulk(name, source, target, bytes, JAVA, NATIVE));
        }
        return scenarios;
    }
}
