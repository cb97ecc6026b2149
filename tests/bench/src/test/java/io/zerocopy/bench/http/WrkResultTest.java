package io.zerocopy.bench.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.BenchException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: no figure comes from a run that failed. Method: the lines that wrk's script can print. */
class WrkResultTest {
    @Test
    void aRunWithoutErrorsIsTimeRequestsAndBytes() throws BenchException {
        assertEquals(
                new WrkLoad.Result(1_000_123_000L, 42, 172_032),
                WrkLoad.Result.parse("counted 1000123 42 172032 0 0 0 0 0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "counted 1000123 42 172032 1 0 0 0 0",
                "counted 1000123 42 172032 0 1 0 0 0",
                "counted 1000123 42 172032 0 0 1 0 0",
                "counted 1000123 42 172032 0 0 0 1 0",
                "counted 1000123 42 172032 0 0 0 0 1"
            })
    void aSingleErrorIsAFailure(String line) {
        BenchException e = assertThrows(BenchException.class, () -> WrkLoad.Result.parse(line));
        assertTrue(e.getMessage().contains("counted 42 answers"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"counted 1000123 0 0 0 0 0 0 0", "counted 0 42 172032 0 0 0 0 0"})
    void aRunWithoutAnswersOrWithoutTimeIsAFailure(String line) {
        assertThrows(BenchException.class, () -> WrkLoad.Result.parse(line));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Requests/sec:  11764.33",
                "counted 1000123 42",
                "counted 1000123 42 172032 0 0 0 0 none",
                "counted 1000123 42 172032 0 0 0 0 0 0"
            })
    void anotherLineIsAFailure(String line) {
        assertThrows(BenchException.class, () -> WrkLoad.Result.parse(line));
    }
}
