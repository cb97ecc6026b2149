package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Mechanism;
import io.zerocopy.Relay;
import io.zerocopy.RelayCounters;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Goal: a relay delivers every byte each way, ends as its peers do, and says how.
 *
 * <p>Method: peers at both ends of two real connections send, end, reset, stall and count.
 */
@ExtendWith(LeakCounter.class)
class RelayTest {
    private static final long BULK_BYTES = 20_000_000;
    private static final Duration SHORT = Duration.ofMillis(50);

    private RelayEngine engine;

    @BeforeEach
    void open() throws IOException {
        engine = RelayEngine.open(2);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"TCP, TCP", "TCP, UNIX", "UNIX, TCP", "UNIX, UNIX"})
    void everyByteArrivesBothWays(Kind left, Kind right) throws Exception {
        try (RelayedPair pair = RelayedPair.open(left, right)) {
            Relay relay = pair.relay(engine);
            pair.exchange(BULK_BYTES, BULK_BYTES + 1);
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.ENDED, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.ENDED, result.bToA().end(), result::toString);
            assertEquals(BULK_BYTES, result.aToB().delivered());
            assertEquals(BULK_BYTES, result.aToB().consumed());
            assertEquals(BULK_BYTES + 1, result.bToA().delivered());
            assertEquals(0, result.bToA().lost());
            assertEquals(Optional.empty(), result.aToB().failure());
            Mechanism bulk = Served.byNativeCore() ? Mechanism.SPLICE : Mechanism.JDK;
            assertTrue(result.aToB().mechanisms().contains(bulk), result::toString);
            assertFalse(result.elapsed().isNegative());
            assertEquals(new RelayCounters(BULK_BYTES, BULK_BYTES + 1), relay.counters());
            assertEquals(0, engine.relayCount());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eitherModeOfTheChannelsWillDo(boolean isBlocking) throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            pair.a().configureBlocking(isBlocking);
            pair.b().configureBlocking(!isBlocking);
            Relay relay = pair.relay(engine);
            assertEquals(!Served.byNativeCore(), pair.a().isOpen() || pair.b().isOpen());
            pair.exchange(300_000, 1);
            assertEquals(RelayEnd.ENDED, RelayedPair.resultOf(relay).bToA().end());
        }
    }

    @Test
    void halfCloseEndsOneDirectionAndTheOtherGoesOn() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine);
            RelayedPair.say(pair.peerOfA(), "request");
            pair.peerOfA().shutdownOutput();
            assertEquals("request", RelayedPair.hear(pair.peerOfB(), 100));
            assertFalse(relay.closed().toCompletableFuture().isDone());
            RelayedPair.say(pair.peerOfB(), "answer");
            pair.peerOfB().close();
            assertEquals("answer", RelayedPair.hear(pair.peerOfA(), 100));
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.ENDED, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.ENDED, result.bToA().end(), result::toString);
        }
    }

    @Test
    void resetIsPassedOn() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine);
            RelayedPair.say(pair.peerOfA(), "hello");
            assertEquals("hello", RelayedPair.hear(pair.peerOfB(), 5));
            reset(pair.peerOfA());
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.SOURCE_FAILED, result.aToB().end(), result::toString);
            String text = result.aToB().failure().orElseThrow().getMessage();
            String expected =
                    Served.byNativeCore()
                            ? "Connection reset by peer (errno 104)"
                            : "Connection reset";
            assertTrue(text.contains(expected), text);
            assertThrows(IOException.class, () -> pair.peerOfB().read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void peerThatWasResetBeforeTheStartIsAnEndLikeAnyOther() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            reset(pair.peerOfA());
            RelayResult result = RelayedPair.resultOf(pair.relay(engine));
            assertEquals(RelayEnd.SOURCE_FAILED, result.aToB().end(), result::toString);
            assertThrows(IOException.class, () -> pair.peerOfB().read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void halfClosedChannelsRelayWhatIsLeft() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            pair.a().shutdownInput();
            Relay relay = pair.relay(engine);
            assertEquals("", RelayedPair.hear(pair.peerOfB(), 1), "nothing comes from a");
            RelayedPair.say(pair.peerOfB(), "answer");
            pair.peerOfB().shutdownOutput();
            assertEquals("answer", RelayedPair.hear(pair.peerOfA(), 100));
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.ENDED, result.aToB().end(), result::toString);
            assertEquals(6, result.bToA().delivered());
        }
    }

    @Test
    void outputThatWasShutDownTakesNothing() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            pair.b().shutdownOutput();
            Relay relay = pair.relay(engine);
            RelayedPair.say(pair.peerOfA(), "request");
            pair.peerOfB().close();
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.TARGET_FAILED, result.aToB().end(), result::toString);
            assertEquals(7, result.aToB().lost());
            assertTrue(result.aToB().failure().isPresent());
        }
    }

    @Test
    void prefacesOfEveryKindGoFirst() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(10).put(bytes("xdirectyyy")).flip();
        direct.position(1).limit(7);
        ByteBuffer readOnly = ByteBuffer.wrap(bytes("readOnly")).asReadOnlyBuffer();
        RelayOptions options =
                RelayOptions.defaults().withPrefaceToB(direct).withPrefaceToA(readOnly);
        assertEquals(6, direct.remaining(), "it is left as it is");
        direct.put(1, (byte) 'D');
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine, options);
            RelayedPair.say(pair.peerOfA(), "ly");
            pair.peerOfA().shutdownOutput();
            pair.peerOfB().shutdownOutput();
            assertEquals("directly", RelayedPair.hear(pair.peerOfB(), 100));
            assertEquals("readOnly", RelayedPair.hear(pair.peerOfA(), 100));
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(8, result.aToB().delivered());
            assertEquals(8, result.bToA().consumed());
        }
    }

    @Test
    void silenceEndsIt() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            RelayOptions options = RelayOptions.defaults().withIdleTimeout(SHORT);
            RelayResult result = RelayedPair.resultOf(pair.relay(engine, options));
            assertEquals(RelayEnd.IDLE_TIMEOUT, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.IDLE_TIMEOUT, result.bToA().end(), result::toString);
            assertTrue(result.elapsed().compareTo(SHORT) >= 0, result::toString);
            assertEquals("", RelayedPair.hear(pair.peerOfA(), 1), "the peer gets an end");
        }
    }

    @Test
    void itLastsNoLongerThanItMay() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            RelayOptions options = RelayOptions.defaults().withMaxDuration(SHORT);
            Relay relay = pair.relay(engine, options);
            Await.until(
                    "the relay is over, though something moves",
                    () -> {
                        try {
                            pair.peerOfA().write(ByteBuffer.wrap(bytes("x")));
                        } catch (IOException e) {
                            // The connection has gone.
                        }
                        return relay.closed().toCompletableFuture().isDone();
                    });
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.TIMEOUT, result.bToA().end(), result::toString);
        }
    }

    @Test
    void noMoreIsMovedInATimeThanWasAskedFor() throws Exception {
        long bytesPerSecond = 2_000_000;
        long bytes = 1_000_000;
        try (RelayedPair pair = RelayedPair.tcp()) {
            RelayOptions options = RelayOptions.defaults().withBytesPerSecond(bytesPerSecond);
            Relay relay = pair.relay(engine, options);
            pair.exchange(bytes, 1);
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(bytes, result.aToB().delivered());
            // What the bucket may hold at the start is well below half of it.
            long leastMillis = 1000 * bytes / bytesPerSecond / 2;
            assertTrue(result.elapsed().toMillis() >= leastMillis, result::toString);
        }
    }

    @Test
    void theCountersAreLive() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine);
            assertEquals(new RelayCounters(0, 0), relay.counters());
            RelayedPair.say(pair.peerOfA(), "hello");
            assertEquals("hello", RelayedPair.hear(pair.peerOfB(), 5));
            Await.until("it counts", () -> relay.counters().equals(new RelayCounters(5, 0)));
            RelayedPair.say(pair.peerOfB(), "hi");
            Await.until("it counts", () -> relay.counters().equals(new RelayCounters(5, 2)));
            relay.close();
            RelayedPair.resultOf(relay);
            assertEquals(new RelayCounters(5, 2), relay.counters(), "also afterwards");
        }
    }

    @Test
    void closingItEndsItAtOnceAndSaysWhatIsLost() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine);
            ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
            pair.peerOfA().configureBlocking(false);
            Await.until(
                    "everything is full",
                    () -> {
                        pair.peerOfA().write(bytes.clear());
                        return bytes.position() == 0 && relay.counters().aToB() > 0;
                    });
            relay.close();
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.CLOSED, result.aToB().end(), result::toString);
            assertEquals(RelayEnd.CLOSED, result.bToA().end(), result::toString);
            assertEquals(
                    result.aToB().consumed() - result.aToB().delivered(), result.aToB().lost());
            relay.close();
        }
    }

    /** Though all that was taken has arrived: what was not taken is missing as well. */
    @Test
    void aStreamThatIsCutBeforeUnreadBytesIsReset() throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            RelayOptions slowly = RelayOptions.defaults().withBytesPerSecond(1000);
            Relay relay = pair.relay(engine, slowly);
            RelayedPair.say(pair.peerOfA(), "x".repeat(50_000));
            Await.until("some has arrived", () -> relay.counters().aToB() > 0);
            relay.close();
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.CLOSED, result.aToB().end(), result::toString);
            assertTrue(result.aToB().delivered() < 50_000, result::toString);
            assertThrows(IOException.class, () -> readToEnd(pair.peerOfB()));
        }
    }

    private static void readToEnd(SocketChannel peer) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1000);
        while (peer.read(bytes.clear()) >= 0) {}
    }

    private static void reset(SocketChannel peer) throws IOException {
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
