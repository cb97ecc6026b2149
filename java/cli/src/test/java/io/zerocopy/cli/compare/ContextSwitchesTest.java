package io.zerocopy.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;

class ContextSwitchesTest {
    @Test
    void readsBothCountersFromTheStatusFile() throws IOException {
        ContextSwitches switches =
                ContextSwitches.parse(
                        List.of(
                                "Name:\tjava",
                                "voluntary_ctxt_switches:\t150",
                                "nonvoluntary_ctxt_switches:\t7"));
        assertEquals(new ContextSwitches(150, 7), switches);
        assertEquals(157, switches.total());
    }

    @Test
    void refusesAStatusWithoutThem() {
        assertThrows(IOException.class, () -> ContextSwitches.parse(List.of("Name:\tjava")));
    }

    @Test
    void countsASleepOfThisThreadAsVoluntary() throws Exception {
        ContextSwitches before = ContextSwitches.ofThisThread();
        Thread.sleep(20);
        assertTrue(ContextSwitches.ofThisThread().since(before).voluntary() >= 1);
    }
}
