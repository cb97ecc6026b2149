package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Counters;
import io.zerocopy.internal.core.Natives;
import io.zerocopy.internal.core.Natives.Outcome;
import io.zerocopy.internal.core.Pump;
import io.zerocopy.internal.core.PumpAccount;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.core.TransferNatives;

import java.nio.ByteBuffer;

/**
 * The steps of one transfer and its books. The native side is made when the first run has guarded
 * both descriptors.
 *
 * <p>For one thread at a time, but for {@link #account}. The caller guards both descriptors around
 * {@link #start}, {@link #step} and {@link #stop}.
 */
final class PumpedSteps implements AutoCloseable {
    private final GuardedEnd source;
    private final GuardedEnd target;
    private final EngineRequest request;
    private Pump pump;
    private long sendTimeoutBefore = TransferNatives.NONE;
    private long last;
    private int mechanism;
    private int countedFallbacks;
    private boolean isClosed;
    private volatile PumpAccount account = PumpAccount.EMPTY;

    PumpedSteps(GuardedEnd source, GuardedEnd target, EngineRequest request) {
        this.source = source;
        this.target = target;
        this.request = request;
    }

    /**
     * Prepares the first step of a run.
     *
     * @param maySleep whether a step may sleep in a system call as long as it likes
     * @param sleepNanosMax how long a step sleeps at most otherwise, up to 100 ms
     */
    void start(boolean maySleep, long sleepNanosMax) throws SystemCallException {
        if (isClosed) {
            throw new IllegalStateException("the transfer is closed");
        }
        if (pump == null) {
            pump =
                    Pump.open(
                            source.endpoint(),
                            target.endpoint(),
                            request.count(),
                            maySleep,
                            request.options());
        } else {
            pump.resume(maySleep);
        }
        sendTimeoutBefore = pump.shortenSendTimeout(sleepNanosMax);
    }

    /** Makes a step of at most {@code budget} bytes. */
    Outcome step(long budget) throws SystemCallException {
        long before = account.delivered();
        try {
            last = pump.step(budget);
        } finally {
            // Also a step that fails may have taken bytes from the source.
            account = pump.account();
        }
        mechanism = Natives.mechanism(last);
        long delivered = account.delivered() - before;
        if (delivered > 0) {
            Counters.addBytes(mechanism, delivered);
        }
        return Natives.outcome(last);
    }

    /** The bytes that the last step delivered, those of a header and trailer included. */
    long movedBytes() {
        return Natives.moved(last);
    }

    /** How long to pause, if that is what the last step came to. */
    long pauseNanos() {
        return Natives.pauseNanos(last);
    }

    /** Whether everything is known to be delivered without asking the native side. */
    boolean isComplete() {
        return account.delivered() == request.count() && request.options().trailer() == null;
    }

    /** Leaves the run: nothing is held back any more, and no option of a socket stays changed. */
    void stop() throws SystemCallException {
        if (pump == null) {
            return;
        }
        pump.settle();
        account = pump.account();
        for (; countedFallbacks < account.fallbackCount(); countedFallbacks++) {
            Counters.addFallback(
                    account.fallbackMechanism(countedFallbacks),
                    account.fallbackErrno(countedFallbacks));
        }
        if (sendTimeoutBefore != TransferNatives.NONE) {
            long before = sendTimeoutBefore;
            sendTimeoutBefore = TransferNatives.NONE;
            pump.restoreSendTimeout(before);
        }
    }

    /** What was moved until now; from any thread. */
    PumpAccount account() {
        return account;
    }

    /** Takes out bytes that were taken from the source and not delivered, the oldest first. */
    int drainUndelivered(ByteBuffer direct) throws SystemCallException {
        if (pump == null) {
            return 0;
        }
        int drained = pump.drainUndelivered(direct);
        account = pump.account();
        return drained;
    }

    /** Gives the native side back, and counts the transfer. Idempotent. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        if (account.delivered() > 0) {
            Counters.addTransfer(mechanism);
        }
        if (pump != null) {
            pump.close();
            pump = null;
        }
    }
}
