package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.ArrayList;
import java.util.List;

/**
 * Bytes in one direction, as many as go, through one connection and through 64. By calls of 1 MiB
 * 64 senders have more under way than the processor's caches hold as soon as a proxy leaves nothing
 * lying, and then the load is what limits; so there is a row for smaller calls as well.
 */
final class BulkRelayRow implements ProxyRow {
    static final List<Figure> FIGURES =
            List.of(Figure.GIGABYTES_PER_SECOND, Figure.CPU_SECONDS_PER_GIGABYTE);

    /** What a sender gives to the kernel by one call, where nothing else is said. */
    static final int CALL_BYTES = 256 << 10;

    private static final int LARGE_CALL_BYTES = 1 << 20;
    private static final int CONNECTIONS = 64;
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
        List<Figures> all = new ArrayList<>();
        all.add(measure(stage, running, "1 connection", 1, LARGE_CALL_BYTES));
        String many = CONNECTIONS + " connections";
        all.add(measure(stage, running, many, CONNECTIONS, CALL_BYTES));
        String byLargeCalls = many + ", sent by calls of " + new ByteSize(LARGE_CALL_BYTES);
        all.add(measure(stage, running, byLargeCalls, CONNECTIONS, LARGE_CALL_BYTES));
        return all;
    }

    private static Figures measure(
            RelayStage stage,
            List<ProxyProcess> running,
            String who,
            int connections,
            int callBytes)
            throws BenchException {
        long bytes = stage.options().relayBytes();
        String name = "relay, " + who + ", " + new ByteSize(bytes);
        check(stage.load(), running, connections);
        return stage.measure(
                new Figures(name, FIGURES, List.of()),
                running,
                WARM_UP_ROUNDS,
                proxy -> round(stage.load(), proxy, connections, bytes, callBytes));
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
    static double[] round(Load load, ProxyProcess proxy, int connections, long bytes, int callBytes)
            throws BenchException {
        load.open(proxy.port(), connections);
        load.bulk(proxy, Math.max(connections, bytes / SHARE_OF_WARM_UP), callBytes);
        long[] cost = load.bulk(proxy, bytes, callBytes);
        load.close();
        // Bytes in a nanosecond are gigabytes in a second.
        return new double[] {bytes / (double) cost[0], cost[1] / (double) bytes};
    }
}
