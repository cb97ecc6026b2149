package io.zerocopy.cli.compare;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Draws the results: time by size, as in the classic experiment, and the sender's CPU time. */
public final class Charts {
    private static final double RANGE_WITH_ALL_LINES_MAX = 20;

    /** The Okabe-Ito palette, which colour-blind readers can tell apart; ours stands out. */
    private static final Map<SendMethod, Color> COLOURS =
            new EnumMap<>(
                    Map.of(
                            SendMethod.HEAP_8K, new Color(0x555555),
                            SendMethod.HEAP_64K, new Color(0xA6A6A6),
                            SendMethod.DIRECT_256K, new Color(0xE69F00),
                            SendMethod.MAPPED, new Color(0x56B4E9),
                            SendMethod.FILE_CHANNEL, new Color(0x0072B2),
                            SendMethod.ZERO_COPY, new Color(0xD55E00)));

    private static final Map<SendMethod, Marker> MARKERS =
            new EnumMap<>(
                    Map.of(
                            SendMethod.HEAP_8K, SeriesMarkers.SQUARE,
                            SendMethod.HEAP_64K, SeriesMarkers.SQUARE,
                            SendMethod.DIRECT_256K, SeriesMarkers.TRIANGLE_UP,
                            SendMethod.MAPPED, SeriesMarkers.TRIANGLE_DOWN,
                            SendMethod.FILE_CHANNEL, SeriesMarkers.DIAMOND,
                            SendMethod.ZERO_COPY, SeriesMarkers.CIRCLE));

    private Charts() {}

    /** Writes each chart as PNG and SVG and returns the files. */
    public static List<Path> write(Results results, Path folder)
            throws IOException, ExperimentException {
        ChartFiles.doWithoutScreen();
        List<Path> files = new ArrayList<>();
        try {
            files.addAll(ChartFiles.write(time(results), folder, "transfer-time"));
            files.addAll(ChartFiles.write(cpu(results), folder, "sender-cpu"));
        } catch (RuntimeException | LinkageError | InternalError failure) {
            // On a system without fonts the JDK fails in one of these ways, by its version.
            throw new ExperimentException(
                    "cannot draw the charts: "
                            + failure
                            + ". Are fonts installed (package fonts-dejavu-core or the like)?",
                    failure);
        }
        return files;
    }

    private static XYChart time(Results results) {
        XYChart chart =
                new XYChartBuilder()
                        .width(ChartFiles.WIDTH)
                        .height(ChartFiles.HEIGHT)
                        .title("A file over TCP: time until the receiver has it all")
                        .xAxisTitle("file size, MB (log scale)")
                        .yAxisTitle("milliseconds, median (log scale)")
                        .build();
        ChartFiles.style(chart.getStyler());
        logarithmic(chart.getStyler(), results.rows());
        for (SendMethod method : SendMethod.values()) {
            List<Row> rows = results.rowsOf(method);
            XYSeries series =
                    chart.addSeries(
                            method.title(),
                            values(rows, Charts::megabytes),
                            values(rows, Row::medianMillis));
            series.setMarker(MARKERS.get(method)).setMarkerColor(COLOURS.get(method));
            series.setLineColor(COLOURS.get(method));
            series.setLineStyle(new BasicStroke(method == SendMethod.ZERO_COPY ? 3f : 1.8f));
        }
        return chart;
    }

    private static CategoryChart cpu(Results results) {
        CategoryChart chart =
                new CategoryChartBuilder()
                        .width(ChartFiles.WIDTH)
                        .height(ChartFiles.HEIGHT)
                        .title("A file over TCP: CPU time of the sending thread")
                        .xAxisTitle("file size")
                        .yAxisTitle("CPU seconds per GB, median")
                        .build();
        ChartFiles.style(chart.getStyler());
        chart.getStyler().setAvailableSpaceFill(0.86);
        chart.getStyler().setYAxisMin(0.0);
        List<String> labels = results.subjects().stream().map(Subject::label).toList();
        for (SendMethod method : SendMethod.values()) {
            List<Double> values =
                    results.rowsOf(method).stream().map(Row::cpuSecondsPerGigabyte).toList();
            chart.addSeries(method.title(), labels, values).setFillColor(COLOURS.get(method));
        }
        return chart;
    }

    /** Numbers at 1, 2, ... 9 of each decade fit only while there are few decades. */
    private static void logarithmic(XYStyler styler, List<Row> rows) {
        double sizeMin = rows.stream().mapToDouble(Charts::megabytes).min().orElseThrow();
        double sizeMax = rows.stream().mapToDouble(Charts::megabytes).max().orElseThrow();
        double millisMin = rows.stream().mapToDouble(Row::medianMillis).min().orElseThrow();
        double millisMax = rows.stream().mapToDouble(Row::medianMillis).max().orElseThrow();
        // Room around the points, also where there is a single one.
        styler.setXAxisMin(sizeMin / 1.5).setXAxisMax(sizeMax * 1.5);
        styler.setYAxisMin(millisMin / 1.5).setYAxisMax(millisMax * 1.5);
        styler.setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        styler.setXAxisLogarithmicDecadeOnly(sizeMax / sizeMin > RANGE_WITH_ALL_LINES_MAX);
        styler.setYAxisLogarithmicDecadeOnly(millisMax / millisMin > RANGE_WITH_ALL_LINES_MAX);
        styler.setXAxisDecimalPattern("#,##0.######").setYAxisDecimalPattern("#,##0.######");
    }

    private static double megabytes(Row row) {
        return row.subject().size().bytes() / 1e6;
    }

    private static double[] values(List<Row> rows, ToDoubleFunction<Row> value) {
        return rows.stream().mapToDouble(value).toArray();
    }
}
