package io.zerocopy.bench.relay;

import io.zerocopy.bench.Options;
import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Quantiles;
import io.zerocopy.bench.statistics.Ratio;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What proxies came to, for people and for programs. */
public final class FigureReport {
    private final Options options;

    public FigureReport(Options options) {
        this.options = options;
    }

    /** In Markdown: a table of figures and one of ratios. */
    public String section(String heading, Figures figures) {
        StringBuilder text = new StringBuilder();
        text.append("\n").append(heading).append(" ").append(figures.name()).append("\n\n");
        text.append(
                String.join(
                        " ",
                        joined(
                                figures.notes(),
                                List.of("CPU time is that of all threads of the proxy."))));
        text.append("\n\n");
        List<String> titles =
                figures.kinds().stream().map(kind -> kind.title() + " (p10-p90)").toList();
        text.append(row("contender", titles));
        text.append(row("---", titles.stream().map(title -> "--:").toList()));
        for (Figures.Subject subject : figures.subjects()) {
            text.append(
                    row(
                            subject.title(),
                            figures.kinds().stream()
                                    .map(kind -> spread(kind, figures.values(subject, kind)))
                                    .toList()));
        }
        return text.append(ratios(figures)).toString();
    }

    /** Every figure of every round, a line each. */
    public static String samples(List<Figures> all) {
        StringBuilder text = new StringBuilder(csv("scenario", "contender", "round", "what", "is"));
        for (Figures figures : all) {
            for (Figures.Subject subject : figures.subjects()) {
                for (Figure kind : figures.kinds()) {
                    double[] values = figures.values(subject, kind);
                    for (int i = 0; i < values.length; i++) {
                        text.append(
                                csv(
                                        figures.name(),
                                        subject.title(),
                                        i + 1,
                                        kind.title(),
                                        values[i]));
                    }
                }
            }
        }
        return text.toString();
    }

    /** Lines for ratios.csv. */
    public String ratiosForPrograms(List<Figures> all) {
        StringBuilder text = new StringBuilder();
        for (Figures figures : all) {
            for (Figures.Comparison comparison : comparisons(figures)) {
                for (int i = 0; i < figures.kinds().size(); i++) {
                    Ratio ratio = comparison.ratios().get(i);
                    text.append(
                            csv(
                                    figures.name(),
                                    comparison.ours().title(),
                                    comparison.theirs().title(),
                                    figures.kinds().get(i).title(),
                                    precise(ratio.value()),
                                    precise(ratio.interval().low()),
                                    precise(ratio.interval().high()),
                                    ratio.verdict()));
                }
            }
        }
        return text.toString();
    }

    private String ratios(Figures figures) {
        List<String> titles = figures.kinds().stream().map(FigureReport::ratioTitle).toList();
        StringBuilder text = new StringBuilder("\n");
        text.append(row("of", joined(List.of("against"), titles)));
        text.append(row("---", joined(List.of("---"), titles.stream().map(t -> "---").toList())));
        for (Figures.Comparison comparison : comparisons(figures)) {
            List<String> ratios = comparison.ratios().stream().map(this::text).toList();
            text.append(
                    row(
                            comparison.ours().title(),
                            joined(List.of(comparison.theirs().title()), ratios)));
        }
        return text.toString();
    }

    private List<Figures.Comparison> comparisons(Figures figures) {
        return figures.comparisons(new Bootstrap(options.seed));
    }

    private static String ratioTitle(Figure kind) {
        return "ratio of " + kind.title() + (kind.moreIsBetter() ? " (more is better)" : "");
    }

    private String text(Ratio ratio) {
        return String.format(
                Locale.ROOT,
                "%.2f [%.2f, %.2f]%s",
                ratio.value(),
                ratio.interval().low(),
                ratio.interval().high(),
                options.givesVerdicts() ? " " + ratio.verdict() : "");
    }

    private static String spread(Figure kind, double[] values) {
        return String.format(
                "%s (%s-%s)",
                kind.text(Quantiles.median(values)),
                kind.text(Quantiles.of(values, 0.1)),
                kind.text(Quantiles.of(values, 0.9)));
    }

    private static List<String> joined(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static String row(String first, List<String> cells) {
        return "| " + String.join(" | ", joined(List.of(first), cells)) + " |\n";
    }

    private static String precise(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String csv(Object... cells) {
        return Stream.of(cells)
                .map(Object::toString)
                .map(cell -> cell.contains(",") ? '"' + cell + '"' : cell)
                .collect(Collectors.joining(",", "", "\n"));
    }
}
