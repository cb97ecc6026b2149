package io.zerocopy.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zerocopy.cli.terminal.ByteSize;

import org.junit.jupiter.api.Test;

import java.util.List;

class RowTest {
    @Test
    void reportsMediansAndTheSpread() {
        Row row =
                new Row(
                        Subject.sample(ByteSize.parse("500M")),
                        SendMethod.MAPPED,
                        List.of(round(900, 400, 10), round(250, 200, 20), round(300, 100, 60)),
                        null,
                        null,
                        0);
        assertEquals(300, row.medianMillis());
        assertEquals(250, row.minMillis());
        assertEquals(900, row.maxMillis());
        assertEquals(0.5 / 0.3, row.gigabytesPerSecond(), 1e-9);
        assertEquals(0.4, row.cpuSecondsPerGigabyte(), 1e-9);
        assertEquals(40 + 2, row.switchesPerGigabyte(), 1e-9);
    }

    @Test
    void takesTheMeanOfTheTwoMiddleValuesOfAnEvenNumber() {
        assertEquals(2.5, Median.of(4, 1, 3, 2));
    }

    private static Measurement round(long millis, long cpuMillis, long switches) {
        return new Measurement(
                millis * 1_000_000,
                cpuMillis * 1_000_000,
                new ContextSwitches(switches, 1),
                new Receipt(500_000_000, Receipt.NOT_COMPUTED));
    }
}
