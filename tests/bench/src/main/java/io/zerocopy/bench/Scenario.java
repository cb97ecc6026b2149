package io.zerocopy.bench;

import io.zerocopy.bench.sender.Burst;
import io.zerocopy.bench.sender.ReceiverMode;
import io.zerocopy.bench.sender.SendMethod;
import io.zerocopy.cli.compare.ByteSize;

import java.util.ArrayList;
import java.util.List;

/**
 * One kind of transfer, made by every contender in every round.
 *
 * @param name in reports
 * @param burst one round of one contender
 * @param warmUpRounds rounds before the timed ones, for the compilers of the JVM and the caches
 */
record Scenario(
        String name,
        Burst burst,
        int warmUpRounds,
        List<SendMethod> javaMethods,
        List<String> nativeMethods) {
    private static final List<SendMethod> SMALL_JAVA =
            List.of(SendMethod.PREAD, SendMethod.JDK, SendMethod.ZEROCOPY);
    private static final List<SendMethod> BULK_JAVA =
            List.of(SendMethod.HEAP, SendMethod.JDK, SendMethod.ZEROCOPY);
    private static final List<String> SMALL_NATIVE = List.of("sendfile", "pread", "zc_transfer");
    private static final List<String> BULK_NATIVE = List.of("sendfile", "zc_transfer");

    /** What a round of small transfers moves at most, and how many they are at most. */
    private static final long SMALL_ROUND_BYTES = 64L << 20;

    private static final int SMALL_ROUND_TRANSFERS = 4000;

    /** The JVM's last compiler begins after ten thousand calls; this makes twice as many. */
    private static final int SMALL_WARM_UP_ROUNDS = 6;

    private static final int BULK_WARM_UP_ROUNDS = 2;

    static List<Scenario> chosenBy(Options options) {
        List<Scenario> scenarios = new ArrayList<>();
        if (options.small) {
            options.smallBytes.forEach(bytes -> scenarios.add(small(bytes, options.quick)));
        }
        if (options.bulk) {
            options.bulkReceivers.forEach(
                    mode -> scenarios.add(bulk(options.fileBytes(), mode, options.quick)));
        }
        return scenarios;
    }

    /** Many transfers on one kept-open connection. A receiver that sleeps would be all one sees. */
    private static Scenario small(long bytes, boolean quick) {
        long most = Math.min(SMALL_ROUND_TRANSFERS, SMALL_ROUND_BYTES / bytes);
        int transfers = (int) Math.max(1, quick ? most / 4 : most);
        Burst burst = new Burst(bytes, transfers, transfers / 4 + 1, ReceiverMode.SPINNING);
        return new Scenario(
                "small, " + new ByteSize(bytes),
                burst,
                SMALL_WARM_UP_ROUNDS,
                SMALL_JAVA,
                SMALL_NATIVE);
    }

    /** Context switches are told for so many transfers: for a single small one there are none. */
    int transfersTold() {
        return burst.transfers() == 1 ? 1 : 1000;
    }

    private static Scenario bulk(long bytes, ReceiverMode mode, boolean quick) {
        Burst burst = new Burst(bytes, 1, 0, mode);
        String name = "bulk, " + new ByteSize(bytes) + ", " + mode.word() + " receiver";
        return new Scenario(name, burst, quick ? 1 : BULK_WARM_UP_ROUNDS, BULK_JAVA, BULK_NATIVE);
    }
}
