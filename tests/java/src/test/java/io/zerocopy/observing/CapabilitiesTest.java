package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Capabilities;
import io.zerocopy.Mechanism;
import io.zerocopy.ZeroCopy;

import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Goal: what the library says of itself is so: what is usable here, which version it is.
 *
 * <p>Method: on a kernel and a JDK that have everything; where something is missing, the tests of
 * loading and of the kill switch look at the causes.
 */
class CapabilitiesTest {
    @Test
    void everythingIsUsableAndGuardedHere() {
        assertTrue(ZeroCopy.isAvailable(), () -> "" + ZeroCopy.unavailabilityCause());
        assertNull(ZeroCopy.unavailabilityCause());
        ZeroCopy.ensureAvailability();
        Capabilities capabilities = ZeroCopy.capabilities();
        for (Mechanism mechanism : Mechanism.values()) {
            assertTrue(capabilities.isUsable(mechanism), capabilities::toString);
            assertNull(capabilities.cause(mechanism));
        }
        assertEquals(Map.of(), capabilities.unguardedChannels());
    }

    @Test
    void theTextHasALineForEachMechanism() {
        String[] lines = ZeroCopy.capabilities().toString().split(System.lineSeparator());
        assertEquals(Mechanism.values().length, lines.length);
        for (Mechanism mechanism : Mechanism.values()) {
            assertEquals(mechanism + ": usable", lines[mechanism.ordinal()]);
        }
    }

    @Test
    void eachCallTriesAgainAndGivesASnapshotThatCannotBeChanged() {
        Capabilities capabilities = ZeroCopy.capabilities();
        assertNotSame(capabilities, ZeroCopy.capabilities());
        assertThrows(
                UnsupportedOperationException.class,
                () -> capabilities.unguardedChannels().put("invented", "cause"));
        assertThrows(NullPointerException.class, () -> capabilities.cause(null));
        assertThrows(NullPointerException.class, () -> capabilities.isUsable(null));
    }

    @Test
    void tryingTheMechanismsLeavesNoDescriptorBehind() throws Exception {
        ZeroCopy.capabilities();
        long before = openDescriptors();
        for (int round = 0; round < 100; round++) {
            ZeroCopy.capabilities();
        }
        long left = openDescriptors() - before;
        // The JVM opens and closes some of its own meanwhile.
        assertTrue(left < 50, left + " descriptors more");
    }

    @Test
    void theVersionIsThatOfTheManifest() throws Exception {
        String manifest = Files.readString(ProjectFiles.root().resolve("Cargo.toml"));
        String line = "version = \"" + ZeroCopy.version() + "\"";
        assertTrue(manifest.lines().anyMatch(line::equals), () -> "no " + line);
    }

    private static long openDescriptors() throws Exception {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.count();
        }
    }
}
