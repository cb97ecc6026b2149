package io.zerocopy.reuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What a stress has done and found. Of what is wrong the first few are kept in words. */
final class Findings {
    private static final int KEPT_MAX = 10;

    final AtomicLong transfers = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong endedByClose = new AtomicLong();
    final AtomicLong reopened = new AtomicLong();

    /** The kinds of job that were done. */
    final Set<String> jobs = ConcurrentHashMap.newKeySet();

    private final long beginNanos = System.nanoTime();
    private final List<String> wrong = new ArrayList<>();
    private volatile long foreignNanos = -1;

    /** Takes down what went wrong in {@code where}. */
    void add(String where, Throwable thrown) {
        if (thrown instanceof Pattern.ForeignBytesError && foreignNanos < 0) {
            foreignNanos = System.nanoTime() - beginNanos;
        }
        StringBuilder text = new StringBuilder(where + ": " + thrown);
        for (StackTraceElement frame : thrown.getStackTrace()) {
            text.append(System.lineSeparator()).append("    at ").append(frame);
        }
        synchronized (wrong) {
            if (wrong.size() < KEPT_MAX) {
                wrong.add(text.toString());
            }
        }
    }

    /** Everything that went wrong, as far as it is kept. */
    List<String> wrong() {
        synchronized (wrong) {
            return List.copyOf(wrong);
        }
    }

    boolean hasForeignBytes() {
        return foreignNanos >= 0;
    }

    /** How long after the begin the first foreign bytes were seen; negative if none were. */
    long foreignMillis() {
        return foreignNanos < 0 ? -1 : foreignNanos / 1_000_000;
    }

    @Override
    public String toString() {
        return jobs.size()
                + " kinds of job, "
                + transfers
                + " transfers of "
                + bytes
                + " bytes, "
                + endedByClose
                + " ended by a close, "
                + reopened
                + " other channels opened";
    }
}
