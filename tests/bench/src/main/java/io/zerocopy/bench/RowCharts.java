package io.zerocopy.bench;

import io.zerocopy.bench.relay.Figure;
import io.zerocopy.bench.relay.Figures;
import io.zerocopy.bench.statistics.Quantiles;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Draws a row: a group of bars for each scenario, one bar for each contender. */
final class RowCharts {
    private static final String LESS = ": less is better";
    private static final String MORE = ": more is better";

    private RowCharts() {}

    /** Writes throughput and CPU time of the row as PNG and SVG and returns the files. */
    static List<Path> write(Row row, List<Outcome> outcomes, Path folder)
            throws IOException, BenchException {
        return BarChart.drawn(
                () -> {
                    BarChart throughput = new BarChart(row.word(), "GB/s, median" + MORE);
                    addBars(throughput, outcomes, Outcome::gigabytesPerSecond);
                    BarChart cpu = new BarChart(row.word(), "CPU seconds per GB, median" + LESS);
                    addBars(cpu, outcomes, Outcome::cpuSecondsPerGigabyte);

                    List<Path> files = new ArrayList<>();
                    files.addAll(throughput.write(folder, row.word() + "-throughput"));
                    files.addAll(cpu.write(folder, row.word() + "-cpu"));
                    return files;
                });
    }

    /** The same for a row of proxies: a chart for each of its figures. */
    static List<Path> writeFigures(Row row, List<Figures> all, Path folder)
            throws IOException, BenchException {
        return BarChart.drawn(
                () -> {
                    List<Path> files = new ArrayList<>();
                    for (Figure kind : all.get(0).kinds()) {
                        String what =
                                kind.axis() + ", median" + (kind.moreIsBetter() ? MORE : LESS);
                        BarChart chart = new BarChart(row.word(), what);
                        addFigures(chart, all, kind);
                        files.addAll(chart.write(folder, row.word() + "-" + kind.word()));
                    }
                    return files;
                });
    }

    /** What of a contender is shown: a value for each round. */
    private interface Measure {
        double[] of(Outcome outcome, Contender contender);
    }

    /** The contenders of a row are the same in all of its scenarios. */
    private static void addBars(BarChart chart, List<Outcome> outcomes, Measure measure) {
        List<String> names = outcomes.stream().map(o -> o.scenario().name()).toList();
        for (Contender contender : outcomes.get(0).contenders()) {
            List<Double> medians =
                    outcomes.stream()
                            .map(outcome -> Quantiles.median(measure.of(outcome, contender)))
                            .toList();
            chart.add(contender.title(), contender.isOurs(), contender.isNative(), names, medians);
        }
    }

    private static void addFigures(BarChart chart, List<Figures> all, Figure kind) {
        List<String> names = all.stream().map(Figures::name).toList();
        for (Figures.Subject subject : all.get(0).subjects()) {
            List<Double> medians =
                    all.stream()
                            .map(figures -> Quantiles.median(figures.values(subject, kind)))
                            .map(kind::onAxis)
                            .toList();
            chart.add(subject.title(), subject.isOurs(), subject.isNative(), names, medians);
        }
    }
}
