package io.zerocopy.internal.sender;

import io.zerocopy.internal.sender.Message.End;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Who tells of completions: the thread that took them, or for the reaper one of its own, so that
 * what is hung on their stages never runs on the reaper.
 *
 * <p>One, and not the common pool of the JVM: on two processors that pool is not used, and a thread
 * is started for each completion instead. It is a daemon and ends when there was nothing to tell
 * for a while.
 */
final class Teller {
    private static final long IDLE_SECONDS = 5;

    private static final ThreadPoolExecutor THREAD = thread();

    /** What a thread has still to tell, while it tells. */
    private static final ThreadLocal<Queue<End>> TELLING = new ThreadLocal<>();

    private Teller() {}

    /** Tells of all of them, in their order, on a thread of its own. */
    static void tellElsewhere(List<End> ends) {
        if (!ends.isEmpty()) {
            THREAD.execute(() -> tellHere(ends));
        }
    }

    /**
     * Tells of all of them, in their order, on this thread, which holds no lock. If it tells
     * already, because what hangs on a stage has sent or reaped, that goes on with these: it does
     * not recurse.
     */
    static void tellHere(List<End> ends) {
        Queue<End> telling = TELLING.get();
        if (telling != null) {
            telling.addAll(ends);
        } else if (!ends.isEmpty()) {
            tellAll(new ArrayDeque<>(ends));
        }
    }

    private static void tellAll(Queue<End> ends) {
        TELLING.set(ends);
        try {
            // Ends: what comes meanwhile is bounded by what the senders may have in flight.
            for (End end = ends.poll(); end != null; end = ends.poll()) {
                end.tell();
            }
        } finally {
            TELLING.remove();
            // After an error, as of memory, the others are still told.
            tellElsewhere(List.copyOf(ends));
        }
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
