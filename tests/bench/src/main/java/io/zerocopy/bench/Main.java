package io.zerocopy.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The benchmark: {@code ./gradlew bench}. */
public final class Main {
    private final Options options;
    private final Workspace workspace;

    private Main(Options options, Workspace workspace) {
        this.options = options;
        this.workspace = workspace;
    }

    public static void main(String[] arguments) {
        if (List.of(arguments).contains("--help")) {
            System.out.print(Options.USAGE);
            return;
        }
        try {
            Options options = Options.parse(arguments);
            try (Workspace workspace = Workspace.in(options.output)) {
                new Main(options, workspace).run();
            }
        } catch (BenchException | IOException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run() throws BenchException, IOException {
        List<String> environment = new ArrayList<>(Environment.lines());
        List<Scenario> scenarios = Scenario.chosenBy(options);
        workspace.makeData(
                scenarios.stream().mapToLong(s -> s.burst().bytes()).max().orElseThrow());
        int port = ReceiverProgram.start(options.programs, workspace);

        List<Sender> virtualMachines = new ArrayList<>();
        for (Path java : options.javas) {
            virtualMachines.add(
                    Sender.start(Sender.ofJava(java, options, port, workspace.data()), workspace));
        }
        Sender anchor = Sender.start(Sender.ofNative(options, port, workspace.data()), workspace);
        List<Sender> all = new ArrayList<>(virtualMachines);
        all.add(anchor);
        all.forEach(sender -> environment.add(sender.description()));

        Experiment experiment = new Experiment(virtualMachines, anchor, options);
        List<Outcome> outcomes = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            outcomes.add(experiment.measure(scenario));
        }
        write(environment, outcomes, countSystemCalls(all, outcomes));
    }

    private SystemCallCounter countSystemCalls(List<Sender> senders, List<Outcome> outcomes) {
        SystemCallCounter counter = new SystemCallCounter(workspace);
        if (options.strace) {
            System.err.println("counting system calls");
            senders.forEach(sender -> counter.count(sender, outcomes));
        } else {
            counter.skip();
        }
        return counter;
    }

    private void write(
            List<String> environment, List<Outcome> outcomes, SystemCallCounter systemCalls)
            throws IOException {
        String report = new Report(options, systemCalls).of(environment, outcomes);
        System.out.println(report);
        print("bench.md", report);
        print("samples.csv", CsvReport.samples(outcomes));
        print("ratios.csv", CsvReport.ratios(outcomes, options));
    }

    private void print(String name, String content) throws IOException {
        Path file = workspace.folder().resolve(name).toAbsolutePath();
        Files.writeString(file, content, StandardCharsets.UTF_8);
        System.out.println(file);
    }
}
