package io.zerocopy.bench;

import io.zerocopy.bench.relay.ProxyRow;

import java.util.List;
import java.util.stream.Stream;

/** What can be chosen to be measured, alone or with others. */
public interface Row {
    /** All of them, in the order of the report. */
    List<Row> ALL =
            Stream.<Row>concat(TransferRow.all().stream(), ProxyRow.all().stream()).toList();

    /** How options name it, and its charts. */
    String word();

    /** What of the system it needs. */
    default List<Tool> tools() {
        return List.of();
    }

    /** Whether only root can make what it needs: file systems and networks. */
    default boolean needsRoot() {
        return !tools().isEmpty();
    }
}
