package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.bench.sender.ReceiverMode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;

class OptionsTest {
    @Test
    void theDefaultIsTheFullMeasurement() throws BenchException {
        Options options = parse();
        assertTrue(options.small && options.bulk && options.strace && options.givesVerdicts());
        assertEquals(1L << 30, options.fileBytes());
        assertEquals(5 + 2, Scenario.chosenBy(options).size());
    }

    @Test
    void quickIsShortAndGivesNoVerdicts() throws BenchException {
        Options options = parse("--quick");
        assertFalse(options.givesVerdicts());
        assertEquals(64L << 20, options.fileBytes());
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
    void scenariosAndReceiversAreChosen() throws BenchException {
        Options options = parse("--scenarios", "bulk", "--receivers", "spinning");
        List<Scenario> scenarios = Scenario.chosenBy(options);
        assertEquals(1, scenarios.size());
        assertEquals(ReceiverMode.SPINNING, scenarios.get(0).burst().mode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--rounds=2",
                "--rounds=1001",
                "--rounds=x",
                "--scenarios=",
                "--scenarios=huge",
                "--receivers=asleep",
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
