package io.zerocopy.bench;

import io.zerocopy.cli.compare.ChartFiles;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Groups of bars, one bar of each group for each contender. */
public final class BarChart {
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

    private final CategoryChart chart;
    private int ours;
    private int others;

    /**
     * A chart without bars.
     *
     * @param title above it
     * @param what beside its scale: what the values are, and which are better
     */
    public BarChart(String title, String what) {
        chart =
                new CategoryChartBuilder()
                        .width(ChartFiles.WIDTH)
                        .height(ChartFiles.HEIGHT)
                        .title(title)
                        .yAxisTitle(what)
                        .build();
        ChartFiles.style(chart.getStyler());
        chart.getStyler().setAvailableSpaceFill(0.86);
        chart.getStyler().setYAxisMin(0.0);
    }

    /** The bars of one contender: a value in each group. What is ours is told by its colour. */
    public void add(
            String title,
            boolean isOurs,
            boolean isNative,
            List<String> groups,
            List<Double> values) {
        Color colour =
                !isOurs
                        ? COLOURS.get(others++ % COLOURS.size())
                        : isNative ? OUR_C_FACE : OURS.get(ours++ % OURS.size());
        chart.addSeries(title, groups, values).setFillColor(colour);
    }

    /** Writes it as PNG and SVG and returns the files. */
    public List<Path> write(Path folder, String name) throws IOException {
        return ChartFiles.write(chart, folder, name);
    }

    /** Draws, on a system without a screen too. */
    interface Drawing {
        List<Path> draw() throws IOException;
    }

    /**
     * Has charts drawn.
     *
     * @throws BenchException if the system has no fonts
     */
    static List<Path> drawn(Drawing drawing) throws IOException, BenchException {
        ChartFiles.doWithoutScreen();
        try {
            return drawing.draw();
        } catch (RuntimeException | LinkageError | InternalError failure) {
            // On a system without fonts the JDK fails in one of these ways, by its version.
            throw new BenchException(
                    "can't draw the charts; all else is written. Are fonts installed, by the"
                            + " packages fontconfig and fonts-dejavu-core for example?",
                    failure);
        }
    }
}
