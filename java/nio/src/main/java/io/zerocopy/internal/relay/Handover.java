package io.zerocopy.internal.relay;

import io.zerocopy.internal.core.FallbackLog;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/** Hands news to the executor that is to tell them. */
public final class Handover {
    private Handover() {}

    /** Lets the executor run {@code news}, or another one where it does not. None is lost. */
    public static void to(Executor executor, Runnable news) {
        if (!isTaken(executor, news) && !isTaken(ForkJoinPool.commonPool(), news)) {
            news.run();
        }
    }

    private static boolean isTaken(Executor executor, Runnable news) {
        // A common pool that was set to no threads takes tasks, and runs none.
        if (executor == ForkJoinPool.commonPool() && ForkJoinPool.getCommonPoolParallelism() == 0) {
            return false;
        }
        try {
            executor.execute(news);
            return true;
        } catch (RuntimeException | Error e) {
            FallbackLog.warnOnce("zerocopy-nio: an executor does not take results: " + e, e);
            return false;
        }
    }
}
