package io.zerocopy.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class PinningTest {
    @Test
    void readsTheKernelsListOfCores() {
        assertEquals(List.of(0, 1, 2, 5), Pinning.cores("0-2,5"));
        assertEquals(List.of(7), Pinning.cores("7"));
    }

    @Test
    void letsTheThreadGoAgain() throws IOException {
        String before = allowed();
        Pinning.ofThisThread().close();
        assertEquals(before, allowed());
    }

    private static String allowed() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findFirst()
                .orElseThrow();
    }
}
