package io.zerocopy.cli.compare;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;

/** The tables for people. */
public final class TextReport {
    private static final String MISSING = "n/a";

    private final Results results;
    private final StringBuilder text = new StringBuilder();

    private TextReport(Results results) {
        this.results = results;
    }

    public static String of(Results results) {
        TextReport report = new TextReport(results);
        report.environment();
        results.subjects().forEach(report::block);
        report.summary();
        report.legend();
        return report.text.toString();
    }

    private void environment() {
        Environment environment = results.environment();
        line("JDK          %s", environment.jdk());
        line("System       %s", environment.system());
        line("Cores        %s", environment.cores());
        line("Native core  %s", environment.nativeCore());
    }

    private void block(Subject subject) {
        List<Row> rows = results.rowsOf(subject);
        Row fastest =
                rows.stream().min(Comparator.comparingDouble(Row::medianMillis)).orElseThrow();
        line("");
        line("%s, %d rounds", subject.label(), fastest.rounds().size());
        line(
                "  %-28s %9s  %-19s %6s %9s %12s %8s",
                "", "ms", "(min - max)", "GB/s", "CPU s/GB", "switches/GB", "calls");
        for (Row row : rows) {
            line(
                    "%s %-28s %9s  %-19s %6.2f %9.3f %12.0f %8s",
                    row == fastest ? "*" : " ",
                    row.method().title(),
                    millis(row.medianMillis()),
                    "(" + millis(row.minMillis()) + " - " + millis(row.maxMillis()) + ")",
                    row.gigabytesPerSecond(),
                    row.cpuSecondsPerGigabyte(),
                    row.switchesPerGigabyte(),
                    calls(row));
        }
    }

    private static String calls(Row row) {
        if (row.calls() != null) {
            return Long.toString(row.calls().total());
        }
        return row.ioCalls() == null ? MISSING : "~" + row.ioCalls().total();
    }

    private void summary() {
        line("");
        line(
                "%-30s %21s   %21s",
                "ZeroCopy.transferTo against",
                SendMethod.HEAP_8K.title(),
                SendMethod.FILE_CHANNEL.title());
        line("%-30s %10s %10s   %10s %10s", "", "speed", "CPU", "speed", "CPU");
        for (Subject subject : results.subjects()) {
            ratios(subject.label(), (ratio, other) -> ratio.of(subject, other));
        }
        if (results.subjects().size() > 1) {
            ratios(
                    "median of the sizes",
                    (ratio, other) ->
                            Median.of(
                                    results.subjects().stream()
                                            .mapToDouble(subject -> ratio.of(subject, other))
                                            .toArray()));
        }
    }

    private void ratios(String label, ToDoubleBiFunction<Ratio, SendMethod> value) {
        line(
                "  %-28s %8.2f x %8.2f x   %8.2f x %8.2f x",
                label,
                value.applyAsDouble(this::speed, SendMethod.HEAP_8K),
                value.applyAsDouble(this::cpu, SendMethod.HEAP_8K),
                value.applyAsDouble(this::speed, SendMethod.FILE_CHANNEL),
                value.applyAsDouble(this::cpu, SendMethod.FILE_CHANNEL));
    }

    private double speed(Subject subject, SendMethod other) {
        return results.row(subject, other).medianMillis()
                / results.row(subject, SendMethod.ZERO_COPY).medianMillis();
    }

    private double cpu(Subject subject, SendMethod other) {
        return results.row(subject, SendMethod.ZERO_COPY).cpuSecondsPerGigabyte()
                / results.row(subject, other).cpuSecondsPerGigabyte();
    }

    private void legend() {
        line("");
        line("*      fastest median of its size. Differences within the spread mean nothing.");
        line("ms     median; from the first byte offered until the receiver, a process of its own");
        line("       on the same machine, has confirmed the last one. 1 MB = 10^6 bytes.");
        line("CPU    seconds of the sending thread, user and system. In the summary: the share of");
        line("       the other method's, below 1 is better.");
        line("switches  context switches of the sending thread.");
        line("calls  system calls of one transfer, counted in an untimed pass under strace.");
        if (results.callsMissingCause() != null) {
            line(
                    "       ~ or %s: %s. After ~ the kernel's own account",
                    MISSING, results.callsMissingCause());
            line("       of reads and writes only, in which a sendfile is one of each.");
        }
        line("speed  times as fast as the other method, by the medians: above 1 is better.");
        line("Every method's bytes were verified at the receiver by CRC32C in an untimed pass.");
    }

    private static String millis(double value) {
        return String.format(
                Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments).stripTrailing()).append('\n');
    }

    @FunctionalInterface
    private interface Ratio {
        double of(Subject subject, SendMethod other);
    }
}
