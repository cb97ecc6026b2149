package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Options;
import io.zerocopy.bench.Rotation;
import io.zerocopy.bench.Row;
import io.zerocopy.bench.Setting;
import io.zerocopy.bench.http.Cores;
import io.zerocopy.bench.http.NginxServer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What all rows of proxies are measured with: the load, nginx, and the proxies between them. */
public final class RelayStage {
    /** What nginx serves. */
    static final String FILE = "1MiB.bin";

    static final int FILE_BYTES = 1 << 20;

    private final Setting setting;
    private final Proxies proxies;
    private final Load load;
    private final NginxServer nginx;
    private final Path root;
    private final Map<RelayContender, Optional<ProxyProcess>> started =
            new EnumMap<>(RelayContender.class);

    private RelayStage(Setting setting, Load load, NginxServer nginx, Path root) {
        this.setting = setting;
        this.proxies = new Proxies(setting);
        this.load = load;
        this.nginx = nginx;
        this.root = root;
    }

    /** With nginx only where a row needs it. All of it ends with the workspace. */
    public static RelayStage start(List<ProxyRow> rows, Setting setting) throws BenchException {
        Load load = Load.start(setting.options(), setting.workspace());
        if (rows.stream().map(Row::tools).noneMatch(tools -> tools.contains(NginxServer.NGINX))) {
            return new RelayStage(setting, load, null, null);
        }
        Path root = setting.workspace().memoryFolder().orElse(setting.workspace().folder());
        setting.workspace().write(root.resolve(FILE), FILE_BYTES);
        NginxServer nginx = NginxServer.start(setting.workspace(), Cores.loadPrefix(), root);
        return new RelayStage(setting, load, nginx, root);
    }

    /** For reports. */
    public String description() throws BenchException {
        return "proxies in Java on " + proxies.javaVersion() + "; " + Cores.describe();
    }

    Setting setting() {
        return setting;
    }

    Options options() {
        return setting.options();
    }

    Load load() {
        return load;
    }

    Proxies proxies() {
        return proxies;
    }

    /** The port of each proxy that leads to nginx. */
    static int portToNginx(ProxyProcess proxy) {
        return proxy.ports().get(1);
    }

    byte[] fileOfNginx() throws BenchException {
        try {
            return Files.readAllBytes(root.resolve(FILE));
        } catch (IOException e) {
            throw new BenchException("can't read what nginx serves: " + e.getMessage(), e);
        }
    }

    /** Those of the contenders that this machine has. Each is started once for all rows. */
    List<ProxyProcess> proxies(List<RelayContender> contenders) throws BenchException {
        List<Integer> backends = new ArrayList<>(List.of(load.port()));
        if (nginx != null) {
            backends.add(nginx.address().getPort());
        }
        List<ProxyProcess> running = new ArrayList<>();
        for (RelayContender contender : contenders) {
            if (!started.containsKey(contender)) {
                started.put(contender, proxies.start(contender, backends));
            }
            started.get(contender).ifPresent(running::add);
        }
        return running;
    }

    private static double[] measure(ProxyProcess proxy, Round round) throws BenchException {
        try {
            return round.measure(proxy);
        } catch (BenchException e) {
            throw new BenchException(proxy.subject().title() + ": " + e.getMessage(), e);
        }
    }

    /** One round of one proxy. */
    interface Round {
        double[] measure(ProxyProcess proxy) throws BenchException;
    }

    /** Lets the proxies take turns. */
    Figures measure(Figures figures, List<ProxyProcess> running, int warmUpRounds, Round round)
            throws BenchException {
        figures.expect(running.stream().map(ProxyProcess::subject).toList());
        Rotation rotation = new Rotation(running.size(), options().seed);
        for (int number = -warmUpRounds; number < options().rounds(); number++) {
            String state =
                    number < 0 ? "warming up" : "round " + (number + 1) + "/" + options().rounds();
            System.err.printf("\r%s: %-20s", figures.name(), state);
            for (int index : rotation.next()) {
                ProxyProcess proxy = running.get(index);
                double[] values = measure(proxy, round);
                if (number >= 0) {
                    figures.add(proxy.subject(), values);
                }
            }
        }
        System.err.println();
        return figures;
    }
}
