package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SystemCallException;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The one thread that takes the completions of all senders of this JVM as they come, sends what was
 * queued, and ends senders whose channel was closed.
 *
 * <p>A completion that nobody takes is POLLERR of its socket, and would make every selector that
 * the channel is registered with spin. It is a daemon, waits in {@code epoll_wait(2)}, runs nobody
 * else's code, and ends when there was no sender for a while.
 */
final class Reaper implements Runnable {
    /**
     * How often it looks for closed channels and for senders whose time is over: nothing tells it.
     */
    private static final int TICK_MILLIS = 100;

    private static final long TICK_NANOS = TICK_MILLIS * 1_000_000L;

    /** How many ticks without a sender it stays, so that a sender now and then needs no thread. */
    private static final int IDLE_TICKS = 50;

    /**
     * How long it leaves a sender alone, at most, whose thread sends all the time: at first one
     * millisecond. Each time that it is woken costs 35 µs here, as much as half a message of 256
     * KiB.
     */
    private static final int PAUSE_MILLIS_MAX = 4;

    private static final long PAUSE_NANOS = 1_000_000L;

    private static final Map<Long, NativeSender> SENDERS = new ConcurrentHashMap<>();
    private static boolean isRunning;

    /** The senders that it is not told of, but has to look at again after the pause. */
    private final Set<NativeSender> leftAlone = new HashSet<>();

    private int pauseMillis = 1;
    private long pauseEndNanos;

    private Reaper() {}

    static void register(NativeSender sender) {
        synchronized (Reaper.class) {
            SENDERS.put(sender.number(), sender);
            if (!isRunning) {
                Thread thread = new Thread(null, new Reaper(), "zerocopy-nio-reaper", 0, false);
                thread.setDaemon(true);
                thread.setContextClassLoader(null);
                thread.start();
                isRunning = true;
            }
        }
    }

    static void unregister(NativeSender sender) {
        SENDERS.remove(sender.number());
    }

    @Override
    public void run() {
        long[] numbers = new long[SenderNatives.EVENTS_MAX];
        long lastTick = System.nanoTime();
        int idleTicks = 0;
        // Ends when there has been no sender for so many ticks.
        while (idleTicks < IDLE_TICKS || !hasEnded()) {
            int count = await(leftAlone.isEmpty() ? TICK_MILLIS : pauseMillis, numbers);
            for (int index = 0; index < count; index++) {
                NativeSender sender = SENDERS.get(numbers[index]);
                if (sender != null) {
                    lookAt(sender);
                }
            }
            lookAgain();
            if (System.nanoTime() - lastTick >= TICK_NANOS) {
                lastTick = System.nanoTime();
                SENDERS.values().forEach(sender -> guarded(sender::onTick));
                idleTicks = SENDERS.isEmpty() ? idleTicks + 1 : 0;
            }
        }
    }

    private void lookAt(NativeSender sender) {
        guarded(
                () -> {
                    if (!sender.onEvent()) {
                        leftAlone.remove(sender);
                        return;
                    }
                    if (leftAlone.isEmpty()) {
                        pauseMillis = 1;
                        pauseEndNanos = System.nanoTime() + PAUSE_NANOS;
                    }
                    leftAlone.add(sender);
                });
    }

    /** At those that were left alone, if their time is over. */
    private void lookAgain() {
        if (leftAlone.isEmpty() || System.nanoTime() - pauseEndNanos < 0) {
            return;
        }
        pauseMillis = Math.min(2 * pauseMillis, PAUSE_MILLIS_MAX);
        pauseEndNanos = System.nanoTime() + pauseMillis * PAUSE_NANOS;
        List.copyOf(leftAlone).forEach(this::lookAt);
    }

    /** What goes wrong with one sender must not stop the others. */
    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            FallbackLog.warnOnce("zerocopy-nio can't take completions: " + e, e);
        }
    }

    private static int await(int timeoutMillis, long[] numbers) {
        try {
            return SenderNatives.awaitEvents(timeoutMillis, numbers);
        } catch (SystemCallException e) {
            throw new AssertionError("epoll_wait fails for no reason that exists", e);
        }
    }

    private static synchronized boolean hasEnded() {
        isRunning = !SENDERS.isEmpty();
        return !isRunning;
    }
}
