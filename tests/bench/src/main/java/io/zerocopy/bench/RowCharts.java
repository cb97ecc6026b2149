package io.zerocopy.bench;

import io.zerocopy.bench.statistics.Quantiles;
import io.zerocopy.cli.compare.ChartFiles;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Draws a row: a group of bars for each scenario, one bar for each contender. */
final class RowCharts {
    /** The Okabe-Ito palette, which colour-blind readers can tell apart, without ours. */
    private static final List<Color> COLOURS =
            List.of(
                    new Color(0x0072B2),
                    new Color(0x56B4E9),
                    new Color(0x009E73),
                    new Color(0xE69F00),
                    new Color(0xCC79A7),
                    new Color(0x999999),
                    new Color(0x555555),
                    new Color(0xF0E442));

    /** Shades of one colour, for several ways and several JVMs. */
    private static final List<Color> OURS =
            List.of(
                    new Color(0xD55E00),
                    new Color(0x9C4500),
                    new Color(0xFF8B3D),
                    new Color(0x6B2F00));

    private static final Color OUR_C_FACE = new Color(0xF2A477);

    private RowCharts() {}

    /** Writes throughput and CPU time of the row as PNG and SVG and returns the files. */
    static List<Path> write(Row row, List<Outcome> outcomes, Path folder)
            throws IOException, BenchException {
        ChartFiles.doWithoutScreen();
        try {
            CategoryChart throughput = chart(row, "GB/s, median: more is better");
            addBars(throughput, outcomes, Outcome::gigabytesPerSecond);
            CategoryChart cpu = chart(row, "CPU seconds per GB, median: less is better");
            addBars(cpu, outcomes, Outcome::cpuSecondsPerGigabyte);

            List<Path> files = new ArrayList<>();
            files.addAll(ChartFiles.write(throughput, folder, row.word() + "-throughput"));
            files.addAll(ChartFiles.write(cpu, folder, row.word() + "-cpu"));
            return files;
        } catch (RuntimeException | LinkageError | InternalError failure) {
            // On a system without fonts the JDK fails in one of these ways, by its version.
            throw new BenchException(
                    "can't draw the charts; all else is written. Are fonts installed, by the"
                            + " packages fontconfig and fonts-dejavu-core for example?",
                    failure);
        }
    }

    /** What of a contender is shown: a value for each round. */
    private interface Measure {
        double[] of(Outcome outcome, Contender contender);
    }

    private static CategoryChart chart(Row row, String what) {
        CategoryChart chart =
                new CategoryChartBuilder()
                        .width(ChartFiles.WIDTH)
                        .height(ChartFiles.HEIGHT)
                        .title(row.word())
                        .yAxisTitle(what)
                        .build();
        ChartFiles.style(chart.getStyler());
        chart.getStyler().setAvailableSpaceFill(0.86);
        chart.getStyler().setYAxisMin(0.0);
        return chart;
    }

    /** The contenders of a row are the same in all of its scenarios. */
    private static void addBars(CategoryChart chart, List<Outcome> outcomes, Measure measure) {
        List<String> names = outcomes.stream().map(o -> o.scenario().name()).toList();
        int ours = 0;
        int others = 0;
        for (Contender contender : outcomes.get(0).contenders()) {
            List<Double> medians =
                    outcomes.stream()
                            .map(outcome -> Quantiles.median(measure.of(outcome, contender)))
                            .toList();
            Color colour =
                    !contender.isOurs()
                            ? COLOURS.get(others++ % COLOURS.size())
                            : contender.isNative() ? OUR_C_FACE : OURS.get(ours++ % OURS.size());
            chart.addSeries(contender.title(), names, medians).setFillColor(colour);
        }
    }
}
