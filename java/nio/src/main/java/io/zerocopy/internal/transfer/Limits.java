package io.zerocopy.internal.transfer;

import java.util.function.BooleanSupplier;

/**
 * What stops a run before its end. Looked at between steps, and while waiting at least every 100
 * ms.
 *
 * @param deadlineNanos when the run has to be over, as {@link System#nanoTime} counts; {@link
 *     #NO_DEADLINE} for never
 * @param idleNanos how long nothing may move; {@link #NO_LIMIT} for any time
 * @param isCancelled whether somebody has asked for the end
 * @param onMoved called after each step that moved bytes
 */
public record Limits(
        long deadlineNanos, long idleNanos, BooleanSupplier isCancelled, Runnable onMoved) {
    /** No deadline. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    /** No limit. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** Nothing stops the run. */
    public static final Limits NONE = new Limits(NO_DEADLINE, NO_LIMIT, () -> false, () -> {});

    /** Whether nothing stops the run, so that it may sleep in system calls. */
    public boolean areNone() {
        return this == NONE;
    }
}
