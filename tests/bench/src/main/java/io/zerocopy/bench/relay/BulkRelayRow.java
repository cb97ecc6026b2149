package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.ArrayList;
import java.util.List;

/** Bytes in one direction, as many as go, through one connection and through 64. */
final class BulkRelayRow implements ProxyRow {
    static final List<Figure> FIGURES =
            List.of(Figure.GIGABYTES_PER_SECOND, Figure.CPU_SECONDS_PER_GIGABYTE);

    private static final List<Integer> CONNECTIONS = List.of(1, 64);
    private static final int WARM_UP_ROUNDS = 4;

    /** Windows and buffers have grown by then; it is not timed. */
    private static final int SHARE_OF_WARM_UP = 8;

    /** More than all buffers on the way hold, over all connections together. */
    private static final long CHECKED_BYTES = 16L << 20;

    @Override
    public String word() {
        return "relay-bulk";
    }

    @Override
    public List<Figures> measure(RelayStage stage) throws BenchException {
        List<ProxyProcess> running = stage.proxies(RelayContender.ALL);
        long bytes = stage.options().relayBytes();
        List<Figures> all = new ArrayList<>();
        for (int connections : CONNECTIONS) {
            String name =
                    "relay, "
                            + (connections == 1 ? "1 connection" : connections + " connections")
                            + ", "
                            + new ByteSize(bytes);
            Figures figures = new Figures(name, FIGURES, List.of());
            check(stage.load(), running, connections);
            all.add(
                    stage.measure(
                            figures,
                            running,
                            WARM_UP_ROUNDS,
                            proxy -> round(stage.load(), proxy, connections, bytes)));
        }
        return all;
    }

    /** Figures of a proxy that passes on something else would say nothing. */
    private static void check(Load load, List<ProxyProcess> running, int connections)
            throws BenchException {
        for (ProxyProcess proxy : running) {
            load.open(proxy.port(), connections);
            load.check(CHECKED_BYTES / connections);
            load.close();
        }
    }

    /** On connections of its own. */
    static double[] round(Load load, ProxyProcess proxy, int connections, long bytes)
            throws BenchException {
        load.open(proxy.port(), connections);
        load.bulk(proxy, Math.max(connections, bytes / SHARE_OF_WARM_UP));
        long[] cost = load.bulk(proxy, bytes);
        load.close();
        // Bytes in a nanosecond are gigabytes in a second.
        return new double[] {bytes / (double) cost[0], cost[1] / (double) bytes};
    }
}
