package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.zerocopy.ZeroCopy;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A small main class in a JVM of its own: how the library is loaded can be seen once in a process
 * only.
 *
 * <p>The child runs with the library and the tests as this JVM has them, and never longer than a
 * bound.
 */
public final class FreshJvm {
    private static final long BOUND_SECONDS = 90;

    /** From this version on the JDK warns of native code, and can forbid it. */
    private static final int FIRST_WITH_NATIVE_ACCESS_RULES = 24;

    private final Class<?> main;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private final List<Path> classPath = new ArrayList<>();
    private Path modulePath;
    private boolean allowsNativeAccess = hasNativeAccessRules();

    private FreshJvm(Class<?> main) {
        this.main = main;
        classPath.add(whereIs(ZeroCopy.class));
        classPath.add(whereIs(main));
    }

    /** A child that will run the main method of this class. */
    public static FreshJvm of(Class<?> main) {
        return new FreshJvm(main);
    }

    /** Whether this JDK has rules for native code, which are options of the command line. */
    public static boolean hasNativeAccessRules() {
        return Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS_RULES;
    }

    /** The jar or the folder that a class comes from. */
    public static Path whereIs(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Adds a system property. */
    public FreshJvm property(String name, Object value) {
        return option("-D" + name + "=" + value);
    }

    /** Adds options of the JVM. */
    public FreshJvm option(String... more) {
        options.addAll(Arrays.asList(more));
        return this;
    }

    /** Adds arguments of the main method. */
    public FreshJvm argument(Object... more) {
        Arrays.stream(more).map(String::valueOf).forEach(arguments::add);
        return this;
    }

    /** Puts a command before the command of the JVM, which it has to run. */
    public FreshJvm under(List<String> command) {
        prefix.addAll(command);
        return this;
    }

    /** Puts a folder before everything else on the class path. */
    public FreshJvm firstOnClassPath(Path folder) {
        classPath.add(0, folder);
        return this;
    }

    /** Leaves out the option that allows native code, where this JDK has it. */
    public FreshJvm withoutNativeAccess() {
        allowsNativeAccess = false;
        return this;
    }

    /** Uses the library as a module, by {@code --add-modules}. */
    public FreshJvm asModule() {
        modulePath = classPath.remove(0);
        return this;
    }

    /** Runs the child to its end and fails unless its exit code is 0. */
    public Result run() throws IOException, InterruptedException {
        try (Running child = start()) {
            return child.awaitSuccess();
        }
    }

    /** Starts the child. */
    public Running start() throws IOException {
        Path out = Files.createTempFile("child", ".out");
        Path err = Files.createTempFile("child", ".err");
        ProcessBuilder builder = new ProcessBuilder(command());
        // Options from there are announced on the standard error stream.
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        builder.redirectOutput(out.toFile()).redirectError(err.toFile());
        return new Running(builder.start(), out, err);
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        // No files of its own, and warnings in English.
        command.addAll(List.of("-XX:-UsePerfData", "-XX:+ErrorFileToStderr"));
        command.addAll(List.of("-Duser.language=en", "-ea"));
        if (modulePath != null) {
            command.addAll(List.of("-p", modulePath.toString(), "--add-modules", "io.zerocopy"));
        }
        if (allowsNativeAccess) {
            String who = modulePath == null ? "ALL-UNNAMED" : "io.zerocopy";
            command.add("--enable-native-access=" + who);
        }
        command.addAll(options);
        command.add("-cp");
        command.add(
                classPath.stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator)));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }

    /** A child that may still run. Closing it kills it. */
    public static final class Running implements AutoCloseable {
        private final Process process;
        private final Path out;
        private final Path err;

        private Running(Process process, Path out, Path err) {
            this.process = process;
            this.out = out;
            this.err = err;
        }

        /** The number of the process. */
        public long pid() {
            return process.pid();
        }

        /** Waits until the child has printed this line. */
        public void awaitLine(String line) throws IOException, InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
            while (!Files.readAllLines(out).contains(line)) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    fail("the child never printed \"" + line + "\": " + result(-1));
                }
                Thread.sleep(10);
            }
        }

        /** Kills the child by a signal that it can't handle, and waits until it is dead. */
        public void kill() {
            process.destroyForcibly().onExit().orTimeout(BOUND_SECONDS, TimeUnit.SECONDS).join();
        }

        /** Waits for the end, and fails unless the exit code is 0. */
        public Result awaitSuccess() throws IOException, InterruptedException {
            if (!process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) {
                fail("the child hung: " + result(-1));
            }
            Result result = result(process.exitValue());
            assertEquals(0, result.exitCode, result::toString);
            return result;
        }

        @Override
        public void close() throws IOException {
            kill();
            Files.delete(out);
            Files.delete(err);
        }

        private Result result(int exitCode) throws IOException {
            return new Result(exitCode, Files.readString(out), Files.readString(err));
        }
    }

    /** What a child left. */
    public static final class Result {
        private final int exitCode;
        private final String out;
        private final String err;

        private Result(int exitCode, String out, String err) {
            this.exitCode = exitCode;
            this.out = out;
            this.err = err;
        }

        /** What it printed to its standard output. */
        public String out() {
            return out;
        }

        /** What it printed to its standard error stream. */
        public String err() {
            return err;
        }

        /** The value in the line {@code name=value}, which must be there. */
        public String value(String name) {
            return out.lines()
                    .filter(line -> line.startsWith(name + "="))
                    .map(line -> line.substring(name.length() + 1))
                    .findFirst()
                    .orElseGet(() -> fail("no " + name + " in " + this));
        }

        /** The same as a number. */
        public long number(String name) {
            return Long.parseLong(value(name));
        }

        /** The warnings of the library and of the JDK, one for each line that begins one. */
        public List<String> warnings() {
            return err.lines()
                    .filter(line -> line.startsWith("WARNING"))
                    .collect(Collectors.toList());
        }

        @Override
        public String toString() {
            return "exit code " + exitCode + "\n--- out\n" + out + "--- err\n" + err;
        }
    }
}
