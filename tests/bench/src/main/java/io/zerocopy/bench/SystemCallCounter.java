package io.zerocopy.bench;

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
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Counts the system calls of one transfer: a mover is started once more under strace, apart from
 * the timed rounds, and makes N transfers and then 2 N, or none and one where the file has to be
 * cold. The difference is what N transfers take, without the calls around them.
 */
final class SystemCallCounter {
    private static final int FINISH_SECONDS_MAX = 30;

    /** What the JVM calls for itself when its compilers or its collector stop a thread. */
    private static final Set<String> OF_THE_JVM = Set.of("futex", "gettid", "mprotect", "madvise");

    private final Workspace workspace;
    private final Map<String, String> counts = new HashMap<>();
    private String causeOfAbsence;

    SystemCallCounter(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Counts for every contender of these scenarios. */
    void count(Stage stage, List<Outcome> outcomes) {
        Optional<Path> strace = Tool.STRACE.find();
        if (strace.isEmpty()) {
            causeOfAbsence = Tool.STRACE.absence();
            return;
        }
        Path log = workspace.folder().resolve("strace.log");
        try {
            for (Mover mover : stage.movers()) {
                trace(strace.get(), log, stage, mover, outcomes);
            }
            countOfServers(log, outcomes);
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

    private void trace(Path strace, Path log, Stage stage, Mover mover, List<Outcome> outcomes)
            throws BenchException, IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(strace.toString(), "-f", "-qq", "-s", "0", "-o", log.toString()));
        command.addAll(mover.command());
        try (Mover traced = Mover.start(command, workspace)) {
            for (Outcome outcome : outcomes) {
                for (Contender contender : outcome.contenders()) {
                    if (contender.runner() == mover) {
                        runMarked(stage, traced, contender, outcome.scenario());
                    }
                }
            }
            if (!traced.finish(FINISH_SECONDS_MAX)) {
                throw new BenchException("it did not end");
            }
            evaluate(read(log), mover, outcomes);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    /** Servers run already, so strace is attached for a run of the load. */
    private void countOfServers(Path log, List<Outcome> outcomes)
            throws BenchException, IOException, InterruptedException {
        for (Outcome outcome : outcomes) {
            Scenario scenario = outcome.scenario();
            for (Contender contender : outcome.contenders()) {
                if (contender.runner() instanceof ServerUnderLoad server) {
                    AttachedCounter counter =
                            AttachedCounter.attach(workspace, server.process().pids(), log);
                    long requests = server.request(scenario).requests();
                    Map<String, Long> calls = counter.detach();
                    counts.put(key(contender, scenario), perTransfer(calls, requests));
                }
            }
        }
        Files.deleteIfExists(log);
    }

    /** The first run is for what is done only once, such as loading classes. */
    private static void runMarked(Stage stage, Mover traced, Contender contender, Scenario scenario)
            throws BenchException {
        String name = markName(contender, scenario);
        String method = contender.method();
        stage.prepare(scenario);
        traced.run(scenario, method, scenario.traced(2));
        stage.prepare(scenario);
        traced.runMarked(name + "_once", scenario, method, scenario.traced(1));
        stage.prepare(scenario);
        traced.runMarked(name + "_twice", scenario, method, scenario.traced(2));
    }

    private static Map<String, SystemCalls> read(Path log) throws IOException {
        StraceLog calls = new StraceLog();
        try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
            lines.lines().forEach(calls::add);
        }
        return calls.counted();
    }

    private void evaluate(Map<String, SystemCalls> calls, Mover mover, List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            Scenario scenario = outcome.scenario();
            for (Contender contender : outcome.contenders()) {
                String name = markName(contender, scenario);
                SystemCalls once = calls.get(name + "_once");
                SystemCalls twice = calls.get(name + "_twice");
                if (contender.runner() == mover && once != null && twice != null) {
                    int transfers = scenario.tracedTransfers();
                    counts.put(key(contender, scenario), difference(once, twice, transfers));
                }
            }
        }
    }

    /** Fewer than one for every second transfer are no part of it: the JVM loads a class, say. */
    private static String difference(SystemCalls once, SystemCalls twice, int transfers) {
        Map<String, Long> calls = new HashMap<>(twice.byName());
        once.byName().forEach((name, before) -> calls.merge(name, -before, Long::sum));
        return perTransfer(calls, transfers);
    }

    private static String perTransfer(Map<String, Long> calls, long transfers) {
        List<String> told = new ArrayList<>();
        for (Map.Entry<String, Long> call : new TreeMap<>(calls).entrySet()) {
            String name = call.getKey();
            double callsPerTransfer = call.getValue() / (double) transfers;
            if (callsPerTransfer >= 0.5 && !OF_THE_JVM.contains(name)) {
                told.add(name + " " + Numbers.plain(callsPerTransfer));
            }
        }
        return String.join(", ", told);
    }

    /** Of the characters that a mark may have. */
    private static String markName(Contender contender, Scenario scenario) {
        return (contender.method() + "_" + scenario.name()).replaceAll("[^A-Za-z0-9]+", "_");
    }

    private static String key(Contender contender, Scenario scenario) {
        return System.identityHashCode(contender.runner()) + markName(contender, scenario);
    }
}
