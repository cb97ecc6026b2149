package io.zerocopy.cli.compare;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What to compare.
 *
 * @param subjects what is sent, in this order
 * @param output the folder for reports and, while it runs, for the sample files
 * @param rounds timed rounds a subject, or 0 for as many as fit into the budget
 * @param budget how long the whole run should take
 */
public record Plan(List<Subject> subjects, Path output, int rounds, Duration budget) {
    public Plan {
        subjects = List.copyOf(subjects);
    }
}
