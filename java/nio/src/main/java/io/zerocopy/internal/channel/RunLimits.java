package io.zerocopy.internal.channel;

import io.zerocopy.internal.transfer.LimitExceededException;
import io.zerocopy.internal.transfer.Limits;

/**
 * The limits of one run as its loop looks at them, and how much a step may move so that they are
 * looked at often enough.
 */
final class RunLimits {
    /** With limits a step is short, and gets shorter where the ends are slow. */
    private static final long LIMITED_STEP_BYTES_MAX = 2 << 20;

    /**
     * What the kernel hands to a socket in one go, and sleeps on once, up to the send time-out: 16
     * pages.
     */
    private static final long LIMITED_STEP_BYTES_MIN = 64 << 10;

    private static final long SLOW_STEP_NANOS = 50_000_000L;
    private static final long FAST_STEP_NANOS = 10_000_000L;

    private final Limits limits;
    private final boolean areNone;
    private final FileStep fileStep;
    private long stepBytes = LIMITED_STEP_BYTES_MAX;
    private long stepBeganNanos;
    private long movedNanos;

    RunLimits(Limits limits, boolean isBetweenFiles) {
        this.limits = limits;
        this.areNone = limits.areNone();
        this.fileStep = isBetweenFiles ? new FileStep() : null;
        this.movedNanos = areNone ? 0 : System.nanoTime();
    }

    boolean areNone() {
        return areNone;
    }

    boolean isCancelled() {
        return !areNone && limits.isCancelled().getAsBoolean();
    }

    /** Throws if a time limit has passed. */
    void check() throws LimitExceededException {
        if (areNone) {
            return;
        }
        long now = System.nanoTime();
        if (hasDeadline() && now - limits.deadlineNanos() >= 0) {
            throw new LimitExceededException("the transfer did not end in time");
        }
        if (now - movedNanos >= limits.idleNanos()) {
            throw new LimitExceededException("nothing moved for too long");
        }
    }

    /** How long there is until the next time limit, at least 1. */
    long leftNanos() {
        if (areNone) {
            return Long.MAX_VALUE;
        }
        long now = System.nanoTime();
        long left = hasDeadline() ? limits.deadlineNanos() - now : Long.MAX_VALUE;
        if (limits.idleNanos() != Limits.NO_LIMIT) {
            left = Math.min(left, limits.idleNanos() - (now - movedNanos));
        }
        return Math.max(left, 1);
    }

    long stepBytesMax() {
        if (fileStep != null) {
            return fileStep.bytesMax();
        }
        return areNone ? Long.MAX_VALUE : stepBytes;
    }

    void stepBegins() {
        if (fileStep != null) {
            fileStep.begins();
        }
        stepBeganNanos = areNone ? 0 : System.nanoTime();
    }

    /** Adapts the next step to how long this one has taken for {@code moved} bytes. */
    void stepEnds(long moved) {
        if (fileStep != null) {
            fileStep.ends(moved);
        }
        if (areNone) {
            return;
        }
        long nanos = System.nanoTime() - stepBeganNanos;
        if (nanos > SLOW_STEP_NANOS) {
            stepBytes = Math.max(stepBytes / 2, LIMITED_STEP_BYTES_MIN);
        } else if (nanos < FAST_STEP_NANOS) {
            stepBytes = Math.min(stepBytes * 2, LIMITED_STEP_BYTES_MAX);
        }
    }

    /** Time has passed because of the pace, and not because an end is idle. */
    void paused(long nanos) {
        movedNanos += nanos;
    }

    /** Bytes were moved. */
    void moved() {
        if (!areNone) {
            movedNanos = System.nanoTime();
            limits.onMoved().run();
        }
    }

    private boolean hasDeadline() {
        return limits.deadlineNanos() != Limits.NO_DEADLINE;
    }
}
