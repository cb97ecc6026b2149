package io.zerocopy.bench;

import io.zerocopy.bench.relay.FigureReport;
import io.zerocopy.bench.relay.Figures;
import io.zerocopy.bench.relay.ProxyRow;
import io.zerocopy.bench.relay.RelayStage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The benchmark: {@code ./gradlew bench}. */
public final class Main {
    private final Options options;
    private final Workspace workspace;
    private final Setting setting;
    private final SystemCallCounter systemCalls;
    private final Map<Row, List<Outcome>> byRow = new LinkedHashMap<>();
    private final Map<Row, List<Figures>> figuresByRow = new LinkedHashMap<>();

    /** Asked for before anything runs: the load must not be our own. */
    private final List<String> environment = Environment.lines();

    private final Instant began = Instant.now();

    /** What movers say about themselves: the same ones on each network, but pinned anew. */
    private final Set<String> machines = new LinkedHashSet<>();

    private Main(Options options, Workspace workspace) {
        this.options = options;
        this.workspace = workspace;
        this.setting = new Setting(options, workspace);
        this.systemCalls = new SystemCallCounter(workspace);
    }

    public static void main(String[] arguments) {
        if (List.of(arguments).contains("--help")) {
            System.out.print(Options.USAGE);
            return;
        }
        try {
            run(arguments);
        } catch (BenchException | IOException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(1);
        }
    }

    /** What {@link #main} does, for who does not want the JVM to end. */
    static void run(String... arguments) throws BenchException, IOException {
        Options options = Options.parse(arguments);
        Optional<ResultsBlock> docs =
                options.docs == null
                        ? Optional.empty()
                        : Optional.of(ResultsBlock.of(options.docs));
        try (Workspace workspace = Workspace.in(options.output)) {
            new Main(options, workspace).run(docs);
        }
    }

    private void run(Optional<ResultsBlock> docs) throws BenchException, IOException {
        List<Row> rows = Requirements.ofThisMachine().met(options.rows, setting);
        if (docs.isPresent()) {
            // Before anything runs: what is left out can be known now in most cases.
            checkNothingLeftOut();
        }
        try {
            measure(rows);
        } catch (BenchException e) {
            // What has been measured took minutes, and is still true.
            environment.add("**not complete: " + e.getMessage() + "**");
            write();
            draw();
            throw e;
        }
        write();
        if (docs.isPresent()) {
            checkNothingLeftOut();
            docs.get().replace(report().part(facts(), outcomes(), figures()));
            System.out.println(options.docs.toAbsolutePath());
        }
        draw();
        // Again, as the last thing that one reads.
        setting.skipped().forEach(what -> System.err.println("left out: " + what));
    }

    private void checkNothingLeftOut() throws BenchException {
        if (!setting.skipped().isEmpty()) {
            throw new BenchException(
                    options.docs
                            + " is left as it is, as this is not a full run. Left out: "
                            + String.join("; ", setting.skipped()));
        }
    }

    private void measure(List<Row> all) throws BenchException {
        for (TransferRow.Network network : TransferRow.Network.values()) {
            List<TransferRow> rows =
                    ofKind(TransferRow.class, all).filter(r -> r.network() == network).toList();
            if (!rows.isEmpty()) {
                Optional<Stage> stage = Stage.start(network, rows, setting);
                if (stage.isPresent()) {
                    measure(rows, stage.get());
                }
            }
        }
        List<ProxyRow> rows = ofKind(ProxyRow.class, all).toList();
        if (!rows.isEmpty()) {
            measureProxies(rows);
        }
    }

    private static <T extends Row> Stream<T> ofKind(Class<T> kind, List<Row> rows) {
        return rows.stream().filter(kind::isInstance).map(kind::cast);
    }

    private void measureProxies(List<ProxyRow> rows) throws BenchException {
        RelayStage stage = RelayStage.start(rows, setting);
        machines.add(stage.description());
        for (ProxyRow row : rows) {
            List<Figures> figures = row.measure(stage);
            if (!figures.isEmpty()) {
                figuresByRow.put(row, figures);
            }
        }
    }

    private void measure(List<TransferRow> rows, Stage stage) throws BenchException {
        stage.movers().forEach(mover -> machines.add(mover.description()));
        Experiment experiment = new Experiment(stage, options);
        List<Outcome> measured = new ArrayList<>();
        for (TransferRow row : rows) {
            List<Outcome> outcomes = new ArrayList<>();
            List<Scenario> scenarios = row.scenarios(setting);
            if (scenarios.isEmpty()) {
                continue;
            }
            TransferRow.Lineup lineup = row.lineup(stage, setting);
            for (Scenario scenario : scenarios) {
                outcomes.add(experiment.measure(scenario, lineup.of(scenario)));
            }
            byRow.put(row, outcomes);
            measured.addAll(outcomes);
        }
        if (options.strace) {
            System.err.println("counting system calls");
            systemCalls.count(stage, measured);
        } else {
            systemCalls.skip();
        }
    }

    private void write() throws IOException {
        String report = report().whole(facts(), outcomes(), figures(), setting.skipped());
        System.out.println(report);
        print("bench.md", report);
        print("samples.csv", CsvReport.samples(outcomes()));
        print("figures.csv", FigureReport.samples(figures()));
        String ratios = CsvReport.ratios(outcomes(), options);
        print("ratios.csv", ratios + new FigureReport(options).ratiosForPrograms(figures()));
    }

    private Report report() {
        return new Report(options, systemCalls);
    }

    private List<String> facts() {
        List<String> facts = new ArrayList<>(environment);
        facts.add("duration: " + began.until(Instant.now(), ChronoUnit.MINUTES) + " minutes");
        facts.addAll(machines);
        return facts;
    }

    private List<Outcome> outcomes() {
        return byRow.values().stream().flatMap(List::stream).toList();
    }

    private List<Figures> figures() {
        return figuresByRow.values().stream().flatMap(List::stream).toList();
    }

    private void draw() throws IOException, BenchException {
        for (Map.Entry<Row, List<Outcome>> row : byRow.entrySet()) {
            for (Path chart : RowCharts.write(row.getKey(), row.getValue(), options.output)) {
                System.out.println(chart.toAbsolutePath());
            }
        }
        for (Map.Entry<Row, List<Figures>> row : figuresByRow.entrySet()) {
            for (Path chart :
                    RowCharts.writeFigures(row.getKey(), row.getValue(), options.output)) {
                System.out.println(chart.toAbsolutePath());
            }
        }
    }

    private void print(String name, String content) throws IOException {
        Path file = workspace.folder().resolve(name).toAbsolutePath();
        Files.writeString(file, content, StandardCharsets.UTF_8);
        System.out.println(file);
    }
}
