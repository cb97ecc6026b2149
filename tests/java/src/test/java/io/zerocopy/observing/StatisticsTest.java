package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Mechanism;
import io.zerocopy.Statistics;
import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.loading.Transfers;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Goal: the statistics name the mechanism that really moved each byte, and count every fallback by
 * its cause.
 *
 * <p>Method: what one transfer adds to the counts of this JVM.
 */
class StatisticsTest {
    private static final int EINVAL = 22;

    private Statistics before;

    @BeforeEach
    void remember() {
        before = ZeroCopy.statistics();
    }

    @Test
    void aSmallTransferIsACopy() throws Exception {
        assertTrue(Transfers.areRightOverTcp(1000));
        assertAdded(Map.of(Mechanism.COPY, 1000L));
        assertEquals(before.fallbacks(), ZeroCopy.statistics().fallbacks());
    }

    @Test
    void aLargeTransferIsSendfile() throws Exception {
        assertTrue(Transfers.areRightOverTcp(300_000));
        assertAdded(Map.of(Mechanism.SENDFILE, 300_000L));
        assertEquals(before.fallbacks(), ZeroCopy.statistics().fallbacks());
    }

    @Test
    void anAppendTargetIsAFallbackWithItsCause() throws Exception {
        String cause = "SENDFILE: errno " + EINVAL;
        long causesBefore = before.fallbacks().getOrDefault(cause, 0L);
        assertTrue(Transfers.areRightWhenAppended(300_000));
        assertAdded(Map.of(Mechanism.COPY, 300_000L));
        Statistics after = ZeroCopy.statistics();
        assertEquals(causesBefore + 1, after.fallbacks().get(cause));
        assertTrue(after.toString().contains("fallback " + cause), after::toString);
    }

    @Test
    void aForeignChannelIsACopy(@TempDir Path folder) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (FileChannel source = PatternFile.dense(folder, 3, 70_000).open();
                WritableByteChannel target = Channels.newChannel(bytes)) {
            assertEquals(70_000, ZeroCopy.transferTo(source, 0, 70_000, target));
        }
        assertAdded(Map.of(Mechanism.COPY, 70_000L));
    }

    @Test
    void nothingMovedIsNothingCounted(@TempDir Path folder) throws Exception {
        try (FileChannel source = PatternFile.dense(folder, 4, 10).open();
                WritableByteChannel target = Channels.newChannel(new ByteArrayOutputStream())) {
            assertEquals(0, ZeroCopy.transferTo(source, 10, 5, target));
            assertEquals(0, ZeroCopy.transferTo(source, 0, 0, target));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ZeroCopy.transferTo(source, -1, 5, target));
        }
        assertAdded(Map.of());
    }

    @Test
    void aSnapshotStaysAsItWas() throws Exception {
        String text = before.toString();
        assertTrue(Transfers.areRightOverTcp(300_000));
        assertEquals(text, before.toString());
        assertThrows(
                UnsupportedOperationException.class, () -> before.fallbacks().put("invented", 1L));
        assertThrows(NullPointerException.class, () -> before.bytes(null));
        assertThrows(NullPointerException.class, () -> before.transfers(null));
    }

    /** Fails unless each mechanism moved so many bytes, in one transfer if any. */
    private void assertAdded(Map<Mechanism, Long> expected) {
        Statistics after = ZeroCopy.statistics();
        Map<Mechanism, Long> bytes = new EnumMap<>(Mechanism.class);
        for (Mechanism mechanism : Mechanism.values()) {
            long added = after.bytes(mechanism) - before.bytes(mechanism);
            if (added != 0) {
                bytes.put(mechanism, added);
            }
            assertEquals(
                    added == 0 ? 0 : 1,
                    after.transfers(mechanism) - before.transfers(mechanism),
                    mechanism::name);
            String line =
                    mechanism
                            + ": "
                            + after.transfers(mechanism)
                            + " transfers, "
                            + after.bytes(mechanism)
                            + " bytes";
            assertTrue(after.toString().contains(line), after::toString);
        }
        assertEquals(expected, bytes);
    }
}
