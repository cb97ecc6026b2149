package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.mover.PeerMode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;

class OptionsTest {
    @Test
    void theDefaultIsTheFullMeasurement() throws BenchException {
        Options options = parse();
        assertTrue(options.strace && options.givesVerdicts());
        assertEquals(Row.ALL, options.rows);
        assertEquals(1L << 30, options.fileBytes());
        assertEquals(256L << 20, options.transferBytes());
    }

    @Test
    void quickIsShortAndGivesNoVerdicts() throws BenchException {
        Options options = parse("--quick");
        assertFalse(options.givesVerdicts());
        assertEquals(96L << 20, options.fileBytes());
        assertEquals(9, parse("--quick", "--rounds", "9").rounds());
    }

    @Test
    void valuesStandBehindTheNameOrAnEqualsSign() throws BenchException {
        Options options = parse("--java=/a/java,/b/java", "--bytes", "512,4Ki", "--seed=9");
        assertEquals(List.of(Path.of("/a/java"), Path.of("/b/java")), options.javas);
        assertEquals(List.of(512L, 4096L), options.smallBytes);
        assertEquals(9, options.seed);
    }

    @Test
    void rowsAndReceiversAreChosen() throws BenchException {
        Options options = parse("--rows", "relay,bulk", "--receivers", "spinning");
        assertEquals(List.of("bulk", "relay"), options.rows.stream().map(Row::word).toList());
        assertEquals(List.of(PeerMode.SPINNING), options.bulkReceivers);
    }

    @Test
    void theBeginningOfNamesStandsForAllOfThem() throws BenchException {
        Options options = parse("--rows", "reflink,relay-*");
        assertEquals(
                List.of("reflink", "relay-bulk", "relay-http", "relay-ping", "relay-many"),
                options.rows.stream().map(Row::word).toList());
    }

    @Test
    void theLoadOfProxiesIsChosen() throws BenchException {
        Options options = parse("--relay-size=2Mi", "--exchanges=7", "--relays=300");
        assertEquals(2L << 20, options.relayBytes());
        assertEquals(7, options.relayExchanges());
        assertEquals(300, options.relays());
        assertEquals(4500, parse().relays());
    }

    @Test
    void documentsGetFullRunsOnly() throws BenchException {
        assertEquals(Path.of("a.md"), parse("--docs", "a.md").docs);
        for (String part : List.of("--quick", "--rounds=30", "--rows=relay", "--no-strace")) {
            BenchException e =
                    assertThrows(BenchException.class, () -> parse("--docs", "a.md", part));
            assertTrue(e.getMessage().contains("full run"), e.getMessage());
        }
    }

    @Test
    void theUsageNamesEveryRow() {
        for (Row row : Row.ALL) {
            assertTrue(Options.USAGE.contains(row.word()), row.word());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--rounds=2",
                "--rounds=1001",
                "--rounds=x",
                "--rows=",
                "--rows=huge",
                "--rows=huge*",
                "--relays=100",
                "--relays=9000",
                "--exchanges=0",
                "--receivers=feeding",
                "--bytes=-1",
                "--file-size",
                "--fast"
            })
    void whatIsWrongIsRefusedWithTheUsage(String argument) {
        BenchException e = assertThrows(BenchException.class, () -> parse(argument));
        assertTrue(e.getMessage().contains(Options.USAGE), e.getMessage());
    }

    private static Options parse(String... arguments) throws BenchException {
        return Options.parse(arguments);
    }
}
