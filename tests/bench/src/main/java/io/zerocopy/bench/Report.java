package io.zerocopy.bench;

import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Quantiles;
import io.zerocopy.bench.statistics.Verdict;
import java.util.List;
import java.util.Locale;

/** The report for people, in Markdown. */
final class Report {
    private final StringBuilder text = new StringBuilder();
    private final Options options;
    private final SystemCallCounter systemCalls;

    Report(Options options, SystemCallCounter systemCalls) {
        this.options = options;
        this.systemCalls = systemCalls;
    }

    String of(List<String> environment, List<Outcome> outcomes) {
        line("# Benchmark of zerocopy-nio");
        line("");
        environment.forEach(fact -> line("- " + fact));
        line(String.format(Locale.ROOT,
                "- %d rounds, interleaved; seed %d; %d resamples, percentile intervals of 95 %%",
                options.rounds(), options.seed, Bootstrap.RESAMPLES));
        if (!options.givesVerdicts()) {
            line("- **fewer than " + Options.ROUNDS_FOR_VERDICT
                    + " rounds: this shows that the benchmark works, and nothing else**");
        }
        for (Outcome outcome : outcomes) {
            scenario(outcome);
        }
        legend();
        return text.toString();
    }

    private void scenario(Outcome outcome) {
        line("");
        line("## " + outcome.scenario().name());
        line("");
        line(outcome.scenario().burst().transfers() + " transfers a round.");
        line("");
        line("| contender | time per transfer (p10-p90) | GB/s | sender CPU per transfer"
                + " | CPU s/GB (p10-p90) | " + switchesTitle(outcome)
                + " | system calls per transfer |");
        line("|---|--:|--:|--:|--:|--:|---|");
        for (Contender contender : outcome.contenders()) {
            line(row(outcome, contender));
        }
        line("");
        line("| of | against | throughput ratio | | CPU ratio | |");
        line("|---|---|--:|---|--:|---|");
        for (Comparison comparison : Comparison.of(outcome, new Bootstrap(options.seed))) {
            line("| " + comparison.ours().title() + " | " + comparison.theirs().title() + " | "
                    + ratio(comparison.throughput()) + " | " + ratio(comparison.cpu()) + " |");
        }
    }

    private String row(Outcome outcome, Contender contender) {
        double[] nanos = outcome.nanosPerTransfer(contender);
        double[] cpu = outcome.cpuSecondsPerGigabyte(contender);
        return "| " + String.join(" | ",
                contender.title(),
                Numbers.duration(Quantiles.median(nanos)) + " ("
                        + Numbers.duration(Quantiles.of(nanos, 0.1)) + "-"
                        + Numbers.duration(Quantiles.of(nanos, 0.9)) + ")",
                median(outcome.gigabytesPerSecond(contender)),
                Numbers.duration(Quantiles.median(outcome.cpuNanosPerTransfer(contender))),
                median(cpu) + " (" + Numbers.plain(Quantiles.of(cpu, 0.1)) + "-"
                        + Numbers.plain(Quantiles.of(cpu, 0.9)) + ")",
                median(outcome.switches(contender)),
                systemCalls.callsOf(contender, outcome.scenario())) + " |";
    }

    private static String switchesTitle(Outcome outcome) {
        int transfers = outcome.scenario().transfersTold();
        return "switches per " + (transfers == 1 ? "transfer" : transfers + " transfers");
    }

    private String ratio(Comparison.Ratio ratio) {
        String numbers = String.format(Locale.ROOT, "%.2f [%.2f, %.2f]",
                ratio.value(), ratio.interval().low(), ratio.interval().high());
        return numbers + " | " + (options.givesVerdicts() ? ratio.verdict() : "-");
    }

    private void legend() {
        line("");
        line("Medians. The throughput ratio is of bytes per second: above 1, ZeroCopy is faster."
                + " The CPU ratio is of the sending thread's user and system time: below 1, ZeroCopy"
                + " needs less. In brackets the 95 % interval. *better*: all of it on the right side"
                + " of 1; *equal*: in " + Verdict.EQUALITY.low() + "-" + Verdict.EQUALITY.high()
                + ", or around 1 and no wider than that; *worse*: all of it on the wrong side;"
                + " *undecided*: around 1, but wider.");
        line("");
        String cause = systemCalls.causeOfAbsence();
        line("System calls: of transfers of at most " + (SystemCallCounter.BYTES_MAX >> 20)
                + " MiB, counted in an untimed pass, without futex, gettid, mprotect and madvise,"
                + " which the JVM makes for itself" + (cause == null ? "." : "; n/a: " + cause + "."));
    }

    private static String median(double[] values) {
        return Numbers.plain(Quantiles.median(values));
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
