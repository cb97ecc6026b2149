package io.zerocopy.internal.sender;

import io.zerocopy.internal.channel.GuardedOutput;
import io.zerocopy.internal.channel.GuardedOutput.Writer;
import io.zerocopy.internal.channel.VirtualThreads;
import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SenderSettings;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.sender.Message.End;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sender on a duplicate of the channel's descriptor.
 *
 * <p>The channel's write lock is held while a message is sent, so that messages and the channel's
 * own writes don't mix; the lock here, always taken after it, guards the state. No native call
 * under it blocks, so the reaper may take it too.
 */
public final class NativeSender implements Engine {
    /**
     * A thread that waits for completions looks this often whether its channel was closed: nothing
     * wakes it for that. The JDK repeats its own wake-up signal as often.
     */
    private static final int CLOSE_CHECK_MILLIS = 50;

    private final GuardedOutput output;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Messages messages;
    private final long[] state = new long[SenderNatives.LONGS_OF_STATE];

    /** The errno with which zero-copy was refused for this socket, or 0. */
    private int refusal;

    private final long number;
    private volatile boolean isOpen = true;
    private volatile boolean isClosing;
    private boolean isRoomWanted;

    /** Changed under the lock. */
    private volatile Waiter waiter = Waiter.NONE;

    private final Watch watch;

    /** Grows with every look at the completions, so that none falls between a look and a wait. */
    private long looks;

    private long lingerEndNanos;

    /** Who waits until the kernel has taken a message. */
    private enum Waiter {
        NONE,
        /** A thread that the kernel wakes, and that takes the completions itself. */
        THREAD,
        /** A virtual thread, for which the reaper takes them. */
        VIRTUAL_THREAD
    }

    private NativeSender(GuardedOutput output, int firstId) throws IOException {
        this.output = output;
        this.number = openNative(output, firstId);
        this.messages = new Messages(number);
        this.watch = new Watch(number);
        SenderNatives.state(number, state);
        noteRefusal();
    }

    /**
     * Opens a sender.
     *
     * @throws IllegalStateException if the channel has one already
     * @throws IOException if the channel is closed, or there is no descriptor left
     */
    public static NativeSender open(GuardedOutput output) throws IOException {
        int firstId = ChannelCounts.begin(output.channel());
        NativeSender sender = null;
        try {
            sender = new NativeSender(output, firstId);
        } finally {
            if (sender == null) {
                ChannelCounts.end(output.channel(), firstId);
            }
        }
        Reaper.register(sender);
        // What came before it was registered is not told again.
        sender.onEvent();
        return sender;
    }

    @Override
    public PageBuffer acquire(int bytes) {
        return PageBuffer.take(bytes);
    }

    @Override
    public boolean send(Message message, int segmentBytes) {
        Sending sending = new Sending(message, segmentBytes);
        try {
            output.write(sending);
        } catch (IOException e) {
            sending.fail(e);
        }
        Teller.tellHere(sending.ends);
        return !sending.isRefused;
    }

    @Override
    public int reap() {
        List<End> ends = new ArrayList<>();
        lock.lock();
        try {
            if (isOpen) {
                advanceAndReap(ends);
            }
        } finally {
            lock.unlock();
        }
        Teller.tellHere(ends);
        return ends.size();
    }

    @Override
    public long bytesInFlight() {
        return stateOf(SenderNatives.BYTES_IN_FLIGHT);
    }

    @Override
    public long bytesUnsent() {
        return stateOf(SenderNatives.BYTES_UNSENT);
    }

