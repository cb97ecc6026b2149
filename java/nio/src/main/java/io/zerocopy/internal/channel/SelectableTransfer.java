package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Natives.Outcome;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.spi.AbstractSelectableChannel;

/** From a file to a socket or pipe, in blocking or non-blocking mode, on any kind of thread. */
final class SelectableTransfer {
    /** A virtual thread gives its carrier to others after this many bytes (nginx's turn). */
    private static final long VIRTUAL_TURN_BYTES = 2 << 20;

    private SelectableTransfer() {}

    static <T extends AbstractSelectableChannel> long transfer(
            FileChannel source, long position, long count, T target, SelectableGuard<T> guard)
            throws IOException {
        Steps steps = new Steps(source, position, count);
        try {
            var lock = guard.lock(target);
            lock.lock();
            try {
                if (target.isBlocking()) {
                    inBlockingMode(steps, target, guard);
                } else {
                    inNonBlockingMode(steps, target, guard);
                }
            } finally {
                lock.unlock();
            }
        } catch (NotYetConnectedException e) {
            if (hasNothingFrom(source, position)) {
                return 0;
            }
            throw e;
        } catch (ClosedChannelException e) {
            if (isOutputShutDown(e, source, target) && hasNothingFrom(source, position)) {
                return 0;
            }
            throw Closed.duringTransfer(e, source, target);
        } catch (IOException e) {
            // Nothing was moved, else the steps would have ended with a count.
            if (isEmptyFrom(source, position)) {
                return 0;
            }
            throw e;
        }
        return steps.finish();
    }

    private static <T extends AbstractSelectableChannel> void inBlockingMode(
            Steps steps, T target, SelectableGuard<T> guard) throws IOException {
        boolean completed = false;
        try {
            guard.begin(target);
            guard.check(target);
            if (VirtualThreads.isCurrent()) {
                guard.configureForVirtualThread(target);
                runParking(steps, target, guard);
            } else {
                runBlocking(steps, target, guard);
            }
            completed = true;
        } finally {
            guard.end(target, completed);
        }
    }

    /**
     * Lets the thread block in the system call. It stays registered with the source all the time,
     * so that closing the source wakes it wherever it waits.
     */
    private static <T extends AbstractSelectableChannel> void runBlocking(
            Steps steps, T target, SelectableGuard<T> guard) throws IOException {
        int number = guard.number(target);
        int kind = guard.kind(target);
        int index = FileGuard.add(steps.source());
        try {
            // Ends: each turn moves bytes of a finite count, or sleeps until something happens.
            while (!steps.isComplete()) {
                Outcome outcome = steps.step(number, kind, Long.MAX_VALUE);
                if (isOver(steps, target, outcome)) {
                    return;
                }
                if (outcome == Outcome.WAIT_TARGET) {
                    guard.park(target, 0);
                }
            }
        } finally {
            FileGuard.remove(steps.source(), index);
        }
    }

    /**
     * Never blocks in a system call but parks the virtual thread. It is registered with the source
     * during each step only: close() would wait for a registered thread that it can't signal.
     */
    private static <T extends AbstractSelectableChannel> void runParking(
            Steps steps, T target, SelectableGuard<T> guard) throws IOException {
        int number = guard.number(target);
        int kind = guard.kind(target);
        // Ends: each turn moves bytes of a finite count, or parks until something happens.
        while (!steps.isComplete()) {
            Outcome outcome;
            try {
                outcome = stepRegistered(steps, number, kind, VIRTUAL_TURN_BYTES);
            } catch (ClosedChannelException e) {
                // The source was closed while this thread was parked.
                steps.endByClose();
                return;
            }
            if (isOver(steps, target, outcome)) {
                return;
            }
            if (outcome == Outcome.WAIT_TARGET) {
                WaitWatch.watched(() -> !steps.source().isOpen(), () -> guard.park(target, 0));
            } else if (outcome == Outcome.MOVED) {
                Thread.yield();
            }
        }
    }

    /** One step: whatever the target takes at once. An interrupt closes the source here. */
    private static <T extends AbstractSelectableChannel> void inNonBlockingMode(
            Steps steps, T target, SelectableGuard<T> guard) throws IOException {
        FileChannel source = steps.source();
        boolean completed = false;
        FileGuard.begin(source);
        try {
            guard.check(target);
            if (!steps.isComplete()) {
                int number = guard.number(target);
                int kind = guard.kind(target);
                Outcome outcome;
                // Ends: signals come from close(), which the test of isOpen sees.
                do {
                    outcome = stepRegistered(steps, number, kind, Long.MAX_VALUE);
                } while (outcome == Outcome.INTERRUPTED && source.isOpen());
                completed = outcome != Outcome.INTERRUPTED;
            } else {
                completed = true;
            }
        } finally {
            FileGuard.end(source, completed);
        }
    }

    private static Outcome stepRegistered(Steps steps, int number, int kind, long bytesMax)
            throws IOException {
        int index = FileGuard.add(steps.source());
        try {
            return steps.step(number, kind, bytesMax);
        } finally {
            FileGuard.remove(steps.source(), index);
        }
    }

    /**
     * Whether a step was the last one in blocking mode. A file that is not ready is left to the
     * next call, like the end: regular files never are.
     */
    private static boolean isOver(Steps steps, Channel target, Outcome outcome)
            throws AsynchronousCloseException {
        return steps.isComplete()
                || steps.isEndedByClose(target)
                || outcome == Outcome.SOURCE_ENDED
                || outcome == Outcome.COMPLETE
                || outcome == Outcome.WAIT_SOURCE;
    }

    private static boolean isOutputShutDown(
            ClosedChannelException e, FileChannel source, AbstractSelectableChannel target) {
        return !(e instanceof AsynchronousCloseException) && source.isOpen() && target.isOpen();
    }

    /**
     * The JDK looks at the size first, so an empty rest is 0 even for a socket that can't write.
     */
    private static boolean hasNothingFrom(FileChannel source, long position) throws IOException {
        long size = source.size();
        return position > size || size == 0;
    }

    /**
     * The JDK reads a file without a size before it writes, so without a byte a target that can't
     * write does not matter.
     */
    private static boolean isEmptyFrom(FileChannel source, long position) throws IOException {
        boolean isReadable = position < Long.MAX_VALUE;
        return source.size() == 0
                && !(isReadable && source.read(ByteBuffer.allocate(1), position) > 0);
    }
}
