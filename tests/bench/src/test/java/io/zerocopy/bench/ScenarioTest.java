package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zerocopy.bench.mover.Burst;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;

class ScenarioTest {
    @Test
    void whatIsTracedIsSmall() {
        Scenario bulk = bulk(1L << 30);
        assertEquals(new Burst(16 << 20, 1, 0), bulk.traced(1));
        assertEquals(new Burst(16 << 20, 2, 0), bulk.traced(2));
        assertEquals(4096, bulk(4096).traced(1).bytes());
    }

    @Test
    void aColdFileIsTracedAsAWholeAndOnce() {
        List<Path> evicted = List.of(Path.of("file"));
        Scenario cold = bulk(1L << 30).with(Scenario.Traits.cold(evicted));
        assertEquals(new Burst(1L << 30, 0, 0), cold.traced(1));
        assertEquals(new Burst(1L << 30, 1, 0), cold.traced(2));
        assertEquals(1, cold.tracedTransfers());
    }

    @Test
    void ofManyTransfersFewAreTraced() {
        Scenario small =
                new Scenario(
                        "small",
                        "file a",
                        "tcp s",
                        new Burst(64, 4000, 1001),
                        6,
                        List.of(),
                        List.of(),
                        Scenario.Traits.NONE);
        assertEquals(new Burst(64, 40, 1), small.traced(2));
        assertEquals(1000, small.transfersTold());
    }

    private static Scenario bulk(long bytes) {
        return Scenario.bulk("bulk", "file a", "tcp b", bytes, List.of(), List.of());
    }
}
