package io.zerocopy;

import io.zerocopy.internal.transfer.Account;
import io.zerocopy.internal.transfer.Engine;
import io.zerocopy.internal.transfer.Engines;
import io.zerocopy.internal.transfer.LimitExceededException;
import io.zerocopy.internal.transfer.Limits;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The runs of one {@link Transfer}: one at a time, each going on where the last has stopped.
 *
 * <p>Calls of the application's code are made between two runs of the engine, never inside of one:
 * the engine holds locks of the channels and has bytes on their way.
 */
final class TransferRun {
    private static final long REPORT_NANOS = 100_000_000L;

    private static final int DRAIN_BYTES = 64 << 10;

    /** A limit further away than this is none: 100 years. */
    private static final long LIMIT_NANOS_MAX = 36_500L * 24 * 3600 * 1_000_000_000L;

    private static final Account NOTHING = new Account(0, 0, Set.of(), List.of(), 0);

    private final TransferEnds ends;
    private final TransferSpec spec;
    private final long timeoutNanos;
    private final long idleNanos;

    /** Held while the engine is used. */
    private final ReentrantLock running = new ReentrantLock();

    private volatile boolean isCancelled;
    private volatile boolean isClosed;
    private volatile boolean hasBegun;
    private volatile long begunNanos;
    private volatile Engine engine;
    private volatile OptionalLong total;

    // From here on guarded by the lock.
    private boolean isReleased;
    private boolean isOver;
    private boolean isWaiting;
    private boolean isReportDue;
    private long limitsBegunNanos;
    private long lastMovedNanos;
    private long lastReportNanos;
    private TransferException lastFailure;

    TransferRun(TransferSpec spec) {
        this.ends = new TransferEnds(spec);
        this.spec = spec;
        this.total = spec.askedBytes();
        this.timeoutNanos = nanos(spec.timeout, Limits.NO_DEADLINE);
        this.idleNanos = nanos(spec.idleTimeout, Limits.NO_LIMIT);
    }

    TransferResult run() throws IOException {
        begin();
        boolean isWaitingNow = false;
        try {
            TransferResult result = runToItsEnd();
            isWaitingNow = isWait(result.end());
            return result;
        } catch (TransferException e) {
            lastFailure = e;
            throw e;
        } finally {
            isWaiting = isWaitingNow;
            if (!isWaitingNow) {
                // A cancel that came while the run was ending has nothing to cancel any more.
                isCancelled = false;
            }
            end();
        }
    }

    void cancel() {
        isCancelled = true;
    }

    Progress progress() {
        Account account = account();
        return new Progress(account.delivered(), account.consumed(), total, elapsed());
    }

    int drainUndelivered(ByteBuffer into) {
        begin();
        try {
            return engine == null ? 0 : engine.drainUndelivered(into);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            end();
        }
    }

    /** Stops a run that goes on, waits for its end, and gives back what is held. */
    void close() {
        isClosed = true;
        // Called from within a run: that run releases everything when it ends.
        if (!running.isHeldByCurrentThread()) {
            running.lock();
            end();
        }
    }

    /** Takes what was not delivered out of the transfer and gives it to the exception. */
    void handOverTo(TransferException failure) {
        running.lock();
        try {
            if (failure == lastFailure) {
                failure.settle(takeUndelivered());
                lastFailure = null;
            }
        } finally {
            running.unlock();
        }
    }

    private void begin() {
        if (running.isHeldByCurrentThread() || !running.tryLock()) {
            throw new IllegalStateException("this transfer is running now");
        }
        if (isClosed) {
            end();
            throw new IllegalStateException("this transfer is closed");
        }
    }

    /** Lets go of the lock; releases everything where the transfer was closed meanwhile. */
    private void end() {
        try {
            if (isClosed && !isReleased) {
                isReleased = true;
                release();
            }
        } finally {
            running.unlock();
        }
    }

