package io.zerocopy.bench;

import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.Sample;
import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Ratio;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The same for programs: every sample, and every ratio. */
final class CsvReport {
    private CsvReport() {}

    static String samples(List<Outcome> outcomes) {
        StringBuilder text = new StringBuilder();
        text.append(
                row(
                        "scenario",
                        "bytes",
                        "transfers",
                        "source",
                        "target",
                        "contender",
                        "round",
                        "wall_ns",
                        "cpu_ns",
                        "process_cpu_ns",
                        "voluntary_switches",
                        "involuntary_switches"));
        for (Outcome outcome : outcomes) {
            Burst burst = outcome.scenario().burst();
            for (Contender contender : outcome.contenders()) {
                int round = 0;
                for (Sample sample : outcome.samples(contender)) {
                    text.append(
                            row(
                                    outcome.scenario().name(),
                                    burst.bytes(),
                                    burst.transfers(),
                                    kind(outcome.scenario().source()),
                                    kind(outcome.scenario().target()),
                                    contender.title(),
                                    ++round,
                                    sample.wallNanos(),
                                    sample.cpuNanos(),
                                    sample.processCpuNanos(),
                                    sample.voluntary(),
                                    sample.involuntary()));
                }
            }
        }
        return text.toString();
    }

    static String ratios(List<Outcome> outcomes, Options options) {
        StringBuilder text = new StringBuilder();
        text.append(row("scenario", "of", "against", "what", "ratio", "low", "high", "verdict"));
        Bootstrap bootstrap = new Bootstrap(options.seed);
        for (Outcome outcome : outcomes) {
            for (Comparison comparison : Comparison.of(outcome, bootstrap)) {
                text.append(ratio(outcome, comparison, "throughput", comparison.throughput()));
                text.append(ratio(outcome, comparison, "cpu", comparison.cpu()));
            }
        }
        return text.toString();
    }

    private static String ratio(Outcome outcome, Comparison comparison, String what, Ratio ratio) {
        return row(
                outcome.scenario().name(),
                comparison.ours().title(),
                comparison.theirs().title(),
                what,
                precise(ratio.value()),
                precise(ratio.interval().low()),
                precise(ratio.interval().high()),
                ratio.verdict());
    }

    /** The location is a path of this machine. */
    private static String kind(String end) {
        return end.split(" ")[0];
    }

    private static String precise(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String row(Object... cells) {
        return Stream.of(cells)
                .map(Object::toString)
                .map(cell -> cell.contains(",") ? '"' + cell + '"' : cell)
                .collect(Collectors.joining(",", "", "\n"));
    }
}
