package io.zerocopy.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** strace on processes that run already, from {@link #attach} to {@link #detach}. */
final class AttachedCounter {
    private static final int SECONDS_MAX = 30;
    private static final int LOOK_MS = 20;

    /** Share of time, seconds, microseconds a call, calls, errors if there are any, name. */
    private static final int CALLS_COLUMN = 3;

    private static final String TRACED = "(?s).*TracerPid:\\s+[1-9].*";

    private static final String TOTAL = "total";

    private final Process strace;
    private final Path log;

    private AttachedCounter(Process strace, Path log) {
        this.strace = strace;
        this.log = log;
    }

    /** Returns when strace sees all threads of them. */
    static AttachedCounter attach(Workspace workspace, List<Long> pids, Path log)
            throws BenchException, IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Tool.STRACE.program(), "-f", "-qq", "-c"));
        command.addAll(List.of("-o", log.toString()));
        for (long pid : pids) {
            command.addAll(List.of("-p", Long.toString(pid)));
        }
        Process strace = workspace.start(command);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        for (long pid : pids) {
            while (!isTraced(pid)) {
                if (!strace.isAlive() || System.nanoTime() > deadline) {
                    throw new BenchException("strace can't attach to " + pid);
                }
                Thread.sleep(LOOK_MS);
            }
        }
        return new AttachedCounter(strace, log);
    }

    /** The calls since then, by their names. */
    Map<String, Long> detach() throws BenchException, IOException, InterruptedException {
        // Asked to end it lets go of the processes and writes its table.
        strace.destroy();
        if (!strace.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
            throw new BenchException("strace does not end");
        }
        return parse(Files.readAllLines(log, StandardCharsets.ISO_8859_1));
    }

    /** Reads the table of {@code strace -c}. */
    static Map<String, Long> parse(List<String> table) {
        Map<String, Long> calls = new HashMap<>();
        for (String line : table) {
            String[] words = line.strip().split(" +");
            String name = words[words.length - 1];
            boolean isRow = words.length > CALLS_COLUMN && words[CALLS_COLUMN].matches("[0-9]+");
            if (isRow && !name.equals(TOTAL)) {
                calls.put(name, Long.parseLong(words[CALLS_COLUMN]));
            }
        }
        return calls;
    }

    private static boolean isTraced(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads.toList()) {
                if (!Files.readString(thread.resolve("status")).matches(TRACED)) {
                    return false;
                }
            }
        }
        return true;
    }
}
