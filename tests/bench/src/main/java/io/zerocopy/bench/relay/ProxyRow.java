package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Row;

import java.util.List;

/** A row whose contenders are proxies. */
public interface ProxyRow extends Row {
    /** All of them, in the order of the report. */
    static List<ProxyRow> all() {
        return List.of(
                new BulkRelayRow(), new HttpRelayRow(), new PingRelayRow(), new ManyRelayRow());
    }

    /** What this machine can't do it has the setting skip, with the reason. */
    List<Figures> measure(RelayStage stage) throws BenchException;
}
