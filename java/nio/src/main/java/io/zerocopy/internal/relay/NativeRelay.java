package io.zerocopy.internal.relay;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.RelayEnd;
import io.zerocopy.internal.core.Counters;
import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.Mechanisms;
import io.zerocopy.internal.core.RelayNatives;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A relay of the native core. */
final class NativeRelay implements Running {
    private static final RelayEnd[] ENDS = RelayEnd.values();

    private final NativeEngine engine;
    private final Listener listener;

    /** What the native core calls it; written before the relay is given to anyone. */
    private long number;

    /** What was delivered each way, once it is over. */
    private volatile long[] delivered;

    NativeRelay(NativeEngine engine, Listener listener) {
        this.engine = engine;
        this.listener = listener;
    }

    void begin(long number) {
        this.number = number;
    }

    @Override
    public long aToB() {
        return delivered(0);
    }

    @Override
    public long bToA() {
        return delivered(1);
    }

    @Override
    public void close() {
        if (delivered == null) {
            engine.closeRelay(number);
        }
    }

    private long delivered(int way) {
        if (delivered == null) {
            long count = engine.delivered(number, way);
            if (count != RelayNatives.OVER) {
                return count;
            }
        }
        return delivered[way];
    }

    /** The relay is over, with these longs from {@code from} on. */
    void note(long[] relays, int from) {
        int first = from + RelayNatives.FIRST_FLOW + RelayNatives.DELIVERED;
        delivered = new long[] {relays[first], relays[first + RelayNatives.LONGS_PER_FLOW]};
    }

    void tell(long[] relays, int from, IOException failureToB, IOException failureToA) {
        int first = from + RelayNatives.FIRST_FLOW;
        FlowAccount aToB = account(relays, first, failureToB);
        FlowAccount bToA = account(relays, first + RelayNatives.LONGS_PER_FLOW, failureToA);
        // Who is told of the end finds it in the statistics.
        count(relays, first);
        count(relays, first + RelayNatives.LONGS_PER_FLOW);
        listener.ended(aToB, bToA, relays[from + RelayNatives.ELAPSED_NANOS]);
    }

    private static void count(long[] relays, int from) {
        long copied = relays[from + RelayNatives.COPIED];
        Counters.addTransfer(Mechanism.COPY, copied);
        Counters.addTransfer(Mechanism.SPLICE, relays[from + RelayNatives.DELIVERED] - copied);
    }

    private static FlowAccount account(long[] relays, int from, IOException failure) {
        return new FlowAccount(
                relays[from + RelayNatives.DELIVERED],
                relays[from + RelayNatives.CONSUMED],
                ENDS[(int) relays[from + RelayNatives.END]],
                failure,
                mechanisms(relays[from + RelayNatives.MECHANISMS]),
                fallbacks(relays, from));
    }

    private static Set<Mechanism> mechanisms(long bits) {
        EnumSet<Mechanism> mechanisms = EnumSet.noneOf(Mechanism.class);
        for (Mechanism mechanism : Mechanism.values()) {
            if ((bits & 1L << mechanism.number()) != 0) {
                mechanisms.add(mechanism);
            }
        }
        return Collections.unmodifiableSet(mechanisms);
    }

    private static List<Fallback> fallbacks(long[] relays, int from) {
        List<Fallback> fallbacks = new ArrayList<>();
        int first = from + RelayNatives.FALLBACKS;
        int count = (int) relays[from + RelayNatives.FALLBACK_COUNT];
        for (int index = first; index < first + count; index++) {
            int mechanism = (int) (relays[index] >>> 32);
            int errno = (int) relays[index];
            String cause = RelayNatives.describe(errno);
            fallbacks.add(new Fallback(Mechanisms.withNumber(mechanism), errno, cause));
            Counters.addFallback(mechanism, errno);
            FallbackLog.warnOnce(
                    "zerocopy-nio relays without "
                            + Mechanisms.withNumber(mechanism)
                            + " where the system says \""
                            + cause
                            + "\"",
                    null);
        }
        return List.copyOf(fallbacks);
    }
}
