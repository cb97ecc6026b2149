package io.zerocopy.bench;

import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.Method;

import java.nio.file.Path;
import java.util.List;

/**
 * One kind of transfer, made by every contender in every round.
 *
 * @param name in reports
 * @param source where the bytes come from, as the command of a mover has it
 * @param target where they go
 * @param burst one round of one contender
 * @param warmUpRounds rounds before the timed ones, for the compilers of the JVM and the caches
 * @param javaMethods how every JVM moves
 * @param nativeMethods how the native anchor moves
 * @param traits what else is special about it
 */
record Scenario(
        String name,
        String source,
        String target,
        Burst burst,
        int warmUpRounds,
        List<Method> javaMethods,
        List<String> nativeMethods,
        Traits traits) {
    /** Rounds of large transfers before the timed ones: a copy loop is compiled in the first. */
    static final int BULK_WARM_UP_ROUNDS = 2;

    /** Traced calls are slow, and the calls of a copy grow with the size only. */
    static final long TRACED_BYTES_MAX = 16L << 20;

    private static final int TRACED_TRANSFERS_MAX = 20;

    /**
     * What most scenarios do not need.
     *
     * @param evicted files that the page cache has to forget before each transfer
     * @param countsAllThreads whether CPU time is that of the process, because some of the work is
     *     done beside the thread that moves
     * @param tracedBytesMax how much is moved at most when system calls are counted
     * @param isServed whether a round is a run of a load on a server
     */
    record Traits(
            List<Path> evicted, boolean countsAllThreads, long tracedBytesMax, boolean isServed) {
        static final Traits NONE = new Traits(List.of(), false, TRACED_BYTES_MAX, false);

        static Traits cold(List<Path> evicted) {
            return new Traits(evicted, false, Long.MAX_VALUE, false);
        }

        static Traits ofAllThreads() {
            return new Traits(List.of(), true, TRACED_BYTES_MAX, false);
        }

        static Traits served() {
            return new Traits(List.of(), true, TRACED_BYTES_MAX, true);
        }
    }

    /** One transfer a round, without anything special. */
    static Scenario bulk(
            String name,
            String source,
            String target,
            long bytes,
            List<Method> javaMethods,
            List<String> nativeMethods) {
        return new Scenario(
                name,
                source,
                target,
                Burst.single(bytes),
                BULK_WARM_UP_ROUNDS,
                javaMethods,
                nativeMethods,
                Traits.NONE);
    }

    Scenario with(Traits other) {
        return new Scenario(
                name, source, target, burst, warmUpRounds, javaMethods, nativeMethods, other);
    }

    /** Context switches are told for so many transfers: for a single small one there are none. */
    int transfersTold() {
        return burst.transfers() == 1 ? 1 : 1000;
    }

    /** How many transfers one {@link #traced} burst has more than the one before. */
    int tracedTransfers() {
        return Math.min(burst.transfers(), TRACED_TRANSFERS_MAX);
    }

    /**
     * The burst to count system calls in, with one or two times {@link #tracedTransfers}. Of a file
     * that has to be cold only the first transfer counts, so there it is none or one.
     */
    Burst traced(int times) {
        long bytes = Math.min(burst.bytes(), traits.tracedBytesMax());
        int counted = traits.evicted().isEmpty() ? times : times - 1;
        return new Burst(bytes, tracedTransfers() * counted, burst.warmUp() == 0 ? 0 : 1);
    }
}
