package io.zerocopy.internal.sender;

import io.zerocopy.internal.channel.GuardedOutput;
import io.zerocopy.internal.channel.GuardedOutput.Writer;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    /** How many messages one call takes over from the native core. */
    private static final int REAPED_MAX = 64;

    /**
     * A thread that waits for completions looks this often whether its channel was closed: nothing
     * wakes it for that. The JDK repeats its own wake-up signal as often.
     */
    private static final long CLOSE_CHECK_NANOS = 50_000_000L;

    private final GuardedOutput output;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Long, Message> messages = new HashMap<>();
    private final long[] reaped = new long[REAPED_MAX * SenderNatives.LONGS_PER_MESSAGE];
    private final long[] state = new long[SenderNatives.LONGS_OF_STATE];
    private final String whyCopying;
    private final long number;
    private volatile boolean isOpen = true;
    private volatile boolean isClosing;
    private boolean isRoomWanted;

    /** Whether a thread waits for room itself, so that the reaper need not. */
    private volatile boolean hasWaitingThread;

    /** Grows with every look at the completions, so that none falls between a look and a wait. */
    private long looks;

    private long lingerEndNanos;

    private NativeSender(GuardedOutput output, int firstId) throws IOException {
        this.output = output;
        this.number = openNative(output, firstId);
        SenderNatives.state(number, state);
        int refusal = (int) state[SenderNatives.REFUSAL];
        this.whyCopying = whyCopying(refusal);
        if (refusal != 0) {
            FallbackLog.warnOnce("zerocopy-nio copies what it sends: " + whyCopying, null);
        }
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
        sending.tell();
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
        ends.forEach(End::tell);
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
        return whyCopying;
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
        Teller.tell(ends);
    }

    /** What the native core calls it. */
    long number() {
        return number;
    }

    /** Something has come for this sender. Called by the reaper. */
    void onEvent() {
        List<End> ends = new ArrayList<>();
        lock.lock();
        try {
            if (isOpen) {
                advanceAndReap(ends);
                if (isClosing) {
                    endIfSettled(ends);
                }
            }
        } finally {
            lock.unlock();
        }
        Teller.tell(ends);
    }

    /**
     * Whether completions have to be taken as they come: a thread waits for them, or a selector may
     * be woken by them again and again.
     */
    boolean isUrgent() {
        return hasWaitingThread || isClosing || !output.channel().isBlocking();
    }

    /** Some time has passed. Called by the reaper. */
    void onTick() {
        if (isOpen && (isClosing || !output.channel().isOpen())) {
            List<End> ends = new ArrayList<>();
            lock.lock();
            try {
                beginClosing(ends);
                endIfSettled(ends);
            } finally {
                lock.unlock();
            }
            Teller.tell(ends);
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
        leavePagesInFlight();
    }

    /** Whatever is done with sent buffers from now on must not reach the peer. Needs the lock. */
    private void leavePagesInFlight() {
        long firstUnsent = stateOf(SenderNatives.FIRST_UNSENT);
        for (Map.Entry<Long, Message> entry : messages.entrySet()) {
            Message message = entry.getValue();
            if (entry.getKey() < firstUnsent && message.pages != null && !message.isLeft) {
                message.isLeft = true;
                message.pages.leaveToKernel();
            }
        }
    }

    /** Closes the duplicate if there is nothing to wait for any more. Needs the lock. */
    private void endIfSettled(List<End> ends) {
        if (!isOpen || !messages.isEmpty() && System.nanoTime() - lingerEndNanos < 0) {
            return;
        }
        try {
            SenderNatives.withdraw(number, true);
            reapAll(ends);
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
            // First, as completions make room; then again, as what was copied has ended at once.
            reapAll(ends);
            int progress = SenderNatives.advance(number);
            reapAll(ends);
            wantRoom(progress == SenderNatives.WAIT_FOR_ROOM && !hasWaitingThread);
            looks++;
            changed.signalAll();
            return progress;
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void wantRoom(boolean wanted) throws SystemCallException {
        if (wanted != isRoomWanted) {
            SenderNatives.wantRoom(number, wanted);
            isRoomWanted = wanted;
        }
    }

    private void reapAll(List<End> ends) throws SystemCallException {
        int count;
        // Ends: what ends was sent before, and nothing is sent here.
        do {
            count = SenderNatives.reap(number, reaped);
            for (int index = 0; index < count; index++) {
                ends.add(endOf(index * SenderNatives.LONGS_PER_MESSAGE));
            }
        } while (count == REAPED_MAX);
    }

    private End endOf(int offset) {
        Message message = messages.remove(reaped[offset + SenderNatives.NUMBER]);
        message.isOver = true;
        int outcome = (int) reaped[offset + SenderNatives.OUTCOME];
        if (outcome == SenderNatives.ABANDONED) {
            Abandoned.keep(message);
        } else if (message.pages != null && !message.isLeft) {
            message.pages.give();
        }
        return new End(
                message,
                reaped[offset + SenderNatives.BYTES],
                reaped[offset + SenderNatives.ZERO_COPY_BYTES],
                (int) reaped[offset + SenderNatives.CAUSES],
                failureOf(message, outcome));
    }

    private static IOException failureOf(Message message, int outcome) {
        switch (outcome) {
            case 0:
                return null;
            case SenderNatives.WITHDRAWN:
                return message.cause != null ? message.cause : new ClosedChannelException();
            case SenderNatives.ABANDONED:
                return new IOException(
                        "the sender was closed and the kernel did not report the completion in "
                                + SenderSettings.lingerMillis()
                                + " ms: it may still read the buffer, which must not be used");
            default:
                return SenderNatives.sendFailure(outcome);
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
                    hasWaitingThread = false;
                    return Progress.DONE;
                }
                hasWaitingThread = isBlocking;
                int progress = advanceAndReap(ends);
                looksSeen = looks;
                SenderNatives.state(number, state);
                if (message.number < state[SenderNatives.FIRST_UNSENT]) {
                    hasWaitingThread = false;
                    return Progress.DONE;
                }
                return progress == SenderNatives.WAIT_FOR_ROOM
                        ? Progress.WAIT_FOR_ROOM
                        : Progress.WAIT;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void await() {
            lock.lock();
            try {
                if (looks == looksSeen) {
                    changed.awaitNanos(CLOSE_CHECK_NANOS);
                }
            } catch (InterruptedException e) {
                // The interrupt has closed the channel, which the caller sees next.
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
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
            message.number = submitted;
            messages.put(submitted, message);
            return true;
        }

        /** The message was not taken, or what is left of it is given up. */
        void fail(IOException cause) {
            lock.lock();
            try {
                hasWaitingThread = false;
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

        /** Nobody can wait for the end of this message yet; for that of others somebody may. */
        void tell() {
            for (End end : ends) {
                if (end.message() == message) {
                    end.tell();
                } else {
                    Teller.tell(List.of(end));
                }
            }
        }
    }
}