    @Override
    public String whyCopying() {
        lock.lock();
        try {
            return whyCopying(refusal);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isClosed() {
        return isClosing;
    }

    @Override
    public void close() {
        List<End> ends = new ArrayList<>();
        lock.lock();
        try {
            beginClosing(ends);
            endIfSettled(ends);
        } finally {
            lock.unlock();
        }
        Teller.tellElsewhere(ends);
    }

    /** What the native core calls it. */
    long number() {
        return number;
    }

    /**
     * Something has come for this sender, or it is time to look again. Called by the reaper.
     *
     * <p>While a thread sends all the time the completions are left to it, which takes them with
     * each message; and nothing is taken away from a thread that waits for it in the kernel, which
     * would sleep on. The reaper is then not told of more, but has to look again after a while.
     *
     * @return whether it has to look again
     */
    boolean onEvent() {
        List<End> ends = new ArrayList<>();
        lock.lock();
        try {
            if (!isOpen) {
                return false;
            }
            if (isLeftToThread()) {
                watch.set(false);
                return true;
            }
            watch.set(true);
            advanceAndReap(ends);
            if (isClosing) {
                endIfSettled(ends);
            }
        } finally {
            lock.unlock();
        }
        Teller.tellElsewhere(ends);
        return false;
    }

    /** Needs the lock. A selector would be woken by completions again and again. */
    private boolean isLeftToThread() {
        return (watch.isStream() || waiter == Waiter.THREAD)
                && waiter != Waiter.VIRTUAL_THREAD
                && !isClosing
                && output.channel().isBlocking();
    }

    /**
     * Some time has passed. Called by the reaper. That the channel is closed is seen by a thread in
     * {@link #send} as well, which knows whether it was an interrupt of its own that has done it:
     * what it waits for is left to it.
     */
    void onTick() {
        if (isOpen && (isClosing || !output.channel().isOpen() && waiter == Waiter.NONE)) {
            close();
        }
    }

    /** Takes no more messages. Needs the lock. */
    private void beginClosing(List<End> ends) {
        if (!isOpen) {
            return;
        }
        if (!isClosing) {
            isClosing = true;
            lingerEndNanos =
                    System.nanoTime()
                            + TimeUnit.MILLISECONDS.toNanos(SenderSettings.lingerMillis());
        }
        try {
            if (!output.channel().isOpen()) {
                // The user has closed the connection: he expects the peer to learn of it, now.
                SenderNatives.withdraw(number, false);
                SenderNatives.shutDown(number);
            }
        } catch (SystemCallException e) {
            // ENOTCONN: the peer is gone already.
        }
        advanceAndReap(ends);
        messages.leavePagesInFlight(state[SenderNatives.FIRST_UNSENT]);
    }

    /** Closes the duplicate if there is nothing to wait for any more. Needs the lock. */
    private void endIfSettled(List<End> ends) {
        if (!isOpen || !messages.isEmpty() && System.nanoTime() - lingerEndNanos < 0) {
            return;
        }
        watch.set(true);
        try {
            SenderNatives.withdraw(number, true);
            messages.takeEnded(ends);
            isOpen = false;
            Reaper.unregister(this);
            ChannelCounts.end(output.channel(), SenderNatives.close(number));
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
        changed.signalAll();
    }

    /** Sends what is queued, takes what has ended. Needs the lock and an open sender. */
    private int advanceAndReap(List<End> ends) {
        try {
            int progress = SenderNatives.advance(number, state);
            noteRefusal();
            messages.takeEnded(ends);
            wantRoom(progress == SenderNatives.WAIT_FOR_ROOM && waiter == Waiter.NONE);
            looks++;
            changed.signalAll();
            return progress;
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void wantRoom(boolean wanted) throws SystemCallException {
        if (wanted != isRoomWanted) {
            watch.set(true);
            SenderNatives.wantRoom(number, wanted);
            isRoomWanted = wanted;
        }
    }

    private long stateOf(int index) {
        lock.lock();
        try {
            if (!isOpen) {
                return 0;
            }
            SenderNatives.state(number, state);
            return state[index];
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    private static long openNative(GuardedOutput output, int firstId) throws IOException {
        long[] opened = new long[1];
        output.write(
                new Writer() {
                    @Override
                    public Progress step(int descriptor, boolean isBlocking) throws IOException {
                        opened[0] =
                                SenderNatives.open(
                                        descriptor,
                                        SenderSettings.inFlightBytesMax(),
                                        SenderSettings.thresholdBytes(),
                                        SenderSettings.isZeroCopyAllowed(),
                                        firstId);
                        return Progress.DONE;
                    }

                    @Override
                    public void await() {
                        throw new AssertionError("opening does not wait");
                    }
                });
        return opened[0];
    }

    private void noteRefusal() {
        int latest = (int) state[SenderNatives.REFUSAL];
        if (latest != refusal) {
            refusal = latest;
            FallbackLog.warnOnce("zerocopy-nio copies what it sends: " + whyCopying(latest), null);
        }
    }

    private static String whyCopying(int refusal) {
        if (!SenderSettings.isZeroCopyAllowed()) {
            return "MSG_ZEROCOPY is disabled by a setting";
        }
        return refusal == 0
                ? null
                : "this socket has no MSG_ZEROCOPY: " + SenderNatives.describe(refusal);
    }

    /**
     * One call of {@link #send}: holds the channel's write lock, and the lock here in each step.
     */
    private final class Sending implements Writer {
        private final Message message;
        private final int segmentBytes;
        private final List<End> ends = new ArrayList<>();
        private boolean isRefused;
        private long looksSeen;

        Sending(Message message, int segmentBytes) {
            this.message = message;
            this.segmentBytes = segmentBytes;
        }

        @Override
        public Progress step(int descriptor, boolean isBlocking) throws IOException {
            lock.lock();
            try {
                if (message.number == 0 && !submit(isBlocking)) {
                    isRefused = true;
                    return Progress.DONE;
                }
                if (message.isOver) {
                    waiter = Waiter.NONE;
                    return Progress.DONE;
                }
                waiter = waiterOf(isBlocking);
                int progress = advanceAndReap(ends);
                looksSeen = looks;
                if (message.number < state[SenderNatives.FIRST_UNSENT]) {
                    waiter = Waiter.NONE;
                    return Progress.DONE;
                }
                return progress == SenderNatives.WAIT_FOR_ROOM
                        ? Progress.WAIT_FOR_ROOM
                        : Progress.WAIT;
            } catch (RuntimeException | Error e) {
                // Nothing is left to a thread that is gone.
                waiter = Waiter.NONE;
                throw e;
            } finally {
                lock.unlock();
            }
        }

        /**
         * A virtual thread must not sleep in a system call; every other one is woken by the kernel
         * itself. Through the reaper each wake-up costs another one.
         */
        @Override
        public void await() throws IOException {
            if (waiter == Waiter.VIRTUAL_THREAD) {
                awaitReaper();
            } else {
                SenderNatives.awaitCompletions(number, CLOSE_CHECK_MILLIS);
            }
        }

        private void awaitReaper() {
            lock.lock();
            try {
                if (looks == looksSeen) {
                    changed.awaitNanos(TimeUnit.MILLISECONDS.toNanos(CLOSE_CHECK_MILLIS));
                }
            } catch (InterruptedException e) {
                // The interrupt has closed the channel, which the caller sees next.
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
        }

        private Waiter waiterOf(boolean isBlocking) {
            if (!isBlocking) {
                return Waiter.NONE;
            }
            return VirtualThreads.isCurrent() ? Waiter.VIRTUAL_THREAD : Waiter.THREAD;
        }

        /** Needs the lock. */
        private boolean submit(boolean always) throws IOException {
            if (isClosing) {
                throw new ClosedChannelException();
            }
            ByteBuffer bytes = message.bytes;
            long address = bytes.hasRemaining() ? SenderNatives.address(bytes) : 0;
            long submitted =
                    SenderNatives.submit(
                            number,
                            address + bytes.position(),
                            bytes.remaining(),
                            segmentBytes,
                            always);
            if (submitted == 0) {
                return false;
            }
            watch.noteSend();
            message.number = submitted;
            messages.put(message);
            return true;
        }

        /** The message was not taken, or what is left of it is given up. */
        void fail(IOException cause) {
            lock.lock();
            try {
                waiter = Waiter.NONE;
                if (message.number == 0) {
                    if (message.pages != null) {
                        message.pages.give();
                    }
                    message.isOver = true;
                    ends.add(new End(message, 0, 0, 0, cause));
                } else if (isOpen && !message.isOver) {
                    message.cause = cause;
                    beginClosing(ends);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
