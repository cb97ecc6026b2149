package io.zerocopy.cli.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Counts the system calls of every method in one untimed pass: a child JVM sends under strace. */
final class SystemCallCounter {
    /** Name of the hidden subcommand that the child runs. */
    static final String SUBCOMMAND = "send-marked";

    /** A traced call costs up to a quarter of a millisecond: two stops, each with two switches. */
    private static final long CALLS_MAX = 10_000;

    private static final int SECONDS_MAX = 30;

    private final Workspace workspace;
    private final InetSocketAddress receiver;
    private final Path warmUpFile;
    private String causeOfAbsence;

    SystemCallCounter(Workspace workspace, InetSocketAddress receiver, Path warmUpFile) {
        this.workspace = workspace;
        this.receiver = receiver;
        this.warmUpFile = warmUpFile;
    }

    /** Why counts are missing, or null while none is. */
    String causeOfAbsence() {
        return causeOfAbsence;
    }

    /**
     * Returns the counts that could be made: none without strace, and none of a method that is
     * known to make too many calls.
     */
    Map<SendMethod, SystemCalls> count(Path file, Map<SendMethod, IoCalls> known) {
        Map<SendMethod, SystemCalls> calls = new EnumMap<>(SendMethod.class);
        if (!Files.isExecutable(strace())) {
            causeOfAbsence = "strace is not installed";
            return calls;
        }
        List<SendMethod> methods =
                Stream.of(SendMethod.values())
                        .filter(
                                method ->
                                        !known.containsKey(method)
                                                || known.get(method).total() <= CALLS_MAX)
                        .toList();
        if (methods.size() < SendMethod.values().length) {
            causeOfAbsence = "more than " + CALLS_MAX + " calls would take strace too long";
        }
        Path log = workspace.folder().resolve("strace.log");
        Path errors = workspace.folder().resolve("strace.err");
        try {
            String failure = run(command(methods, file, log), errors);
            Map<String, SystemCalls> counted = read(log);
            for (SendMethod method : methods) {
                if (counted.containsKey(method.name())) {
                    calls.put(method, counted.get(method.name()));
                } else {
                    causeOfAbsence = failure;
                }
            }
            Files.deleteIfExists(log);
        } catch (IOException failure) {
            causeOfAbsence = "strace: " + failure.getMessage();
        }
        return calls;
    }

    private List<String> command(List<SendMethod> methods, Path file, Path log) {
        List<String> command =
                new ArrayList<>(
                        List.of(strace().toString(), "-f", "-qq", "-s", "0", "-o", log.toString()));
        command.addAll(
                ChildJvm.command(
                        SUBCOMMAND,
                        Integer.toString(receiver.getPort()),
                        warmUpFile.toAbsolutePath().toString(),
                        file.toAbsolutePath().toString()));
        methods.forEach(method -> command.add(method.name()));
        return command;
    }

    /** Returns what went wrong, or null. */
    private String run(List<String> command, Path errors) throws IOException {
        Process strace =
                workspace.start(
                        new ProcessBuilder(command)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .redirectError(errors.toFile()));
        try {
            if (!strace.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                Workspace.kill(strace);
                strace.waitFor();
                return "strace did not finish within " + SECONDS_MAX + " s";
            }
        } catch (InterruptedException stop) {
            Workspace.kill(strace);
            Thread.currentThread().interrupt();
            return "interrupted";
        }
        if (strace.exitValue() == 0) {
            return null;
        }
        String said = Files.readString(errors).strip();
        return said.isEmpty()
                ? "strace ended with status " + strace.exitValue()
                : said.lines().findFirst().orElseThrow();
    }

    private static Map<String, SystemCalls> read(Path log) throws IOException {
        StraceLog calls = new StraceLog();
        if (Files.exists(log)) {
            // Latin 1 takes any byte: a path in the log may be in any encoding, and a cut log may
            // end within a character.
            try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
                lines.lines().forEach(calls::add);
            }
        }
        return calls.counted();
    }

    private static Path strace() {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        for (String folder : path.split(":")) {
            Path candidate = Path.of(folder, "strace");
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return Path.of("/usr/bin/strace");
    }
}
