package io.zerocopy.bench;

import io.zerocopy.bench.sender.Burst;
import io.zerocopy.bench.sender.Sample;
import io.zerocopy.bench.sender.SenderMain;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process whose transfers are timed: a JVM under test, or the native anchor. */
final class Sender implements AutoCloseable {
    private final List<String> command;
    private final Child child;
    private final String description;

    private Sender(List<String> command, Child child) throws BenchException {
        this.command = command;
        this.child = child;
        this.description = child.await("ready");
    }

    static Sender start(List<String> command, Workspace workspace) throws BenchException {
        return new Sender(command, new Child(command.get(0), workspace.start(command)));
    }

    /** The command that starts a JVM which sends. */
    static List<String> ofJava(Path java, Options options, int port, Path data) {
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
        command.add(SenderMain.class.getName());
        command.add(Integer.toString(port));
        command.add(data.toAbsolutePath().toString());
        return command;
    }

    /** The command that starts the native anchor. */
    static List<String> ofNative(Options options, int port, Path data) {
        return List.of(
                options.programs.resolve("anchor").toAbsolutePath().toString(),
                Integer.toString(port),
                data.toAbsolutePath().toString());
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

    Sample run(String method, Burst burst) throws BenchException {
        String answer = child.ask(burst.toCommand(method));
        try {
            return Sample.parse(answer);
        } catch (IllegalArgumentException e) {
            throw new BenchException(command.get(0) + " said: " + answer, e);
        }
    }

    /** Runs between two marks that strace sees. */
    void runMarked(String name, String method, Burst burst) throws BenchException {
        child.ask("mark begin " + name);
        run(method, burst);
        child.ask("mark end " + name);
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
