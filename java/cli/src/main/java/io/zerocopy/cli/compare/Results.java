package io.zerocopy.cli.compare;

import java.util.List;

/**
 * All that a run found out.
 *
 * @param rows by subject, and within a subject by method
 * @param callsMissingCause why some system calls were not counted, or null
 */
public record Results(Environment environment, List<Row> rows, String callsMissingCause) {
    public Results {
        rows = List.copyOf(rows);
    }

    List<Subject> subjects() {
        return rows.stream().map(Row::subject).distinct().toList();
    }

    List<Row> rowsOf(Subject subject) {
        return rows.stream().filter(row -> row.subject().equals(subject)).toList();
    }

    List<Row> rowsOf(SendMethod method) {
        return rows.stream().filter(row -> row.method() == method).toList();
    }

    Row row(Subject subject, SendMethod method) {
        return rowsOf(subject).stream()
                .filter(row -> row.method() == method)
                .findFirst()
                .orElseThrow();
    }
}
