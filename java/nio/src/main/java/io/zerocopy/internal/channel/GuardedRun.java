package io.zerocopy.internal.channel;

import io.zerocopy.End;
import io.zerocopy.internal.core.Natives.Outcome;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.transfer.Limits;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.LockSupport;

/**
 * One run of a transfer between any two ends, under the guard of both, on any kind of thread.
 *
 * <p>Locks are taken in one order everywhere, so that no two runs wait for each other: the read
 * lock of the source, then the write lock of the target, then positions of files, two of them by
 * their identity. Locks of sockets are held for the whole run, as the JDK holds them for a whole
 * read.
 *
 * <p>An end in non-blocking mode is never waited for: the run comes back when it would block. If
 * only one end is in that mode, the other one is waited for, as its mode asks for; then the lock of
 * the first is held, for which its {@code close()} waits, no longer than a slice.
 */
final class GuardedRun {
    /**
     * The longest sleep before it is looked again whether an end was closed. The JDK signals a
     * thread whose file is closed as often; for a socket it does so once, which is lost on a thread
     * that is between two system calls on the other end. For a virtual thread, which is never told
     * of the end that it is not parked on, {@link WaitWatch} looks.
     */
    private static final long SLICE_NANOS = 50_000_000L;

    /** After so many bytes (nginx's turn) a selector loop or a carrier is given to others. */
    private static final long TURN_BYTES = 2 << 20;

    private static final Object TIE = new Object();

    private final GuardedEnd source;
    private final GuardedEnd target;
    private final PumpedSteps steps;
    private final RunLimits limits;
    private final boolean isVirtual = VirtualThreads.isCurrent();
    private final boolean isBetweenFiles;
    private boolean isNonBlocking;
    private long turnBytes;

    GuardedRun(GuardedEnd source, GuardedEnd target, PumpedSteps steps, Limits limits) {
        this.source = source;
        this.target = target;
        this.steps = steps;
        this.isBetweenFiles = source.isFile() && target.isFile();
        this.limits = new RunLimits(limits, isBetweenFiles);
    }

    /** Runs: see {@link io.zerocopy.internal.transfer.Engine#run}. */
    End run() throws IOException {
        if (!source.isOpen() || !target.isOpen()) {
            throw new ClosedChannelException();
        }
        try {
            source.lock();
            try {
                target.lock();
                try {
                    return announced();
                } finally {
                    target.unlock();
                }
            } finally {
                source.unlock();
            }
        } catch (ClosedChannelException e) {
            throw Closed.duringTransfer(e, source.channel(), target.channel());
        }
    }

    private End announced() throws IOException {
        isNonBlocking = source.isNonBlocking() || target.isNonBlocking();
        // There is one hook for interrupts. Where an end is waited for it makes the hook, else the
        // close by an interrupt would not wake the thread; a run that never waits needs none.
        boolean isFileHook = isBetweenFiles;
        boolean completed = false;
        try {
            source.begin(isFileHook);
            try {
                target.begin(false);
                End end = guarded();
                completed = true;
                return end;
            } finally {
                target.end(false, completed);
            }
        } finally {
            source.end(isFileHook, completed);
        }
    }

    private End guarded() throws IOException {
        source.check();
        target.check();
        if (isVirtual) {
            source.configureForVirtualThread();
            target.configureForVirtualThread();
        }
        // The drop-ins are one operation at the position of a file, as they are in the JDK.
        boolean isOneOperation = isBetweenFiles && limits.areNone();
        return isOneOperation ? atPositions(this::startAndLoop) : startAndLoop();
    }

    private End startAndLoop() throws IOException {
        boolean hasEnded = false;
        try {
            atPositions(() -> registered(this::start));
            End end = loop();
            hasEnded = true;
            return end;
        } finally {
            stop(hasEnded);
        }
    }

    /**
     * A step may sleep as long as it likes where nothing but a close or an interrupt can end the
     * run, and where these reach a thread in any system call of the step: one end is a file, at
     * which it is registered meanwhile, and its position is not locked.
     */
    private Void start() throws SystemCallException {
        boolean hasPosition = source.stepMonitor() != source || target.stepMonitor() != target;
        boolean maySleep =
                limits.areNone()
                        && !isVirtual
                        && !isNonBlocking
                        && !hasPosition
                        && source.isFile() != target.isFile();
        steps.start(maySleep, limits.leftNanos());
        return null;
    }

    private void stop(boolean hasEnded) throws SystemCallException {
        try {
            steps.stop();
        } catch (SystemCallException e) {
            // The option of a channel that was closed is gone with it, and an error of the run
            // itself goes first.
            if (hasEnded && source.isOpen() && target.isOpen()) {
                throw e;
            }
        }
    }

