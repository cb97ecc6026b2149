package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SystemCallException;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

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
     * How long it leaves completions alone where nobody is in a hurry. The thread that sends takes
     * them too, at no extra cost; being woken for each of them costs 14 µs here.
     */
    private static final long PAUSE_NANOS = 500_000L;

    /** The pause is doubled so often while completions come without a break. */
    private static final int DOUBLINGS_MAX = 3;

    private static final Map<Long, NativeSender> SENDERS = new ConcurrentHashMap<>();
    private static boolean isRunning;

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
        int doublings = 0;
        // Ends when there has been no sender for so many ticks.
        while (idleTicks < IDLE_TICKS || !hasEnded()) {
            long begin = System.nanoTime();
            int count = await(numbers);
            boolean isBusy = System.nanoTime() - begin < PAUSE_NANOS;
            boolean isUrgent = count == 0;
            for (int index = 0; index < count; index++) {
                NativeSender sender = SENDERS.get(numbers[index]);
                if (sender != null) {
                    guarded(sender::onEvent);
                    isUrgent |= sender.isUrgent();
                }
            }
            doublings = isBusy ? Math.min(doublings + 1, DOUBLINGS_MAX) : 0;
            if (!isUrgent) {
                LockSupport.parkNanos(PAUSE_NANOS << doublings);
            }
            if (System.nanoTime() - lastTick >= TICK_NANOS) {
                lastTick = System.nanoTime();
                SENDERS.values().forEach(sender -> guarded(sender::onTick));
                idleTicks = SENDERS.isEmpty() ? idleTicks + 1 : 0;
            }
        }
    }

    /** What goes wrong with one sender must not stop the others. */
    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            FallbackLog.warnOnce("zerocopy-nio can't take completions: " + e, e);
        }
    }

    private static int await(long[] numbers) {
        try {
            return SenderNatives.awaitEvents(TICK_MILLIS, numbers);
        } catch (SystemCallException e) {
            throw new AssertionError("epoll_wait fails for no reason that exists", e);
        }
    }

    private static synchronized boolean hasEnded() {
        isRunning = !SENDERS.isEmpty();
        return !isRunning;
    }
}
