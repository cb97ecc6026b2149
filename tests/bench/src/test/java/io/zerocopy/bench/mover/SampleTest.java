package io.zerocopy.bench.mover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SampleTest {
    @Test
    void whatOneSideWritesTheOtherReads() {
        Sample sample = new Sample(12, 34, 56, 7, 8);
        assertEquals(sample, Sample.parse(sample.toLine()));
    }

    @Test
    void anythingElseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Sample.parse("no such method"));
        assertThrows(IllegalArgumentException.class, () -> Sample.parse("done 1 2 3 4"));
    }

    @Test
    void aBurstIsReadAsItWasWritten() {
        Burst burst = new Burst(512, 4000, 10);
        String command = burst.toCommand(Method.JDK_TRANSFER_TO.word());
        assertEquals("run jdk_transfer_to 512 4000 10", command);
        assertEquals(burst, Burst.parse(command.split(" ")));
    }
}
