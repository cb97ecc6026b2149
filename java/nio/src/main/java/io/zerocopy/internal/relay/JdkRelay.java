package io.zerocopy.internal.relay;

import io.zerocopy.RelayEnd;

import java.io.IOException;

/**
 * One relay: two sockets, and a flow each way. All but {@link #delivered} is for the thread that
 * has it. The same rules as {@code native/driver/relay_engine/relay.rs}.
 */
final class JdkRelay {
    /** No moment: later than all others. */
    static final long NEVER = Long.MAX_VALUE;

    /** What the turn of a relay asks for. */
    enum Next {
        /** An event or a deadline. */
        WAIT,
        /** Another turn, behind those of the others. */
        AGAIN,
        /** Nothing any more: both directions have ended. */
        OVER
    }

    /** For the set of relays: whether it stands in the queue, and when its timer goes off. */
    boolean isQueued;

    long timerNanos = NEVER;

    private final long number;
    private final Listener listener;
    private final JdkSocket[] sockets;
    private final JdkFlow[] flows;
    private final long begunNanos;
    private final long idleNanos;
    private final long lastNanos;
    private long movedNanos;

    /** Until when nothing may move each way: by the pace, or for want of memory; or 0. */
    private final long[] pausedUntilNanos = new long[2];

    /**
     * A relay that begins now.
     *
     * @param number its own among those of the engine
     * @param sockets the two, which are its own from here on
     * @param flows from the first socket to the second, and back
     * @param idleNanos how long nothing may move in either direction, or {@link #NEVER}
     * @param lastsNanos how long it may last, or {@link #NEVER}
     * @param nowNanos the time of the loop that it goes to
     * @param listener who is to be told
     */
    JdkRelay(
            long number,
            JdkSocket[] sockets,
            JdkFlow[] flows,
            long idleNanos,
            long lastsNanos,
            long nowNanos,
            Listener listener) {
        this.number = number;
        this.listener = listener;
        this.sockets = sockets;
        this.flows = flows;
        this.begunNanos = nowNanos;
        this.movedNanos = nowNanos;
        this.idleNanos = idleNanos;
        this.lastNanos = later(nowNanos, lastsNanos);
        for (int index = 0; index < 2; index++) {
            sockets[index].joins(this, index);
        }
    }

    long number() {
        return number;
    }

    Listener listener() {
        return listener;
    }

    JdkFlow flow(int way) {
        return flows[way];
    }

    /** Since it began. */
    long elapsedNanos(long nowNanos) {
        return nowNanos - begunNanos;
    }

    /**
     * Notes what the selector says of one of the sockets. Returns whether there is a turn to take.
     */
    boolean note(int index, int readyOps) {
        sockets[index].note(readyOps);
        return isRunnable(0) || isRunnable(1);
    }

    /** Moves up to {@code turnBytes} each way. */
    Next turn(long turnBytes, long nowNanos) {
        long deliveredBefore = delivered();
        boolean isSpent = false;
        for (int way = 0; way < 2; way++) {
            if (nowNanos < pausedUntilNanos[way]) {
                continue;
            }
            switch (flows[way].turn(sockets[way], sockets[1 - way], turnBytes, nowNanos)) {
                case SPENT -> isSpent = true;
                case PAUSES -> pausedUntilNanos[way] = later(nowNanos, flows[way].pauseNanos());
                case RESTS -> pausedUntilNanos[way] = 0;
            }
        }
        endBothOnFailure();
        if (delivered() != deliveredBefore) {
            movedNanos = nowNanos;
        }
        if (isOver()) {
            return Next.OVER;
        }
        // The second direction may have made the first one runnable: by the failure of its target.
        boolean isFirstReady = isRunnable(0) && nowNanos >= pausedUntilNanos[0];
        return isSpent || isFirstReady ? Next.AGAIN : Next.WAIT;
    }

    /**
     * Lets the selector tell of what the relay waits for, which nobody else may touch meanwhile.
     */
    void await() {
        for (int index = 0; index < 2; index++) {
            JdkFlow reading = flows[index];
            JdkFlow writing = flows[1 - index];
            sockets[index].await(
                    reading.awaitsSource() && pausedUntilNanos[index] == 0,
                    writing.awaitsTarget() && pausedUntilNanos[1 - index] == 0);
        }
    }

    /** The next moment at which something is due though no event comes. */
    long deadlineNanos() {
        long deadline = Math.min(later(movedNanos, idleNanos), lastNanos);
        for (long untilNanos : pausedUntilNanos) {
            deadline = untilNanos > 0 ? Math.min(deadline, untilNanos) : deadline;
        }
        return deadline;
    }

    /** Ends what is due. Returns whether a turn is: it is over, or goes on after a pause. */
    boolean expire(long nowNanos) {
        if (nowNanos >= lastNanos) {
            finish(RelayEnd.TIMEOUT, null);
        } else if (nowNanos >= later(movedNanos, idleNanos)) {
            finish(RelayEnd.IDLE_TIMEOUT, null);
        }
        boolean isDue = isOver();
        for (int way = 0; way < 2; way++) {
            if (pausedUntilNanos[way] > 0 && pausedUntilNanos[way] <= nowNanos) {
                pausedUntilNanos[way] = 0;
                isDue = true;
            }
        }
        return isDue;
    }

    /** Ends what has not ended, with the failure behind it or null. */
    void finish(RelayEnd end, IOException why) {
        flows[0].finish(end, why);
        flows[1].finish(end, why);
    }

    /** Whether the channels were not closed by somebody else. */
    boolean isOurs() {
        return sockets[0].isOurs() && sockets[1].isOurs();
    }

    /** Takes the sockets from the selector, which lets go of them in its next selection. */
    void deregister() {
        sockets[0].deregister();
        sockets[1].deregister();
    }

    /**
     * Closes both sockets. Each is reset where its peer would take what it got for all there was:
     * the other one has failed, or bytes are left of what it has sent.
     */
    void close() {
        boolean isCutToB = isCut(0);
        boolean isCutToA = isCut(1);
        sockets[1].close(isCutToB);
        sockets[0].close(isCutToA);
    }

    private boolean isCut(int way) {
        JdkFlow flow = flows[way];
        return switch (flow.end()) {
            case ENDED -> false;
            case SOURCE_FAILED -> true;
            case TARGET_FAILED -> flow.hasUndelivered();
            case IDLE_TIMEOUT, TIMEOUT, CLOSED -> flow.hasUndelivered() || sockets[way].hasUnread();
        };
    }

    private boolean isRunnable(int way) {
        return flows[way].isRunnable(sockets[way], sockets[1 - way]);
    }

    private boolean isOver() {
        return flows[0].end() != null && flows[1].end() != null;
    }

    /** A socket that can't be read any more was reset, and takes nothing either. */
    private void endBothOnFailure() {
        for (int way = 0; way < 2; way++) {
            JdkFlow flow = flows[way];
            if (flow.end() == RelayEnd.SOURCE_FAILED) {
                flows[1 - way].finish(RelayEnd.TARGET_FAILED, flow.failure());
            } else if (flow.end() == RelayEnd.CLOSED) {
                flows[1 - way].finish(RelayEnd.CLOSED, null);
            }
        }
    }

    private long delivered() {
        return flows[0].delivered() + flows[1].delivered();
    }

    private static long later(long moment, long nanos) {
        return nanos >= NEVER - moment ? NEVER : moment + nanos;
    }
}