    private End loop() throws IOException {
        // Ends: each turn moves bytes, of which there is a finite count or a caller who has asked
        // for an endless stream, or sleeps until an end, a close or a limit wakes it, or leaves.
        while (true) {
            if (limits.isCancelled()) {
                return End.CANCELLED;
            }
            limits.check();
            Outcome outcome = step();
            if (outcome == Outcome.MOVED) {
                limits.moved();
                turnBytes += steps.movedBytes();
            }
            if (outcome == Outcome.COMPLETE || steps.isComplete()) {
                return End.COMPLETE;
            }
            // Before an end of the source is believed: a closed descriptor answers like one.
            if (!source.isOpen() || !target.isOpen()) {
                throw new AsynchronousCloseException();
            }
            End end = after(outcome);
            if (end != null) {
                return end;
            }
        }
    }

    /** What follows a step: the end of this run, or null when it has to go on. */
    private End after(Outcome outcome) throws IOException {
        switch (outcome) {
            case SOURCE_ENDED:
                return End.SOURCE_ENDED;
            case WAIT_SOURCE:
                return await(source, End.WAIT_SOURCE);
            case WAIT_TARGET:
                return await(target, End.WAIT_TARGET);
            case PAUSE:
                return pause();
            default:
                return turnBytes >= TURN_BYTES ? turnOver() : null;
        }
    }

    private End await(GuardedEnd end, End wait) throws IOException {
        if (end.isNonBlocking()) {
            return wait;
        }
        turnBytes = 0;
        if (isVirtual && !end.isFile()) {
            long left = limits.leftNanos();
            WaitWatch.watched(this::isPointless, () -> end.park(left == Long.MAX_VALUE ? 0 : left));
        } else {
            sleep(end);
        }
        return null;
    }

    /** Where only a slice of time has passed it sleeps on: a step would find nothing new. */
    private void sleep(GuardedEnd end) throws IOException {
        boolean isSliceOver;
        // Ends: the end is ready, or there is a reason to look.
        do {
            long slice = Math.min(SLICE_NANOS, limits.leftNanos());
            long begin = System.nanoTime();
            end.park(slice);
            isSliceOver = System.nanoTime() - begin >= slice;
        } while (isSliceOver && !end.isFile() && limits.leftNanos() > 1 && !isPointless());
    }

    /** Whether a wait has to be left, although what is waited for has not come. */
    private boolean isPointless() {
        return limits.isCancelled() || !source.isOpen() || !target.isOpen();
    }

    /** With an end in non-blocking mode the pause is the caller's: nothing is slept through. */
    private End pause() {
        if (isNonBlocking) {
            return comeBack();
        }
        turnBytes = 0;
        long pauseNanos = Math.min(steps.pauseNanos(), limits.leftNanos());
        long begin = System.nanoTime();
        LockSupport.parkNanos(Math.min(SLICE_NANOS, pauseNanos));
        limits.paused(System.nanoTime() - begin);
        return null;
    }

    private End turnOver() {
        turnBytes = 0;
        if (isNonBlocking) {
            return comeBack();
        }
        if (isVirtual) {
            Thread.yield();
        }
        return null;
    }

    /** The end that the caller can wait for, at least to be woken at once. */
    private End comeBack() {
        return target.isNonBlocking() ? End.WAIT_TARGET : End.WAIT_SOURCE;
    }

    private Outcome step() throws IOException {
        long most = limits.stepBytesMax();
        long turn = isNonBlocking || isVirtual ? TURN_BYTES - turnBytes : Long.MAX_VALUE;
        long budget = Math.min(most, Math.max(turn, 1));
        limits.stepBegins();
        try {
            // The positions first: a thread that waits for them must not be registered, or close()
            // would wait with it.
            Outcome outcome = atPositions(() -> registered(() -> steps.step(budget)));
            limits.stepEnds(outcome == Outcome.MOVED ? steps.movedBytes() : 0);
            return outcome;
        } catch (SystemCallException e) {
            if (!source.isOpen() || !target.isOpen()) {
                AsynchronousCloseException closed = new AsynchronousCloseException();
                closed.addSuppressed(e);
                throw closed;
            }
            if (target.isFile() && e.errno() == SocketReadGuard.ECONNRESET) {
                source.noteReset();
            }
            throw e;
        }
    }

    private <R> R registered(Action<R> action) throws IOException {
        int sourceIndex = source.register();
        try {
            int targetIndex = target.register();
            try {
                return action.run();
            } finally {
                target.unregister(targetIndex);
            }
        } finally {
            source.unregister(sourceIndex);
        }
    }

    /** Runs it with the positions held that the ends use, in an order that all threads keep. */
    private <R> R atPositions(Action<R> action) throws IOException {
        Object one = source.stepMonitor();
        Object other = target.stepMonitor();
        int comparison =
                Integer.compare(System.identityHashCode(one), System.identityHashCode(other));
        Object first = comparison <= 0 ? one : other;
        Object second = comparison <= 0 ? other : one;
        // Two objects may have one hash, and then whoever comes first decides.
        synchronized (comparison == 0 ? TIE : first) {
            synchronized (first) {
                synchronized (second) {
                    return action.run();
                }
            }
        }
    }

    @FunctionalInterface
    private interface Action<R> {
        R run() throws IOException;
    }
}
