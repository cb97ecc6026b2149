package io.zerocopy.internal.core;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The books of a {@link Pump} at one moment. Immutable. */
public final class PumpAccount {
    /** Nothing was moved. */
    public static final PumpAccount EMPTY =
            new PumpAccount(new long[TransferNatives.ACCOUNT_LONGS]);

    private static final int FALLBACKS = 6;

    private final long[] longs;

    /** Takes what {@link TransferNatives#account} wrote. */
    PumpAccount(long[] longs) {
        this.longs = longs;
    }

    /** Bytes of the source that the target has accepted. */
    public long delivered() {
        return longs[0];
    }

    /** Bytes that were taken from the source. */
    public long consumed() {
        return longs[1];
    }

    /** Bytes that were taken from the source, not delivered and not drained. */
    public long undelivered() {
        return longs[2];
    }

    /** The mechanisms that moved at least one byte. */
    public Set<Mechanism> mechanisms() {
        Set<Mechanism> mechanisms = EnumSet.noneOf(Mechanism.class);
        for (Mechanism mechanism : Mechanism.values()) {
            if ((longs[3] & 1L << mechanism.number()) != 0) {
                mechanisms.add(mechanism);
            }
        }
        return mechanisms;
    }

    /** System calls made by the mechanisms. */
    public long systemCalls() {
        return longs[4];
    }

    /** How many mechanisms were left for another. */
    public int fallbackCount() {
        return (int) longs[5];
    }

    /** The number of the mechanism that was left as the one with this index. */
    public int fallbackMechanism(int index) {
        return (int) (longs[FALLBACKS + index] >>> 32);
    }

    /** What the system said to it. */
    public int fallbackErrno(int index) {
        return (int) longs[FALLBACKS + index];
    }

    /** The mechanisms that were left for another, in their order, with their causes. */
    public List<Fallback> fallbacks() {
        List<Fallback> fallbacks = new ArrayList<>();
        for (int index = 0; index < fallbackCount(); index++) {
            int errno = fallbackErrno(index);
            fallbacks.add(
                    new Fallback(
                            Mechanisms.withNumber(fallbackMechanism(index)),
                            errno,
                            Natives.errorText(errno)));
        }
        return fallbacks;
    }
}
