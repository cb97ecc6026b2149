package io.zerocopy.internal.channel;

import io.zerocopy.End;
import io.zerocopy.internal.core.PumpAccount;
import io.zerocopy.internal.transfer.Account;
import io.zerocopy.internal.transfer.Engine;
import io.zerocopy.internal.transfer.Limits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The native core between two of the JDK's own channels.
 *
 * <p>{@link #run}, {@link #drainUndelivered} and {@link #close} wait for a run of another thread to
 * end. The position of a file that is read or written at its own belongs to the transfer from its
 * first run to its last.
 */
final class NativeEngine implements Engine {
    private final GuardedEnd source;
    private final GuardedEnd target;
    private final PumpedSteps steps;
    private final ReentrantLock running = new ReentrantLock();

    NativeEngine(GuardedEnd source, GuardedEnd target, EngineRequest request) {
        this.source = source;
        this.target = target;
        this.steps = new PumpedSteps(source, target, request);
    }

    @Override
    public End run(Limits limits) throws IOException {
        running.lock();
        try {
            return new GuardedRun(source, target, steps, limits).run();
        } finally {
            running.unlock();
        }
    }

    @Override
    public Account account() {
        PumpAccount account = steps.account();
        return new Account(
                account.delivered(),
                account.consumed(),
                account.mechanisms(),
                account.fallbacks(),
                account.systemCalls());
    }

    boolean isToFile() {
        return target.isFile();
    }

    /** The bytes that {@link #drainUndelivered} would give; from any thread. */
    long undeliveredBytes() {
        return steps.account().undelivered();
    }

    /** The bytes that the target has accepted; from any thread. */
    long delivered() {
        return steps.account().delivered();
    }

    @Override
    public int drainUndelivered(ByteBuffer into) throws IOException {
        if (into.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        running.lock();
        try {
            return into.isDirect() ? drainDirectly(into) : drainThroughBuffer(into);
        } finally {
            running.unlock();
        }
    }

    /** Fills it as far as there is something: the core gives what is in a pipe in pieces. */
    private int drainDirectly(ByteBuffer into) throws IOException {
        int drained = 0;
        int piece;
        // Ends: each turn takes bytes out, or leaves.
        do {
            piece = steps.drainUndelivered(into);
            drained += piece;
        } while (piece > 0 && into.hasRemaining());
        return drained;
    }

    private int drainThroughBuffer(ByteBuffer into) throws IOException {
        ByteBuffer buffer = BufferPool.PIECES.take();
        try {
            int drained = 0;
            int piece;
            // Ends: each turn takes bytes out, or leaves.
            do {
                buffer.clear().limit(Math.min(buffer.capacity(), into.remaining()));
                piece = steps.drainUndelivered(buffer);
                into.put(buffer.flip());
                drained += piece;
            } while (piece > 0 && into.hasRemaining());
            return drained;
        } finally {
            BufferPool.PIECES.give(buffer);
        }
    }

    @Override
    public void close() {
        running.lock();
        try {
            steps.close();
        } finally {
            running.unlock();
        }
    }
}
