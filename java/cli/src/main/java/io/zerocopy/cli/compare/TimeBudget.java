package io.zerocopy.cli.compare;

import java.time.Duration;
import java.util.List;

/**
 * Shares a run's time among its subjects: the big ones get more, none gets too little, and what one
 * leaves over goes to the later ones.
 */
final class TimeBudget {
    /** What a subject costs beside its bytes, as if it were so much bigger. */
    private static final long FIXED_COST_BYTES = 150_000_000;

    private final long endNanos;
    private final List<Subject> subjects;

    TimeBudget(Duration total, List<Subject> subjects) {
        this.endNanos = System.nanoTime() + total.toNanos();
        this.subjects = subjects;
    }

    /** How long the subject at the index may take if it starts now. */
    Duration shareOf(int index) {
        double all = 0;
        for (Subject subject : subjects.subList(index, subjects.size())) {
            all += weight(subject);
        }
        long left = Math.max(0, endNanos - System.nanoTime());
        return Duration.ofNanos((long) (left * (weight(subjects.get(index)) / all)));
    }

    private static double weight(Subject subject) {
        return subject.size().bytes() + FIXED_COST_BYTES;
    }
}
