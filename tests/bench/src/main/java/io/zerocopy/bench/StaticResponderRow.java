package io.zerocopy.bench;

import io.zerocopy.bench.http.Cores;
import io.zerocopy.bench.http.NginxServer;
import io.zerocopy.bench.http.ServerProcess;
import io.zerocopy.bench.http.StaticResponder;
import io.zerocopy.bench.http.WrkLoad;
import io.zerocopy.bench.mover.Burst;
import io.zerocopy.cli.terminal.ByteSize;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files by HTTP: a server of one thread that is built on this library, and nginx. */
final class StaticResponderRow implements TransferRow {
    private static final List<Long> FILE_BYTES = List.of(4096L, 1L << 20);
    private static final int CONNECTIONS = 64;

    /** The least that wrk takes. */
    private static final int SECONDS = 1;

    /** What a sample is told as that of. */
    private static final int REQUESTS = 1000;

    /** For the compilers of the JVM, which have the core of the server only. */
    private static final int WARM_UP_ROUNDS = 5;

    @Override
    public String word() {
        return "static-responder";
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
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        List<Scenario> scenarios = new ArrayList<>();
        for (long bytes : FILE_BYTES) {
            Path file = setting.workspace().folder().resolve("served-" + bytes + ".bin");
            setting.workspace().write(file, bytes);
            String size = new ByteSize(bytes).toString();
            scenarios.add(
                    new Scenario(
                            "GET of " + size + ", " + CONNECTIONS + " connections",
                            ServerUnderLoad.FILE + file,
                            "tcp",
                            new Burst(bytes, REQUESTS, 0),
                            WARM_UP_ROUNDS,
                            List.of(),
                            List.of(),
                            Scenario.Traits.served()));
        }
        return scenarios;
    }

    @Override
    public Lineup lineup(Stage stage, Setting setting) throws BenchException {
        Workspace workspace = setting.workspace();
        WrkLoad load = new WrkLoad(workspace, Cores.loadPrefix(), CONNECTIONS, SECONDS);
        Path root = workspace.folder();
        List<Contender> contenders = new ArrayList<>();
        for (Path java : setting.options().javas) {
            contenders.add(responder(java, setting.options(), workspace, load));
        }
        NginxServer nginx = NginxServer.start(workspace, Cores.serverPrefix(), root);
        Runner server = new ServerUnderLoad(nginx.process(), nginx.address(), load);
        contenders.add(new Contender(server, "nginx", "nginx, sendfile", true, false));
        return scenario -> contenders;
    }

    private static Contender responder(
            Path java, Options options, Workspace workspace, WrkLoad load) throws BenchException {
        List<String> command = new ArrayList<>(Cores.serverPrefix());
        command.addAll(Mover.jvm(java, options));
        command.addAll(List.of(StaticResponder.class.getName(), workspace.folder().toString()));
        Process process = workspace.start(command);
        String[] said = new Child(java.toString(), process).await("listening").split(" ", 2);
        InetSocketAddress address =
                new InetSocketAddress(PeerProgram.LOOPBACK_ADDRESS, Integer.parseInt(said[0]));
        Runner server = new ServerUnderLoad(new ServerProcess(process.toHandle()), address, load);
        String title = said[1] + ": Transfer on one selector thread";
        return new Contender(server, "responder", title, false, true);
    }
}
