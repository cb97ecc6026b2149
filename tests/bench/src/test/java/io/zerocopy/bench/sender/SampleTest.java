package io.zerocopy.bench.sender;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SampleTest {
    @Test
    void whatOneSideWritesTheOtherReads() {
        Sample sample = new Sample(12, 34, 5, 6);
        assertEquals(sample, Sample.parse(sample.toLine()));
    }

    @Test
    void anythingElseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Sample.parse("no such method"));
        assertThrows(IllegalArgumentException.class, () -> Sample.parse("done 1 2 3"));
    }

    @Test
    void aBurstIsReadAsItWasWritten() {
        Burst burst = new Burst(512, 4000, 10, ReceiverMode.SPINNING);
        String command = burst.toCommand(SendMethod.JDK.word());
        assertEquals("run jdk 512 4000 10 s", command);
        assertEquals(burst, Burst.parse(command.split(" ")));
    }
}
