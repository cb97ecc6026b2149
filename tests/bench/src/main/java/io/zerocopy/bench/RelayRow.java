package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.List;

/** From one TCP connection to another, both blocking: a proxy's thread for each connection. */
final class RelayRow implements TransferRow {
    private static final List<Method> JAVA = List.of(Method.COPY_256K, Method.ZC_COPY);
    private static final List<String> NATIVE = List.of("splice_1m", "copy_256k", "zc_transfer");

    @Override
    public String word() {
        return "relay";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) {
        long bytes = setting.options().transferBytes();
        String name = "socket to socket, " + new ByteSize(bytes);
        String target = "tcp " + PeerMode.BLOCKING.letter();
        return List.of(Scenario.bulk(name, "tcp", target, bytes, JAVA, NATIVE));
    }
}