    private void release() {
        if (engine != null) {
            if (lastFailure != null) {
                lastFailure.settle(takeUndelivered());
                lastFailure = null;
            }
            engine.close();
        }
        try {
            ends.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TransferResult runToItsEnd() throws IOException {
        long now = System.nanoTime();
        if (!hasBegun) {
            begunNanos = now;
            hasBegun = true;
        }
        if (!isWaiting) {
            limitsBegunNanos = now;
            lastMovedNanos = now;
            lastReportNanos = now;
        }
        if (lastFailure != null) {
            lastFailure.settle(null);
            lastFailure = null;
        }
        if (isCancelled) {
            return result(End.CANCELLED);
        }
        open();
        try {
            End end = runEngine();
            if (isWait(end)) {
                checkLimits();
            } else {
                report(end);
            }
            return result(end);
        } catch (TransferException e) {
            reportAfter(e);
            throw e;
        }
    }

    private void open() throws IOException {
        if (engine != null) {
            if (!isOver) {
                ends.checkOpen();
            }
            return;
        }
        // An interrupt is put off, so that the engine meets it, which closes both channels.
        boolean isInterrupted = Thread.interrupted();
        try {
            ends.open();
            if (total.isEmpty() && ends.source() instanceof FileChannel file) {
                total = availableBytes(file);
            }
            engine = Engines.open(spec.request(ends));
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Files of procfs and devices say that their size is 0, and have content all the same. */
    private OptionalLong availableBytes(FileChannel file) throws IOException {
        long size = file.size();
        if (size == 0) {
            return OptionalLong.empty();
        }
        long position = spec.sourcePosition;
        return OptionalLong.of(Math.max(0, size - (position < 0 ? file.position() : position)));
    }

    private End runEngine() throws IOException {
        Limits limits = new Limits(deadlineNanos(), idleNanos, this::isToStop, this::moved);
        try {
            // Ends: each turn but the last is 100 ms long and moves bytes.
            while (true) {
                End end = engine.run(limits);
                boolean isStoppedToReport =
                        end == End.CANCELLED && !isCancelled && !isClosed && isReportDue;
                if (isReportDue && (isStoppedToReport || isWait(end))) {
                    callBack();
                }
                if (!isStoppedToReport) {
                    boolean isWholeSource = end == End.SOURCE_ENDED && spec.askedBytes().isEmpty();
                    return isWholeSource ? End.COMPLETE : end;
                }
            }
        } catch (LimitExceededException e) {
            throw timeout(e);
        } catch (TransferException e) {
            throw e;
        } catch (IOException e) {
            throw new TransferException(
                    TransferFailure.of(ends.toString(), spec.mechanism, e, account()), this);
        }
    }

    private boolean isToStop() {
        return isCancelled || isClosed || isReportDue;
    }

    private void moved() {
        lastMovedNanos = System.nanoTime();
        isReportDue |= spec.onProgress != null && lastMovedNanos - lastReportNanos >= REPORT_NANOS;
    }

    /** An engine that waits for nothing looks at no limit but the deadline. */
    private void checkLimits() throws TransferTimeoutException {
        long now = System.nanoTime();
        long deadline = deadlineNanos();
        if (deadline != Limits.NO_DEADLINE && now - deadline >= 0) {
            throw timeout(new LimitExceededException("the transfer did not end in time"));
        }
        if (idleNanos != Limits.NO_LIMIT && now - lastMovedNanos >= idleNanos) {
            throw timeout(new LimitExceededException("nothing moved for too long"));
        }
    }

    private TransferTimeoutException timeout(LimitExceededException e) {
        return new TransferTimeoutException(
                TransferFailure.timeout(ends.toString(), e, account()), this);
    }

    private long deadlineNanos() {
        return timeoutNanos == Limits.NO_DEADLINE
                ? Limits.NO_DEADLINE
                : limitsBegunNanos + timeoutNanos;
    }

    /** The report at the end of a run; once only where the transfer is over. */
    private void report(End end) {
        boolean wasOver = isOver;
        isOver |= end == End.COMPLETE || end == End.SOURCE_ENDED;
        if (!wasOver) {
            callBack();
        }
    }

    private void reportAfter(TransferException failure) {
        try {
            callBack();
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
    }

    private void callBack() {
        isReportDue = false;
        lastReportNanos = System.nanoTime();
        if (spec.onProgress != null) {
            spec.onProgress.accept(progress());
        }
    }

    private ByteBuffer takeUndelivered() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(DRAIN_BYTES);
        try {
            // Ends: each turn takes bytes of a finite number, or is the last.
            while (engine.drainUndelivered(piece.clear()) > 0) {
                all.write(piece.array(), 0, piece.position());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(all.toByteArray());
    }

    private TransferResult result(End end) {
        return new TransferResult(end, account(), elapsed());
    }

    private Account account() {
        Engine current = engine;
        return current == null ? NOTHING : current.account();
    }

    private Duration elapsed() {
        return hasBegun ? Duration.ofNanos(System.nanoTime() - begunNanos) : Duration.ZERO;
    }

    private static boolean isWait(End end) {
        return end == End.WAIT_SOURCE || end == End.WAIT_TARGET;
    }

    private static long nanos(Duration limit, long none) {
        if (limit == null || limit.compareTo(Duration.ofNanos(LIMIT_NANOS_MAX)) > 0) {
            return none;
        }
        return limit.toNanos();
    }
}
