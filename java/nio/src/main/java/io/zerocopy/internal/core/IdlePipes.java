package io.zerocopy.internal.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Closes the pipes of the native core that nobody uses any more: the memory of large pipes is
 * counted for all processes of a user together.
 *
 * <p>It has no thread of its own but uses the one with which the JDK delays things.
 */
final class IdlePipes {
    private static final long IDLE_SECONDS = 5;

    private static final AtomicBoolean IS_PLANNED = new AtomicBoolean();

    private IdlePipes() {}

    /** To be called when a transfer has ended that may have left pipes to the pool. */
    static void closeLater() {
        if (!IS_PLANNED.get() && IS_PLANNED.compareAndSet(false, true)) {
            plan();
        }
    }

    private static void plan() {
        Executor later = CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS);
        later.execute(IdlePipes::close);
    }

    private static void close() {
        // First, so that a transfer that ends from now on plans anew.
        IS_PLANNED.set(false);
        if (TransferNatives.closeIdlePipes()) {
            closeLater();
        }
    }
}
