package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

/** Goal: the calls of a server are told by their names. Method: tables as strace prints them. */
class AttachedCounterTest {
    private static final List<String> TABLE =
            List.of(
                    "% time     seconds  usecs/call     calls    errors syscall",
                    "------ ----------- ----------- --------- --------- ----------------",
                    " 81.20    0.867978        6155       141        21 futex",
                    "  0.98    0.010510           3      2648           newfstatat",
                    "------ ----------- ----------- --------- --------- ----------------",
                    "100.00    0.878488         315      2789        21 total");

    @Test
    void callsAreCountedWithTheirErrorsAndTheTotalIsNone() {
        assertEquals(Map.of("futex", 141L, "newfstatat", 2648L), AttachedCounter.parse(TABLE));
    }

    @Test
    void whereNothingWasCalledThereIsNoTable() {
        assertEquals(Map.of(), AttachedCounter.parse(List.of()));
    }
}
