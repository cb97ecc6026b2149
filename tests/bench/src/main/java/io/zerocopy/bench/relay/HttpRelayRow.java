package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Tool;
import io.zerocopy.bench.http.Cores;
import io.zerocopy.bench.http.NginxServer;
import io.zerocopy.bench.http.WrkLoad;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;

/** wrk asks nginx for 1 MiB over and over, on 64 connections through the proxy. */
final class HttpRelayRow implements ProxyRow {
    /** Threads are left out: with 128 of them they are measured in bulk. */
    static final List<RelayContender> CONTENDERS =
            RelayContender.ALL.stream().filter(one -> one != RelayContender.THREADS).toList();

    private static final List<Figure> FIGURES =
            List.of(Figure.REQUESTS_PER_SECOND, Figure.CPU_PER_REQUEST);

    private static final int CONNECTIONS = 64;

    /** The least that wrk can. */
    private static final int SECONDS = 1;

    private static final int WARM_UP_ROUNDS = 2;

    @Override
    public String word() {
        return "relay-http";
    }

    @Override
    public List<Tool> tools() {
        return List.of(NginxServer.NGINX, WrkLoad.WRK);
    }

    @Override
    public boolean needsRoot() {
        return false;
    }

    @Override
    public List<Figures> measure(RelayStage stage) throws BenchException {
        List<ProxyProcess> running = stage.proxies(CONTENDERS);
        byte[] file = stage.fileOfNginx();
        for (ProxyProcess proxy : running) {
            check(proxy, file);
        }
        WrkLoad wrk = wrk(stage);
        Figures figures =
                new Figures(
                        "relay, nginx behind, wrk with 64 connections, 1 MiB", FIGURES, List.of());
        return List.of(
                stage.measure(
                        figures,
                        running,
                        WARM_UP_ROUNDS,
                        proxy -> round(stage.load(), wrk, proxy)));
    }

    static WrkLoad wrk(RelayStage stage) {
        return new WrkLoad(stage.setting().workspace(), Cores.loadPrefix(), CONNECTIONS, SECONDS);
    }

    /** On connections of its own, which wrk opens. */
    static double[] round(Load load, WrkLoad wrk, ProxyProcess proxy) throws BenchException {
        long before = load.cpuNanos(proxy);
        WrkLoad.Result result = wrk.run(uri(proxy));
        double cpuNanos = load.cpuNanos(proxy) - before;
        double seconds = result.wallNanos() / 1e9;
        return new double[] {result.requests() / seconds, cpuNanos / result.requests()};
    }

    private static URI uri(ProxyProcess proxy) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        InetSocketAddress address = new InetSocketAddress(loopback, RelayStage.portToNginx(proxy));
        return WrkLoad.uri(address, RelayStage.FILE);
    }

    static void check(ProxyProcess proxy, byte[] file) throws BenchException {
        String title = proxy.subject().title();
        try {
            HttpURLConnection request = (HttpURLConnection) uri(proxy).toURL().openConnection();
            try (InputStream answer = request.getInputStream()) {
                if (!Arrays.equals(file, answer.readAllBytes())) {
                    throw new BenchException(title + " passes on something else than the file");
                }
            }
            // Not asked for by the request: Netty's spliceTo loses what comes just before the end.
            request.disconnect();
        } catch (IOException e) {
            throw new BenchException(title + " does not pass on the file: " + e.getMessage(), e);
        }
    }
}
