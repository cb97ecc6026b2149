package io.zerocopy;

import java.util.concurrent.CompletableFuture;

/** A run in another thread. Cancelling it cancels the run. */
final class TransferFuture extends CompletableFuture<TransferResult> {
    private final TransferRun transfer;

    TransferFuture(TransferRun transfer) {
        this.transfer = transfer;
    }

    /** Runs the transfer in this thread; one that was cancelled before comes to its end at once. */
    void run() {
        try {
            complete(transfer.run());
        } catch (Throwable e) {
            completeExceptionally(e);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean isCancelled = super.cancel(mayInterruptIfRunning);
        if (isCancelled) {
            transfer.cancel();
        }
        return isCancelled;
    }

    /** What depends on a run can be cancelled without cancelling the run. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
