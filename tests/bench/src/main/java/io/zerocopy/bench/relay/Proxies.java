package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Child;
import io.zerocopy.bench.Options;
import io.zerocopy.bench.Setting;
import io.zerocopy.bench.Tool;
import io.zerocopy.bench.http.Cores;
import io.zerocopy.bench.relay.proxy.ProxyKind;
import io.zerocopy.bench.relay.proxy.ProxyMain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Starts proxies, all of them on the core of the servers. */
final class Proxies {
    static final Tool HAPROXY = new Tool("haproxy", "haproxy");

    private static final String SPLICE_PROGRAM = "splice_proxy";
    private static final int START_SECONDS_MAX = 30;
    private static final int RETRY_MS = 20;

    private final Setting setting;

    Proxies(Setting setting) {
        this.setting = setting;
    }

    /** Nothing if this machine does not have it; then the setting has it skipped. */
    Optional<ProxyProcess> start(RelayContender contender, List<Integer> backends)
            throws BenchException {
        if (contender.javaKind().isPresent()) {
            return Optional.of(startJava(contender, backends));
        }
        return switch (contender) {
            case HAPROXY_AUTO ->
                    startHaproxy(contender, HaproxyConfiguration.SPLICE_AUTO, backends);
            case HAPROXY_BEST ->
                    startHaproxy(contender, HaproxyConfiguration.AT_ITS_BEST, backends);
            default -> Optional.of(startSplice(contender, backends));
        };
    }

    /** The JVM of all proxies in Java. */
    Path java() {
        return setting.options().javas.get(0);
    }

    /** What that JVM says of itself. A path would say nothing on other machines. */
    String javaVersion() throws BenchException {
        return CommandOutput.lines(java().toString(), "--version").get(0);
    }

    private ProxyProcess startJava(RelayContender contender, List<Integer> backends)
            throws BenchException {
        Options options = setting.options();
        List<String> command = new ArrayList<>(Cores.serverPrefix());
        command.addAll(
                List.of(
                        java().toString(),
                        // The same for all, with room for what the greediest keeps in buffers.
                        "-Xms256m",
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=512m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path")));
        if (options.library != null) {
            command.add("-Dio.zerocopy.library.path=" + options.library);
        }
        ProxyKind kind = contender.javaKind().orElseThrow();
        command.add(ProxyMain.class.getName());
        command.add(kind.word());
        backends.forEach(port -> command.add(port.toString()));
        return startTelling(contender, command);
    }

    private ProxyProcess startSplice(RelayContender contender, List<Integer> backends)
            throws BenchException {
        List<String> command = new ArrayList<>(Cores.serverPrefix());
        command.add(setting.options().programs.resolve(SPLICE_PROGRAM).toAbsolutePath().toString());
        command.add(Load.ADDRESS);
        backends.forEach(port -> command.add(port.toString()));
        return startTelling(contender, command);
    }

    /** The prefix becomes the command, so that the process is the proxy. */
    private ProxyProcess startTelling(RelayContender contender, List<String> command)
            throws BenchException {
        Process process = setting.workspace().start(command);
        String title = contender.subject().title();
        String ports = new Child(title, process).await("listening");
        return new ProxyProcess(
                contender.subject(),
                process.pid(),
                Stream.of(ports.split(" ")).map(Integer::valueOf).toList());
    }

    private Optional<ProxyProcess> startHaproxy(
            RelayContender contender, HaproxyConfiguration configuration, List<Integer> backends)
            throws BenchException {
        String title = contender.subject().title();
        if (HAPROXY.find().isEmpty()) {
            setting.skip(title, HAPROXY.absence());
            return Optional.empty();
        }
        List<Integer> ports = ListeningPorts.free(backends.size());
        Path file = setting.workspace().runtimeFolder().resolve(configuration + ".cfg");
        try {
            Files.writeString(file, configuration.text(Load.ADDRESS, ports, backends));
        } catch (IOException e) {
            throw new BenchException("can't write " + file + ": " + e.getMessage(), e);
        }
        List<String> command = new ArrayList<>(Cores.serverPrefix());
        // In the foreground, as one process.
        command.addAll(List.of(HAPROXY.program(), "-db", "-q", "-f", file.toString()));
        Process process = setting.workspace().start(command);
        for (int port : ports) {
            awaitListening(title, process, port);
        }
        return Optional.of(new ProxyProcess(contender.subject(), process.pid(), ports));
    }

    private static void awaitListening(String title, Process process, int port)
            throws BenchException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
        while (!ListeningPorts.isListening(port)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new BenchException(title + " does not start; what it said is above");
            }
            try {
                Thread.sleep(RETRY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
        }
    }
}
