package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;

import java.util.ArrayList;
import java.util.List;

/** 64 bytes there and back, through one connection and through 64 at the same time. */
final class PingRelayRow implements ProxyRow {
    private static final List<RelayContender> CONTENDERS =
            List.of(
                    RelayContender.ENGINE,
                    RelayContender.NETTY_COPY,
                    RelayContender.HAPROXY_AUTO,
                    RelayContender.HAPROXY_BEST,
                    RelayContender.SPLICE);

    private static final List<Figure> FIGURES =
            List.of(Figure.P50, Figure.P99, Figure.CPU_PER_EXCHANGE);

    private static final List<Integer> CONNECTIONS = List.of(1, 64);

    /** Many of these work at a time, and the compilers of the JVMs have to see them often. */
    private static final int WARM_UP_ROUNDS = 4;

    /** Exchanges of many connections take less time each. */
    private static final int MORE_OF_MANY = 4;

    @Override
    public String word() {
        return "relay-ping";
    }

    @Override
    public List<Figures> measure(RelayStage stage) throws BenchException {
        List<ProxyProcess> running = stage.proxies(CONTENDERS);
        List<Figures> all = new ArrayList<>();
        for (int connections : CONNECTIONS) {
            int exchanges =
                    stage.options().relayExchanges() * (connections == 1 ? 1 : MORE_OF_MANY);
            String name =
                    "relay, 64 B there and back, "
                            + (connections == 1 ? "1 connection" : connections + " connections");
            List<String> notes = List.of("Exchanges in a round: " + exchanges + ".");
            all.add(
                    stage.measure(
                            new Figures(name, FIGURES, notes),
                            running,
                            WARM_UP_ROUNDS,
                            proxy -> round(stage.load(), proxy, connections, exchanges)));
        }
        return all;
    }

    private static double[] round(Load load, ProxyProcess proxy, int connections, int exchanges)
            throws BenchException {
        load.open(proxy.port(), connections);
        load.ping(proxy, connections);
        long[] latencies = load.ping(proxy, exchanges);
        load.close();
        return new double[] {latencies[2], latencies[3], latencies[1] / (double) exchanges};
    }
}
