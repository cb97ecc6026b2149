package io.zerocopy.bench;

import io.zerocopy.bench.relay.FigureReport;
import io.zerocopy.bench.relay.Figures;
import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Quantiles;
import io.zerocopy.bench.statistics.Ratio;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/** The report for people, in Markdown. */
final class Report {
    private final StringBuilder text = new StringBuilder();
    private final Options options;
    private final SystemCallCounter systemCalls;

    Report(Options options, SystemCallCounter systemCalls) {
        this.options = options;
        this.systemCalls = systemCalls;
    }

    /** A document of its own. */
    String whole(
            List<String> environment,
            List<Outcome> outcomes,
            List<Figures> figures,
            List<String> skipped) {
        line("# Benchmark of zerocopy-nio");
        line("");
        facts(environment, skipped);
        outcomes.forEach(outcome -> scenario("##", outcome));
        figures("##", figures);
        legend();
        systemCalls();
        return text.toString();
    }

    /** The same as a part of a document that says itself how to read it. */
    String part(List<String> environment, List<Outcome> outcomes, List<Figures> figures) {
        facts(environment, List.of());
        line("");
        systemCalls();
        outcomes.forEach(outcome -> scenario("###", outcome));
        figures("###", figures);
        return text.toString();
    }

    private void facts(List<String> environment, List<String> skipped) {
        environment.forEach(fact -> line("- %s", fact));
        line("- %d rounds, interleaved; seed %d", options.rounds(), options.seed);
        line("- sizes: %s", sizes());
        line("- intervals: 95 %%, percentiles of %d resamples", Bootstrap.RESAMPLES);
        if (!options.givesVerdicts()) {
            line(
                    "- **fewer than %d rounds: this shows that the benchmark works, no more**",
                    Options.ROUNDS_FOR_VERDICT);
        }
        skipped.forEach(what -> line("- **left out: %s**", what));
    }

    private String sizes() {
        String small =
                options.smallBytes.stream()
                        .map(bytes -> new ByteSize(bytes).toString())
                        .collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "small transfers of %s; the bulk and the cold one of %s; through proxies %s; all"
                        + " others of %s",
                small,
                new ByteSize(options.fileBytes()),
                new ByteSize(options.relayBytes()),
                new ByteSize(options.transferBytes()));
    }

    private void figures(String heading, List<Figures> all) {
        FigureReport report = new FigureReport(options);
        all.forEach(figures -> text.append(report.section(heading, figures)));
    }

    private void scenario(String heading, Outcome outcome) {
        Scenario scenario = outcome.scenario();
        line("");
        line("%s %s", heading, scenario.name());
        line("");
        boolean isServed = scenario.traits().isServed();
        line(
                "%s CPU time is that of %s.",
                isServed
                        ? "A round is a run of the load, which keeps its connections."
                        : "Transfers in a round: " + scenario.burst().transfers() + ".",
                scenario.traits().countsAllThreads()
                        ? "all threads of the process"
                        : "the moving thread");
        line("");
        String what = isServed ? "request" : "transfer";
        row(
                "contender",
                isServed ? "requests/s (p10-p90)" : "time per transfer (p10-p90)",
                "GB/s",
                "CPU per " + what,
                "CPU s/GB (p10-p90)",
                switchesTitle(scenario, what),
                "system calls per " + what);
        row("---", "--:", "--:", "--:", "--:", "--:", "---");
        for (Contender contender : outcome.contenders()) {
            contender(outcome, contender);
        }
        ratios(Comparison.of(outcome, new Bootstrap(options.seed)));
    }

    private void ratios(List<Comparison> comparisons) {
        line("");
        row("of", "against", "throughput ratio", "CPU ratio");
        row("---", "---", "---", "---");
        for (Comparison comparison : comparisons) {
            row(
                    comparison.ours().title(),
                    comparison.theirs().title(),
                    ratio(comparison.throughput()),
                    ratio(comparison.cpu()));
        }
    }

    private void contender(Outcome outcome, Contender contender) {
        row(
                contender.title(),
                outcome.scenario().traits().isServed()
                        ? spread(outcome.transfersPerSecond(contender), Numbers::plain)
                        : spread(outcome.nanosPerTransfer(contender), Numbers::duration),
                median(outcome.gigabytesPerSecond(contender), Numbers::plain),
                median(outcome.cpuNanosPerTransfer(contender), Numbers::duration),
                spread(outcome.cpuSecondsPerGigabyte(contender), Numbers::plain),
                median(outcome.switches(contender), Numbers::plain),
                systemCalls.callsOf(contender, outcome.scenario()));
    }

    private static String switchesTitle(Scenario scenario, String what) {
        int transfers = scenario.transfersTold();
        return "switches per " + (transfers == 1 ? what : transfers + " " + what + "s");
    }

    private String ratio(Ratio ratio) {
        return String.format(
                Locale.ROOT,
                "%.2f [%.2f, %.2f]%s",
                ratio.value(),
                ratio.interval().low(),
                ratio.interval().high(),
                options.givesVerdicts() ? " " + ratio.verdict() : "");
    }

    private void legend() {
        text.append(
                """

                Medians. The throughput ratio is of bytes per second: above 1, ours is faster. The
                CPU ratio is of user and system time: below 1, ours needs less. In brackets the
                95 % interval. *better*: all of it on the right side of 1. *equal*: in 0.87-1.15 or
                across an end, and no wider. *worse*: all of it beyond 0.87-1.15 on the wrong side.
                *undecided*: wider than that.

                """);
    }

    private void systemCalls() {
        String cause = systemCalls.causeOfAbsence();
        line(
                "System calls of the moving thread: of transfers of at most %d MiB (cold ones: all"
                        + " of it), counted in an untimed pass, without futex, gettid, mprotect and"
                        + " madvise, which the JVM makes for itself; those of a server are of all"
                        + " its threads, in a run of the load%s.",
                Scenario.TRACED_BYTES_MAX >> 20, cause == null ? "" : "; n/a: " + cause);
    }

    private static String median(double[] values, DoubleFunction<String> format) {
        return format.apply(Quantiles.median(values));
    }

    private static String spread(double[] values, DoubleFunction<String> format) {
        String least = format.apply(Quantiles.of(values, 0.1));
        String most = format.apply(Quantiles.of(values, 0.9));
        return median(values, format) + " (" + least + "-" + most + ")";
    }

    private void row(String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
