package io.zerocopy.bench;

import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.Method;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.util.ArrayList;
import java.util.List;

/** A hot file again and again, on one connection that stays open: what a server does all day. */
final class SmallRow implements TransferRow {
    private static final List<Method> JAVA =
            List.of(Method.COPY_64K, Method.JDK_TRANSFER_TO, Method.ZC_TRANSFER_TO);
    private static final List<String> NATIVE = List.of("sendfile", "copy_64k", "zc_transfer");

    /** What a round moves at most, and how many transfers it makes at most. */
    private static final long ROUND_BYTES = 64L << 20;

    private static final int ROUND_TRANSFERS = 4000;

    /** The JVM's last compiler begins after ten thousand calls; this makes twice as many. */
    private static final int WARM_UP_ROUNDS = 6;

    @Override
    public String word() {
        return "small";
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        List<Scenario> scenarios = new ArrayList<>();
        for (long bytes : setting.options().smallBytes) {
            String source = "file " + setting.workspace().data(bytes);
            scenarios.add(scenario(source, bytes, setting.options().quick));
        }
        return scenarios;
    }

    /** The peer spins: one that sleeps would be all that one sees. */
    private static Scenario scenario(String source, long bytes, boolean quick) {
        long most = Math.min(ROUND_TRANSFERS, ROUND_BYTES / bytes);
        int transfers = (int) Math.max(1, quick ? most / 4 : most);
        return new Scenario(
                "small, " + new ByteSize(bytes),
                source,
                "tcp " + PeerMode.SPINNING.letter(),
                new Burst(bytes, transfers, transfers / 4 + 1),
                WARM_UP_ROUNDS,
                JAVA,
                NATIVE,
                Scenario.Traits.NONE);
    }
}
