package io.zerocopy.bench.mover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PeerModeTest {
    @ParameterizedTest
    @EnumSource
    void itsLetterNamesIt(PeerMode mode) {
        assertEquals(mode, PeerMode.of("" + mode.letter()));
    }

    @Test
    void otherLettersNameNothing() {
        assertThrows(IllegalArgumentException.class, () -> PeerMode.of("x"));
    }
}
