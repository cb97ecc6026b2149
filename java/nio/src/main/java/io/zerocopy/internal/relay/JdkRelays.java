package io.zerocopy.internal.relay;

import io.zerocopy.RelayEnd;
import io.zerocopy.internal.core.FallbackLog;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;

/**
 * All relays of one thread: whose turn it is, and which deadlines pass. It never waits. The same
 * rules as {@code native/driver/relay_engine/relays.rs}.
 */
final class JdkRelays {
    /** What a relay moves each way before it is the turn of another one. */
    private static final long TURN_BYTES = 2 << 20;

    private final Set<JdkRelay> relays = new HashSet<>();
    private final Queue<JdkRelay> queue = new ArrayDeque<>();
    private final TreeSet<JdkRelay> timers =
            new TreeSet<>(
                    Comparator.<JdkRelay>comparingLong(relay -> relay.timerNanos)
                            .thenComparingLong(JdkRelay::number));

    /** Takes a relay in, whose first turn comes with the next round. */
    void add(JdkRelay relay) {
        relays.add(relay);
        enqueue(relay);
        setTimer(relay);
    }

    int count() {
        return relays.size();
    }

    /** Whether a turn is due now. */
    boolean hasTurns() {
        return !queue.isEmpty();
    }

    /** The next moment at which something is due though no event comes. */
    long deadlineNanos() {
        return timers.isEmpty() ? JdkRelay.NEVER : timers.first().timerNanos;
    }

    /** Notes what the selector says of a socket. */
    void note(JdkSocket socket, int readyOps) {
        JdkRelay relay = socket.relay();
        if (relays.contains(relay) && relay.note(socket.index(), readyOps)) {
            enqueue(relay);
        }
    }

    /** Ends a relay, if it is not over yet. */
    void finish(JdkRelay relay, RelayEnd end, IOException why) {
        if (relays.contains(relay)) {
            relay.finish(end, why);
            enqueue(relay);
        }
    }

    /** Ends all relays. */
    void finishAll(RelayEnd end, IOException why) {
        relays.forEach(relay -> finish(relay, end, why));
    }

    /** Ends those whose channels somebody else has closed: no event tells of that. */
    void finishStolen() {
        relays.forEach(
                relay -> {
                    if (!relay.isOurs()) {
                        finish(relay, RelayEnd.CLOSED, null);
                    }
                });
    }

    /**
     * Lets each relay that is ready take one turn, after what is due was ended. Puts those that are
     * over into {@code finished}.
     */
    void round(long nowNanos, List<JdkRelay> finished) {
        expire(nowNanos);
        for (int left = queue.size(); left > 0; left--) {
            JdkRelay relay = queue.remove();
            relay.isQueued = false;
            switch (guardedTurn(relay, nowNanos)) {
                case OVER -> {
                    takeOut(relay);
                    finished.add(relay);
                }
                case AGAIN -> {
                    enqueue(relay);
                    setTimer(relay);
                }
                case WAIT -> setTimer(relay);
            }
        }
    }

    /** What goes wrong with one relay must not stop the others. */
    private static JdkRelay.Next guardedTurn(JdkRelay relay, long nowNanos) {
        try {
            JdkRelay.Next next = relay.turn(TURN_BYTES, nowNanos);
            if (next == JdkRelay.Next.WAIT) {
                relay.await();
            }
            return next;
        } catch (CancelledKeyException e) {
            relay.finish(RelayEnd.CLOSED, null);
        } catch (RuntimeException | Error e) {
            String text = "a relay ends by a failure of its engine: " + e;
            FallbackLog.warnOnce(text, e);
            relay.finish(RelayEnd.SOURCE_FAILED, new IOException(text, e));
        }
        return JdkRelay.Next.OVER;
    }

    /**
     * A timer may be early: a relay that moves does not touch its timer, which is set anew when it
     * goes off.
     */
    private void expire(long nowNanos) {
        // Ends: each turn takes a timer out, and one that is put in is due later than now.
        while (!timers.isEmpty() && timers.first().timerNanos <= nowNanos) {
            JdkRelay relay = timers.pollFirst();
            relay.timerNanos = JdkRelay.NEVER;
            if (relay.expire(nowNanos)) {
                enqueue(relay);
            } else {
                setTimer(relay);
            }
        }
    }

    private void setTimer(JdkRelay relay) {
        long dueNanos = relay.deadlineNanos();
        if (dueNanos < relay.timerNanos) {
            timers.remove(relay);
            relay.timerNanos = dueNanos;
            timers.add(relay);
        }
    }

    private void enqueue(JdkRelay relay) {
        if (!relay.isQueued) {
            relay.isQueued = true;
            queue.add(relay);
        }
    }

    private void takeOut(JdkRelay relay) {
        relays.remove(relay);
        timers.remove(relay);
    }
}
