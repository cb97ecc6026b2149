package io.zerocopy.internal.relay;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Tells the listeners of an engine, one after the other, on a thread of its own: an executor that
 * runs callbacks where it is called must not keep the relays waiting.
 */
final class RelayTeller {
    private static final long IDLE_SECONDS = 5;

    private final ThreadPoolExecutor executor =
            new ThreadPoolExecutor(
                    1,
                    1,
                    IDLE_SECONDS,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    this::newThread);
    private volatile Thread thread;

    RelayTeller() {
        executor.allowCoreThreadTimeOut(true);
    }

    /** Tells soon. */
    void tell(Runnable news) {
        executor.execute(news);
    }

    /**
     * Takes no more, and waits until all was told; not where a listener calls, which would wait for
     * itself. An interrupt does not end the wait, and is kept.
     */
    void close() {
        executor.shutdown();
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean wasInterrupted = false;
        boolean isOver = false;
        // Ends with what was still to be told; each interrupt is taken once.
        while (!isOver) {
            try {
                isOver = executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Thread newThread(Runnable task) {
        Thread created = new Thread(null, task, "zerocopy-nio-relay-results", 0, false);
        created.setDaemon(true);
        created.setContextClassLoader(null);
        thread = created;
        return created;
    }
}
