package io.zerocopy.bench;

import io.zerocopy.bench.sender.Burst;
import io.zerocopy.cli.compare.StraceLog;
import io.zerocopy.cli.compare.SystemCalls;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Counts the system calls of one transfer: a sender is started once more under strace, apart from
 * the timed rounds, and sends N transfers and then 2 N. The difference is what N transfers take,
 * without the calls around them.
 */
final class SystemCallCounter {
    /** Traced calls are slow, and the calls of a copy grow with the size only. */
    static final long BYTES_MAX = 16L << 20;

    private static final int SMALL_TRANSFERS = 20;
    private static final int FINISH_SECONDS_MAX = 30;

    /** What the JVM calls for itself when its compilers or its collector stop a thread. */
    private static final Set<String> OF_THE_JVM = Set.of("futex", "gettid", "mprotect", "madvise");

    private final Workspace workspace;
    private final Map<String, String> counts = new HashMap<>();
    private String causeOfAbsence;

    SystemCallCounter(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Counts for every contender of the scenarios that this sender is the sender of. */
    void count(Sender sender, List<Outcome> outcomes) {
        Path strace = find();
        if (strace == null) {
            causeOfAbsence = "strace is not installed";
            return;
        }
        Path log = workspace.folder().resolve("strace.log");
        try {
            trace(strace, log, sender, outcomes);
        } catch (BenchException | IOException e) {
            causeOfAbsence = "strace failed: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            causeOfAbsence = "interrupted";
        }
    }

    /** Says that it was not asked to count. */
    void skip() {
        causeOfAbsence = "not asked for";
    }

    /** "fstat 1, sendfile 1", or "n/a". */
    String callsOf(Contender contender, Scenario scenario) {
        return counts.getOrDefault(key(contender, scenario), "n/a");
    }

    /** Why counts are missing, or null while none is. */
    String causeOfAbsence() {
        return causeOfAbsence;
    }

    private void trace(Path strace, Path log, Sender sender, List<Outcome> outcomes)
            throws BenchException, IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(strace.toString(), "-f", "-qq", "-s", "0", "-o", log.toString()));
        command.addAll(sender.command());
        try (Sender traced = Sender.start(command, workspace)) {
            for (Outcome outcome : outcomes) {
                for (Contender contender : outcome.contenders()) {
                    if (contender.sender() == sender) {
                        runMarked(traced, contender, outcome.scenario());
                    }
                }
            }
            if (!traced.finish(FINISH_SECONDS_MAX)) {
                throw new BenchException("it did not end");
            }
            evaluate(read(log), sender, outcomes);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private static void runMarked(Sender traced, Contender contender, Scenario scenario)
            throws BenchException {
        String name = markName(contender, scenario);
        String method = contender.method();
        traced.run(method, traced(scenario, 1));
        traced.runMarked(name + "_once", method, traced(scenario, 1));
        traced.runMarked(name + "_twice", method, traced(scenario, 2));
    }

    private static Burst traced(Scenario scenario, int times) {
        Burst burst = scenario.burst();
        int transfers = Math.min(burst.transfers(), SMALL_TRANSFERS);
        return new Burst(Math.min(burst.bytes(), BYTES_MAX), transfers * times, 1, burst.mode());
    }

    private static Map<String, SystemCalls> read(Path log) throws IOException {
        StraceLog calls = new StraceLog();
        try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
            lines.lines().forEach(calls::add);
        }
        return calls.counted();
    }

    private void evaluate(Map<String, SystemCalls> calls, Sender sender, List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            Scenario scenario = outcome.scenario();
            for (Contender contender : outcome.contenders()) {
                String name = markName(contender, scenario);
                SystemCalls once = calls.get(name + "_once");
                SystemCalls twice = calls.get(name + "_twice");
                if (contender.sender() == sender && once != null && twice != null) {
                    int transfers = traced(scenario, 1).transfers();
                    counts.put(key(contender, scenario), difference(once, twice, transfers));
                }
            }
        }
    }

    /** Fewer than one for every second transfer are no part of it: the JVM loads a class, say. */
    private static String difference(SystemCalls once, SystemCalls twice, int transfers) {
        List<String> told = new ArrayList<>();
        for (Map.Entry<String, Long> call : new TreeMap<>(twice.byName()).entrySet()) {
            String name = call.getKey();
            long calls = call.getValue() - once.byName().getOrDefault(name, 0L);
            double callsPerTransfer = calls / (double) transfers;
            if (callsPerTransfer >= 0.5 && !OF_THE_JVM.contains(name)) {
                told.add(name + " " + Numbers.plain(callsPerTransfer));
            }
        }
        return String.join(", ", told);
    }

    private static String markName(Contender contender, Scenario scenario) {
        return contender.method()
                + "_"
                + scenario.burst().bytes()
                + "_"
                + scenario.burst().mode().word();
    }

    private static String key(Contender contender, Scenario scenario) {
        return System.identityHashCode(contender.sender()) + markName(contender, scenario);
    }

    private static Path find() {
        return Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":"))
                .map(folder -> Path.of(folder, "strace"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }
}
