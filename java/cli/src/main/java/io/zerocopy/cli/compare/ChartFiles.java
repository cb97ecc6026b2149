package io.zerocopy.cli.compare;

import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

/** How charts look, and how they become files. */
public final class ChartFiles {
    /** In pixels, and in the units of an SVG file. */
    public static final int WIDTH = 1200;

    /** As {@link #WIDTH}. */
    public static final int HEIGHT = 680;

    /** Pixels of the PNG for one unit of the drawing: sharp on dense screens and in print. */
    private static final int PNG_SCALE = 2;

    private ChartFiles() {}

    /**
     * To be called before any chart is made: often there is no screen, and nothing to show on it.
     */
    public static void doWithoutScreen() {
        System.setProperty("java.awt.headless", "true");
    }

    /** What all charts have in common. */
    public static void style(AxesChartStyler styler) {
        styler.setChartBackgroundColor(Color.WHITE).setPlotBorderVisible(false);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE).setLegendBorderColor(Color.WHITE);
        styler.setBaseFont(font(Font.PLAIN, 14));
        styler.setChartTitleFont(font(Font.BOLD, 18)).setLegendFont(font(Font.PLAIN, 13));
        styler.setAxisTickLabelsFont(font(Font.PLAIN, 13));
        styler.setMarkerSize(8).setAntiAlias(true).setChartPadding(16);
    }

    /** Writes a chart as PNG and SVG and returns the files. */
    public static List<Path> write(Chart<?, ?> chart, Path folder, String name) throws IOException {
        Path png = folder.resolve(name + ".png");
        Path svg = folder.resolve(name + ".svg");
        writePng(chart, png);
        writeSvg(chart, svg);
        return List.of(png, svg);
    }

    private static Font font(int weight, int size) {
        return new Font(Font.SANS_SERIF, weight, size);
    }

    private static void writePng(Chart<?, ?> chart, Path file) throws IOException {
        BufferedImage image =
                new BufferedImage(
                        WIDTH * PNG_SCALE, HEIGHT * PNG_SCALE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(PNG_SCALE, PNG_SCALE);
        graphics.setRenderingHint(
                RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        chart.paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        if (!ImageIO.write(image, "png", file.toFile())) {
            throw new IOException("this JDK cannot write PNG files");
        }
    }

    private static void writeSvg(Chart<?, ?> chart, Path file) throws IOException {
        SVGGraphics2D graphics;
        try {
            graphics =
                    new SVGGraphics2D(
                            DocumentBuilderFactory.newInstance()
                                    .newDocumentBuilder()
                                    .getDOMImplementation()
                                    .createDocument("http://www.w3.org/2000/svg", "svg", null));
        } catch (ParserConfigurationException failure) {
            throw new IOException("this JDK has no XML parser", failure);
        }
        graphics.setSVGCanvasSize(new Dimension(WIDTH, HEIGHT));
        chart.paint(graphics, WIDTH, HEIGHT);
        try (Writer writer = Files.newBufferedWriter(file)) {
            graphics.stream(writer, true);
        }
    }
}
