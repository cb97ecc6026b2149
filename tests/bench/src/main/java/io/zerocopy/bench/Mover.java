package io.zerocopy.bench;

import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.MoverMain;
import io.zerocopy.bench.mover.Peer;
import io.zerocopy.bench.mover.Sample;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process whose transfers are timed: a JVM under test, or the native anchor. */
final class Mover implements Runner, AutoCloseable {
    private final List<String> command;
    private final Child child;
    private final String description;

    private Mover(List<String> command, Child child) throws BenchException {
        this.command = command;
        this.child = child;
        this.description = child.await("ready");
    }

    static Mover start(List<String> command, Workspace workspace) throws BenchException {
        return new Mover(command, new Child(command.get(0), workspace.start(command)));
    }

    /** The command that starts a JVM which moves. */
    static List<String> ofJava(Path java, Options options, Peer peer) {
        List<String> command = jvm(java, options);
        command.add(MoverMain.class.getName());
        command.addAll(peer.toArguments());
        return command;
    }

    /** The command of a JVM that is measured, without the class that it runs. */
    static List<String> jvm(Path java, Options options) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                java.toString(),
                                // One small heap for all: no contender makes garbage that matters.
                                "-Xms64m",
                                "-Xmx64m",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                absolute(System.getProperty("java.class.path"))));
        if (options.library != null) {
            command.add("-Dio.zerocopy.library.path=" + options.library);
        }
        return command;
    }

    /** The command that starts the native anchor. */
    static List<String> ofNative(Options options, Peer peer) {
        List<String> command = new ArrayList<>();
        command.add(options.programs.resolve("anchor").toAbsolutePath().toString());
        command.addAll(peer.toArguments());
        return command;
    }

    /** The command that started it. */
    List<String> command() {
        return command;
    }

    /** What it says about itself. */
    String description() {
        return description;
    }

    /** "JDK 17.0.9" or "C": enough to tell it from the others. */
    String shortName() {
        return description.split("[+,(]")[0].strip();
    }

    @Override
    public Sample run(Scenario scenario, String method, Burst burst) throws BenchException {
        child.ask("source " + scenario.source());
        child.ask("target " + scenario.target());
        String answer = child.ask(burst.toCommand(method));
        try {
            return Sample.parse(answer);
        } catch (IllegalArgumentException e) {
            throw new BenchException(command.get(0) + " said: " + answer, e);
        }
    }

    /** The same between two marks that strace sees. */
    void runMarked(String name, Scenario scenario, String method, Burst burst)
            throws BenchException {
        child.ask("mark begin " + name);
        run(scenario, method, burst);
        child.ask("mark end " + name);
    }

    /** Has the page cache forget a file. Only the native anchor can. */
    void evict(Path file) throws BenchException {
        String answer = child.ask("evict " + file);
        if (!answer.equals("evicted")) {
            throw new BenchException(file + " was not evicted: " + answer);
        }
    }

    /** Lets it end by itself. */
    boolean finish(int secondsMax) throws InterruptedException {
        return child.finish(secondsMax);
    }

    @Override
    public void close() {
        child.close();
    }

    private static String absolute(String classPath) {
        return Stream.of(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
