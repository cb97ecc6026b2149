package io.zerocopy.internal.sender;

import io.zerocopy.internal.sender.Message.End;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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

    private static final ThreadPoolExecutor THREAD = thread();

    private Teller() {}

    /** Tells of all of them, in their order, with one wake-up. */
    static void tell(List<End> ends) {
        if (!ends.isEmpty()) {
            THREAD.execute(() -> ends.forEach(End::tell));
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
