package io.zerocopy.internal.core;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A transfer of the native core that is stepped from Java: the owner of its memory there.
 *
 * <p>The memory is freed exactly once, by {@link #close} or, where that was forgotten, when nobody
 * has this object any more. Each method holds a lock, so that none meets memory that was freed or
 * that another thread is using. The caller guards both descriptors around {@link #open}, {@link
 * #resume}, {@link #step} and the two methods for the send time-out.
 */
public final class Pump implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final ReentrantLock lock = new ReentrantLock();
    private final Handle handle;
    private final Cleaner.Cleanable cleanable;

    private Pump(long handle) {
        this.handle = new Handle(handle);
        this.cleanable = CLEANER.register(this, this.handle);
    }

    /**
     * One end of a transfer as the native core knows it.
     *
     * @param descriptor its number
     * @param kind one of the constants of {@link TransferNatives} and {@link Natives}
     * @param offset where in a file; {@link TransferNatives#NONE} for its own position, which
     *     advances, and for everything else
     */
    public record Endpoint(int descriptor, int kind, long offset) {}

    /**
     * Makes a pump that has not moved anything yet.
     *
     * @param maySleep whether a step may sleep in a system call as long as it likes
     * @throws SystemCallException if the ends can't be looked at, or no mechanism may be used
     */
    public static Pump open(
            Endpoint source, Endpoint target, long count, boolean maySleep, PumpOptions options)
            throws SystemCallException {
        return new Pump(
                TransferNatives.open(
                        source.descriptor,
                        source.kind,
                        source.offset,
                        target.descriptor,
                        target.kind,
                        target.offset,
                        count,
                        options.allowedMechanisms() & Settings.allowedMechanismBits(),
                        maySleep,
                        options.isStable(),
                        options.directIoAbove(),
                        options.chunkBytes(),
                        options.bytesPerSecond(),
                        options.header(),
                        options.trailer()));
    }

    /** To be called before the first step of a later run: the ends' modes may have changed. */
    public void resume(boolean maySleep) throws SystemCallException {
        long address = enter();
        try {
            TransferNatives.resume(address, maySleep);
        } finally {
            leave();
        }
    }

    /**
     * Makes one step of at most {@code budget} bytes, above 0.
     *
     * @return what it came to, packed as by {@link Natives#step}, without fallbacks
     * @throws SystemCallException if a system call failed; the next step tries again
     */
    public long step(long budget) throws SystemCallException {
        long address = enter();
        try {
            return TransferNatives.step(address, budget);
        } finally {
            leave();
        }
    }

    /** Sends what is held back for more. To be called where the pump is left before its end. */
    public void settle() {
        long address = enter();
        try {
            TransferNatives.settle(address);
        } finally {
            leave();
        }
    }

    /** What was moved until now. */
    public PumpAccount account() {
        long address = enter();
        try {
            long[] longs = new long[TransferNatives.ACCOUNT_LONGS];
            TransferNatives.account(address, longs);
            return new PumpAccount(longs);
        } finally {
            leave();
        }
    }

    /**
     * Limits how long a step sleeps on a socket in blocking mode, to {@code mostNanos} and 100 ms.
     *
     * @return what {@link #restoreSendTimeout} wants, or {@link TransferNatives#NONE} where no step
     *     can sleep so, or the limit is short enough already
     */
    public long shortenSendTimeout(long mostNanos) throws SystemCallException {
        long address = enter();
        try {
            return TransferNatives.shortenSendTimeout(address, mostNanos);
        } finally {
            leave();
        }
    }

    /** Puts back what {@link #shortenSendTimeout} has changed. */
    public void restoreSendTimeout(long beforeMicros) throws SystemCallException {
        long address = enter();
        try {
            TransferNatives.restoreSendTimeout(address, beforeMicros);
        } finally {
            leave();
        }
    }

    /**
     * Takes out bytes that were taken from the source and not delivered, the oldest first.
     *
     * @param into a direct buffer; its position advances
     * @return how many: 0 only where none is left or {@code into} has no room
     */
    public int drainUndelivered(ByteBuffer into) throws SystemCallException {
        if (!into.isDirect() || into.isReadOnly()) {
            throw new IllegalArgumentException("a direct buffer that can be written to");
        }
        if (!into.hasRemaining()) {
            return 0;
        }
        long address = enter();
        try {
            int drained =
                    TransferNatives.drainUndelivered(address, into, into.position(), into.limit());
            into.position(into.position() + drained);
            return drained;
        } finally {
            leave();
        }
    }

    /** The mechanisms it may take, best first, and why: for logs. */
    public String plan() {
        long address = enter();
        try {
            return TransferNatives.plan(address);
        } finally {
            leave();
        }
    }

    /** Gives back what it holds; undelivered bytes that were not drained are gone. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            cleanable.clean();
        } finally {
            lock.unlock();
        }
    }

    private long enter() {
        lock.lock();
        if (handle.address == 0) {
            lock.unlock();
            throw new IllegalStateException("the transfer is closed");
        }
        return handle.address;
    }

    private void leave() {
        lock.unlock();
        // Else the cleaner could free the memory under the native call, whose use of this object
        // ends where its address was read.
        Reference.reachabilityFence(this);
    }

    /** What the cleaner keeps: not the pump itself, which it waits for to become unreachable. */
    private static final class Handle implements Runnable {
        private long address;

        Handle(long address) {
            this.address = address;
        }

        /** Called once at most: {@link Cleaner.Cleanable#clean} sees to that. */
        @Override
        public void run() {
            long freed = address;
            address = 0;
            TransferNatives.free(freed);
        }
    }
}
