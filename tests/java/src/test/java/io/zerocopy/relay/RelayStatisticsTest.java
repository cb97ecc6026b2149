package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.Mechanism;
import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayFlow;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.Statistics;
import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Goal: the statistics have every byte that relays moved, by the mechanism that moved it.
 *
 * <p>Method: what one relay adds to the counts of this JVM, with either engine.
 */
@ExtendWith(LeakCounter.class)
class RelayStatisticsTest {
    private static final long BULK_BYTES = 20_000_000;
    private static final long MESSAGE_BYTES = 700;

    private RelayEngine engine;
    private Statistics before;

    @BeforeEach
    void open() throws IOException {
        engine = RelayEngine.open(1);
        before = ZeroCopy.statistics();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void aMessageIsCopied() throws Exception {
        relay(RelayOptions.defaults(), MESSAGE_BYTES, 0);
        assertAdded(copying(), 1, MESSAGE_BYTES);
        assertEquals(0, addedTransfers(Mechanism.SPLICE));
        assertEquals(before.fallbacks(), ZeroCopy.statistics().fallbacks());
    }

    @Test
    void bulkIsSplicedBehindItsFirstRead() throws Exception {
        assumeTrue(Served.byNativeCore(), "without the native core nothing is spliced");
        RelayResult result = relay(RelayOptions.defaults(), BULK_BYTES, BULK_BYTES + 1);
        assertEquals(2, addedTransfers(Mechanism.SPLICE), "one each way");
        assertEquals(2, addedTransfers(Mechanism.COPY), "one each way");
        long spliced = addedBytes(Mechanism.SPLICE);
        assertTrue(spliced > BULK_BYTES, spliced + " bytes spliced: " + result);
        assertEquals(2 * BULK_BYTES + 1, spliced + addedBytes(Mechanism.COPY));
        assertEquals(0, addedTransfers(Mechanism.JDK));
    }

    @Test
    void withoutTheCoreAllIsOfTheJdk() throws Exception {
        assumeFalse(Served.byNativeCore(), "the native core serves: see testWithoutCore");
        relay(RelayOptions.defaults(), BULK_BYTES, BULK_BYTES);
        assertAdded(Mechanism.JDK, 2, 2 * BULK_BYTES);
        assertEquals(0, addedTransfers(Mechanism.SPLICE) + addedTransfers(Mechanism.COPY));
    }

    @Test
    void aPrefaceIsCopiedAndCounted() throws Exception {
        ByteBuffer preface = ByteBuffer.wrap("hello".getBytes());
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine, RelayOptions.defaults().withPrefaceToB(preface));
            assertEquals("hello", RelayedPair.hear(pair.peerOfB(), 5));
            relay.close();
            RelayFlow toB = RelayedPair.resultOf(relay).aToB();
            assertEquals(Set.of(copying()), toB.mechanisms(), toB::toString);
        }
        assertAdded(copying(), 1, 5);
    }

    private RelayResult relay(RelayOptions options, long bytesToB, long bytesToA) throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine, options);
            pair.exchange(bytesToB, bytesToA);
            return RelayedPair.resultOf(relay);
        }
    }

    /** What messages go by. */
    private static Mechanism copying() {
        return Served.byNativeCore() ? Mechanism.COPY : Mechanism.JDK;
    }

    private void assertAdded(Mechanism mechanism, long transfers, long bytes) {
        assertEquals(bytes, addedBytes(mechanism), mechanism + " bytes");
        assertEquals(transfers, addedTransfers(mechanism), mechanism + " transfers");
    }

    private long addedTransfers(Mechanism mechanism) {
        return ZeroCopy.statistics().transfers(mechanism) - before.transfers(mechanism);
    }

    private long addedBytes(Mechanism mechanism) {
        return ZeroCopy.statistics().bytes(mechanism) - before.bytes(mechanism);
    }
}
