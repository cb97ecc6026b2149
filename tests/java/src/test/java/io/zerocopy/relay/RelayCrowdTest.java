package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayFlow;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Goal: relays on one thread neither mix their bytes nor hold each other up, whatever a peer does,
 * and all of them end when the engine is closed.
 *
 * <p>Method: real peers in threads of their own, all relays on an engine with one thread; every
 * byte is compared with the one that was sent.
 */
@ExtendWith(LeakCounter.class)
class RelayCrowdTest {
    private static final int CROWD = 100;
    private static final int STREAM_BYTES_MAX = 600_000;
    private static final int BYTES_ONE_BY_ONE = 4_000;
    private static final int BULK_BYTES = 16 << 20;

    /** Longer than TCP needs to send again what its peer had to drop. */
    private static final long STANDSTILL_NANOS = 500_000_000;

    private RelayEngine engine;

    @BeforeEach
    void open() throws IOException {
        engine = RelayEngine.open(1);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void aHundredRelaysKeepTheirBytesApart() throws Exception {
        List<Joined> crowd = new ArrayList<>();
        List<Jvm.Task<byte[]>> received = new ArrayList<>();
        for (int number = 0; number < CROWD; number++) {
            Connection.Kind kind = number % 2 == 0 ? Connection.Kind.TCP : Connection.Kind.UNIX;
            Joined joined = Joined.by(engine, kind, Connection.Kind.TCP, RelayOptions.defaults());
            crowd.add(joined);
            Peers.send(joined.client(), bytesFor(2 * number));
            Peers.send(joined.server(), bytesFor(2 * number + 1));
            received.add(Peers.receive(joined.server()));
            received.add(Peers.receive(joined.client()));
        }
        for (int stream = 0; stream < received.size(); stream++) {
            assertArrayEquals(bytesFor(stream), received.get(stream).await(), "stream " + stream);
        }
        for (int number = 0; number < CROWD; number++) {
            RelayResult result = crowd.get(number).result();
            assertWhole(bytesFor(2 * number).length, result.aToB());
            assertWhole(bytesFor(2 * number + 1).length, result.bToA());
            crowd.get(number).close();
        }
        assertEquals(0, engine.relayCount());
    }

    /** Each byte passes alone, and nothing waits for more of them. */
    @Test
    void aByteAtATimePassesAtOnce() throws Exception {
        byte[] bytes = PatternFile.bytes(3, 0, BYTES_ONE_BY_ONE);
        try (Joined joined = Joined.by(engine)) {
            joined.client().setOption(StandardSocketOptions.TCP_NODELAY, true);
            ByteBuffer one = ByteBuffer.allocate(1);
            for (byte each : bytes) {
                joined.client().write(one.clear().put(each).flip());
                joined.server().read(one.clear());
                assertEquals(each, one.get(0));
            }
            joined.client().shutdownOutput();
            joined.server().shutdownOutput();
            assertWhole(bytes.length, joined.result().aToB());
        }
    }

    @Test
    void aPeerThatNeverReadsHoldsUpNobodyElse() throws Exception {
        byte[] bytes = PatternFile.bytes(4, 0, BULK_BYTES);
        try (Joined stuck = Joined.by(engine);
                Joined moving = Joined.by(engine)) {
            Jvm.Task<Void> sender = Peers.send(stuck.client(), bytes);
            long heldBytes = awaitStandstill(stuck);
            assertTrue(heldBytes < bytes.length, "the kernel has room for all of it");

            Peers.send(moving.client(), bytes);
            assertArrayEquals(bytes, Peers.receive(moving.server()).await());
            moving.server().shutdownOutput();
            assertWhole(bytes.length, moving.result().aToB());

            assertEquals(heldBytes, stuck.relay().counters().aToB());
            stuck.server().shutdownOutput();
            assertArrayEquals(bytes, Peers.receive(stuck.server()).await());
            sender.await();
            assertWhole(bytes.length, stuck.result().aToB());
        }
    }

    /** The one who is busy all the time gets no more than its turns. */
    @Test
    void thoseWhoAskLittleAreServedBesideOneWhoAsksForEverything() throws Exception {
        byte[] bytes = PatternFile.bytes(5, 0, 1000);
        try (Joined greedy = Joined.by(engine);
                Joined modest = Joined.by(engine)) {
            Jvm.Task<Long> flood = Peers.flood(greedy.client());
            Jvm.Task<Long> drained = Peers.drain(greedy.server());
            Await.until("it floods", () -> greedy.relay().counters().aToB() > BULK_BYTES);
            for (int round = 0; round < 100; round++) {
                modest.client().write(ByteBuffer.wrap(bytes));
                assertArrayEquals(bytes, Peers.read(modest.server(), bytes.length));
            }
            greedy.relay().close();
            assertEquals(RelayEnd.CLOSED, greedy.result().aToB().end());
            assertTrue(flood.await() >= drained.await());
        }
    }

    @Test
    void closingTheEngineUnderLoadEndsAllAtOnce() throws Exception {
        List<Joined> crowd = new ArrayList<>();
        List<Jvm.Task<Long>> floods = new ArrayList<>();
        List<Jvm.Task<Long>> drained = new ArrayList<>();
        for (int number = 0; number < CROWD / 4; number++) {
            Joined joined = Joined.by(engine);
            crowd.add(joined);
            floods.add(Peers.flood(joined.client()));
            drained.add(Peers.drain(joined.server()));
        }
        for (Joined joined : crowd) {
            Await.until("bytes move", () -> joined.relay().counters().aToB() > 1 << 20);
        }
        Jvm.run(
                        ThreadKind.PLATFORM,
                        "closer",
                        () -> {
                            engine.close();
                            return null;
                        })
                .awaitInTime();
        assertEquals(0, engine.relayCount());
        for (int number = 0; number < crowd.size(); number++) {
            RelayFlow flow = crowd.get(number).result().aToB();
            assertEquals(RelayEnd.CLOSED, flow.end());
            long sent = floods.get(number).await();
            long received = drained.get(number).await();
            assertTrue(flow.consumed() <= sent, () -> flow + " of " + sent);
            assertTrue(received <= flow.delivered(), () -> flow + ", " + received + " received");
            crowd.get(number).close();
        }
    }

    private static void assertWhole(long bytes, RelayFlow flow) {
        assertEquals(RelayEnd.ENDED, flow.end(), flow::toString);
        assertEquals(bytes, flow.delivered(), flow::toString);
        assertEquals(0, flow.lost(), flow::toString);
    }

    /** Waits until nothing moves for a while, and returns how much has moved. */
    private static long awaitStandstill(Joined joined) {
        long[] last = {0, System.nanoTime()};
        Await.until(
                "the relay stands still",
                () -> {
                    long moved = joined.relay().counters().aToB();
                    if (moved != last[0]) {
                        last[0] = moved;
                        last[1] = System.nanoTime();
                    }
                    return moved > 0 && System.nanoTime() - last[1] > STANDSTILL_NANOS;
                });
        return last[0];
    }

    private static byte[] bytesFor(int stream) {
        return PatternFile.bytes(stream, 0, stream * 7919 % STREAM_BYTES_MAX);
    }
}
