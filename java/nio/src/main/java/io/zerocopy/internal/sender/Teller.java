package io.zerocopy.internal.sender;

import io.zerocopy.internal.sender.Message.End;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The one thread that tells of completions nobody asks for, so that what is hung on their stages
 * never runs on the reaper.
 *
 * <p>One, and not the common pool of the JVM: on two processors that pool is not used, and a thread
 * is started for each completion instead. It is a daemon and ends when there was nothing to tell
 * for a while.
 */
final class Teller {
    private static final long IDLE_SECONDS = 5;

    /**
     * How long it lets completions gather behind those that it has told at once. Woken for each of
     * them, it costs 6 % of the processor time of a sender at full speed; so, 2 %.
     */
    private static final long PAUSE_NANOS = 1_000_000L;

    private static final Queue<End> ENDS = new ConcurrentLinkedQueue<>();
    private static final AtomicBoolean IS_AWAKE = new AtomicBoolean();
    private static final ThreadPoolExecutor THREAD = thread();

    private Teller() {}

    /** Tells of all of them, in their order. */
    static void tell(List<End> ends) {
        if (!ends.isEmpty()) {
            ENDS.addAll(ends);
            wake();
        }
    }

    private static void wake() {
        if (IS_AWAKE.compareAndSet(false, true)) {
            THREAD.execute(Teller::run);
        }
    }

    private static void run() {
        // Ends: when no completion has come during a pause.
        while (tellAll()) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        IS_AWAKE.set(false);
        if (!ENDS.isEmpty()) {
            wake();
        }
    }

    /** Returns false if there was nothing to tell. */
    private static boolean tellAll() {
        End end = ENDS.poll();
        boolean isAny = end != null;
        // Ends: what comes meanwhile is bounded by what the senders may have in flight.
        while (end != null) {
            end.tell();
            end = ENDS.poll();
        }
        return isAny;
    }

    private static ThreadPoolExecutor thread() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(
                        1,
                        1,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Teller::newThread);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Thread newThread(Runnable task) {
        Thread thread = new Thread(null, task, "zerocopy-nio-completions", 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        return thread;
    }
}
