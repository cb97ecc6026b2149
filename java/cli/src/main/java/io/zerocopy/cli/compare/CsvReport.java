package io.zerocopy.cli.compare;

import java.util.Locale;
import java.util.StringJoiner;

/** The same for programs: a file with a line a row of the table, one with a line a transfer. */
public final class CsvReport {
    private CsvReport() {}

    public static String rows(Results results) {
        StringBuilder csv =
                new StringBuilder(
                        line(
                                "label",
                                "bytes",
                                "method",
                                "rounds",
                                "median_ms",
                                "min_ms",
                                "max_ms",
                                "gb_per_s",
                                "sender_cpu_s_per_gb",
                                "voluntary_switches_per_gb",
                                "involuntary_switches_per_gb",
                                "system_calls",
                                "system_calls_by_name",
                                "read_calls",
                                "write_calls",
                                "verified_crc32c",
                                "jdk",
                                "system",
                                "cores",
                                "native_core"));
        Environment environment = results.environment();
        for (Row row : results.rows()) {
            SystemCalls calls = row.calls();
            IoCalls io = row.ioCalls();
            csv.append(
                    line(
                            row.subject().label(),
                            row.subject().size().bytes(),
                            row.method().title(),
                            row.rounds().size(),
                            row.medianMillis(),
                            row.minMillis(),
                            row.maxMillis(),
                            row.gigabytesPerSecond(),
                            row.cpuSecondsPerGigabyte(),
                            row.voluntarySwitchesPerGigabyte(),
                            row.involuntarySwitchesPerGigabyte(),
                            calls == null ? "" : calls.total(),
                            calls == null ? "" : calls,
                            io == null ? "" : io.reads(),
                            io == null ? "" : io.writes(),
                            String.format("%08x", row.crc32c()),
                            environment.jdk(),
                            environment.system(),
                            environment.cores(),
                            environment.nativeCore()));
        }
        return csv.toString();
    }

    public static String rounds(Results results) {
        StringBuilder csv =
                new StringBuilder(
                        line(
                                "label",
                                "bytes",
                                "method",
                                "round",
                                "elapsed_ns",
                                "sender_cpu_ns",
                                "voluntary_switches",
                                "involuntary_switches"));
        for (Row row : results.rows()) {
            for (int i = 0; i < row.rounds().size(); i++) {
                Measurement round = row.rounds().get(i);
                csv.append(
                        line(
                                row.subject().label(),
                                row.subject().size().bytes(),
                                row.method().title(),
                                i + 1,
                                round.elapsedNanos(),
                                round.cpuNanos(),
                                round.switches().voluntary(),
                                round.switches().involuntary()));
            }
        }
        return csv.toString();
    }

    private static String line(Object... fields) {
        StringJoiner line = new StringJoiner(",", "", "\n");
        for (Object field : fields) {
            line.add(
                    field instanceof Double number
                            ? String.format(Locale.ROOT, "%.4f", number)
                            : quoted(field.toString()));
        }
        return line.toString();
    }

    private static String quoted(String field) {
        boolean plain = field.chars().noneMatch(c -> ",\"\r\n".indexOf(c) >= 0);
        return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
    }
}
