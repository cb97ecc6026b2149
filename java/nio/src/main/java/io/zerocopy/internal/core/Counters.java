package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The running counts behind {@link io.zerocopy.Statistics}. */
public final class Counters {
    private static final int NUMBERS = 16;

    private static final LongAdder[] TRANSFERS = adders();
    private static final LongAdder[] BYTES = adders();
    private static final Map<String, LongAdder> FALLBACKS = new ConcurrentHashMap<>();

    private Counters() {}

    /** Counts bytes that the mechanism with this number delivered. */
    public static void addBytes(int mechanism, long bytes) {
        BYTES[mechanism].add(bytes);
    }

    /** Counts a transfer that delivered bytes and ended with the mechanism with this number. */
    public static void addTransfer(int mechanism) {
        TRANSFERS[mechanism].increment();
    }

    /** Counts a transfer that was made in one go. */
    public static void addTransfer(Mechanism mechanism, long bytes) {
        if (bytes > 0) {
            addTransfer(mechanism.number());
            addBytes(mechanism.number(), bytes);
        }
    }

    /** Counts a fallback of the native core. The causes are few: a mechanism and an errno. */
    public static void addFallback(int mechanism, int errno) {
        String name = Mechanisms.withNumber(mechanism).name();
        FALLBACKS.computeIfAbsent(name + ": errno " + errno, key -> new LongAdder()).increment();
    }

    /** The count of transfers. */
    public static long transfers(Mechanism mechanism) {
        return TRANSFERS[mechanism.number()].sum();
    }

    /** The count of bytes. */
    public static long bytes(Mechanism mechanism) {
        return BYTES[mechanism.number()].sum();
    }

    /** The counts of fallbacks by cause. */
    public static Map<String, Long> fallbacks() {
        Map<String, Long> counts = new TreeMap<>();
        FALLBACKS.forEach((cause, count) -> counts.put(cause, count.sum()));
        return counts;
    }

    private static LongAdder[] adders() {
        LongAdder[] adders = new LongAdder[NUMBERS];
        for (int number = 0; number < NUMBERS; number++) {
            adders[number] = new LongAdder();
        }
        return adders;
    }
}
