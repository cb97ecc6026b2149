package io.zerocopy.internal.transfer;

import java.util.concurrent.locks.LockSupport;

/** Looks after the {@link Limits} of one run. */
final class Watch {
    /** The longest time for which nobody looks whether the run was cancelled. */
    private static final long LOOK_NANOS = 100_000_000L;

    private final Limits limits;
    private long lastMovedNanos = System.nanoTime();

    Watch(Limits limits) {
        this.limits = limits;
    }

    boolean isCancelled() {
        return limits.isCancelled().getAsBoolean();
    }

    /** Throws if a time limit has passed. */
    void check() throws LimitExceededException {
        long now = System.nanoTime();
        if (hasDeadline() && now - limits.deadlineNanos() >= 0) {
            throw new LimitExceededException("the transfer did not end in time");
        }
        if (hasIdleLimit() && now - lastMovedNanos >= limits.idleNanos()) {
            throw new LimitExceededException("nothing moved for too long");
        }
    }

    /** To be called after each step that moved bytes. */
    void moved() {
        lastMovedNanos = System.nanoTime();
        limits.onMoved().run();
    }

    /** How long a wait may last before the limits have to be looked at again; more than 0. */
    long waitNanos() {
        long now = System.nanoTime();
        long nanos = LOOK_NANOS;
        if (hasDeadline()) {
            nanos = Math.min(nanos, limits.deadlineNanos() - now);
        }
        if (hasIdleLimit()) {
            nanos = Math.min(nanos, limits.idleNanos() - (now - lastMovedNanos));
        }
        return Math.max(1, nanos);
    }

    /**
     * Lets time pass because of the pace, and not because an end is idle: at most so much that the
     * limits can be looked at.
     */
    void pause(long nanos) {
        long before = System.nanoTime();
        LockSupport.parkNanos(Math.min(nanos, waitNanos()));
        lastMovedNanos += System.nanoTime() - before;
    }

    private boolean hasDeadline() {
        return limits.deadlineNanos() != Limits.NO_DEADLINE;
    }

    private boolean hasIdleLimit() {
        return limits.idleNanos() != Limits.NO_LIMIT;
    }
}
