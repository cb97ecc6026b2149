package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Goal: what can't be relayed is refused with the cause, and neither channel is touched then.
 *
 * <p>Method: one wrong argument at a time, as the first and as the second of two; afterwards bytes
 * pass through every channel that was right.
 */
@ExtendWith(LeakCounter.class)
class RelayRefusalTest {
    private RelayEngine engine;
    private RelayedPair pair;

    @BeforeEach
    void open() throws IOException {
        engine = RelayEngine.open(1);
        pair = RelayedPair.tcp();
    }

    @AfterEach
    void close() throws IOException {
        assertEquals(0, engine.relayCount());
        engine.close();
        pair.close();
    }

    @Test
    void nullIsRefused() throws Exception {
        RelayOptions options = RelayOptions.defaults();
        refused(NullPointerException.class, () -> engine.relay(null, pair.b(), options));
        refused(NullPointerException.class, () -> engine.relay(pair.a(), null, options));
        refused(NullPointerException.class, () -> engine.relay(pair.a(), pair.b(), null));
        assertBothWork();
    }

    @Test
    void oneChannelIsNoPair() throws Exception {
        refused(IllegalArgumentException.class, () -> relay(pair.a(), pair.a()));
        assertBothWork();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void foreignClassIsRefusedWithItsName(boolean isFirst) throws Exception {
        SocketChannel foreign = new ForeignSocket(pair.b());
        String text = refused(IllegalArgumentException.class, relayWith(foreign, isFirst));
        assertTrue(text.contains(ForeignSocket.class.getName()), text);
        assertBothWork();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void closedChannelIsRefused(boolean isFirst) throws Exception {
        pair.b().close();
        refused(ClosedChannelException.class, relayWith(pair.b(), isFirst));
        assertWorks(pair.a(), pair.peerOfA());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void unconnectedChannelIsRefused(boolean isFirst) throws Exception {
        try (SocketChannel unconnected = SocketChannel.open()) {
            refused(NotYetConnectedException.class, relayWith(unconnected, isFirst));
            assertTrue(unconnected.isOpen());
        }
        assertWorks(pair.a(), pair.peerOfA());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void registeredChannelIsRefusedUntilItsKeyIsGone(boolean isFirst) throws Exception {
        pair.b().configureBlocking(false);
        try (Selector selector = Selector.open()) {
            SelectionKey key = pair.b().register(selector, SelectionKey.OP_READ);
            String text = refused(IllegalStateException.class, relayWith(pair.b(), isFirst));
            assertTrue(text.contains("cancel its key, then call selectNow"), text);
            assertBothWork();
            key.cancel();
            refused(IllegalStateException.class, relayWith(pair.b(), isFirst));
            selector.selectNow();
            assertDoesRelay();
        }
    }

    @Test
    void channelWithASenderIsRefusedUntilThatHasEnded() throws Exception {
        try (ZeroCopySender sender = ZeroCopySender.open(pair.b())) {
            String text = refused(IllegalStateException.class, relayWith(pair.b(), false));
            assertTrue(text.contains("sender"), text);
            assertEquals(0, sender.bytesInFlight());
            assertBothWork();
        }
        assertDoesRelay();
    }

    @Test
    void resetThatAReadHasFoundIsRefused() throws Exception {
        pair.peerOfB().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.peerOfB().close();
        assertThrows(IOException.class, () -> pair.b().read(ByteBuffer.allocate(1)));
        refused(SocketException.class, relayWith(pair.b(), false));
        assertTrue(pair.b().isOpen());
        assertWorks(pair.a(), pair.peerOfA());
    }

    @Test
    void closedEngineRefusesEverything() throws Exception {
        engine.close();
        refused(IllegalStateException.class, () -> relay(pair.a(), pair.b()));
        assertBothWork();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 257})
    void engineHasAtLeastOneThreadAndNotTooMany(int threads) {
        String text = refused(IllegalArgumentException.class, () -> RelayEngine.open(threads));
        assertTrue(text.contains(threads + ", not 1 to 256"), text);
    }

    @Test
    void theSharedEngineIsNotClosed() {
        RelayEngine shared = RelayEngine.shared();
        refused(UnsupportedOperationException.class, shared::close);
        assertEquals(shared, RelayEngine.shared());
    }

    @Test
    void optionsRefuseWhatIsNoLimit() {
        RelayOptions options = RelayOptions.defaults();
        Class<IllegalArgumentException> illegal = IllegalArgumentException.class;
        refused(illegal, () -> options.withIdleTimeout(Duration.ZERO));
        refused(illegal, () -> options.withMaxDuration(Duration.ofNanos(-1)));
        refused(illegal, () -> options.withBytesPerSecond(0));
        refused(NullPointerException.class, () -> options.withExecutor(null));
        refused(NullPointerException.class, () -> options.withPrefaceToA(null));
        refused(NullPointerException.class, () -> options.withPrefaceToB(null));
        refused(NullPointerException.class, () -> options.withIdleTimeout(null));
        refused(NullPointerException.class, () -> options.withMaxDuration(null));
    }

    private void relay(SocketChannel a, SocketChannel b) throws IOException {
        engine.relay(a, b, RelayOptions.defaults());
    }

    private Executable relayWith(SocketChannel wrong, boolean isFirst) {
        return () -> {
            if (isFirst) {
                relay(wrong, pair.a());
            } else {
                relay(pair.a(), wrong);
            }
        };
    }

    private static String refused(Class<? extends Exception> expected, Executable call) {
        Exception thrown = assertThrows(expected, call);
        assertEquals(expected, thrown.getClass());
        return String.valueOf(thrown.getMessage());
    }

    private void assertBothWork() throws Exception {
        assertWorks(pair.a(), pair.peerOfA());
        assertWorks(pair.b(), pair.peerOfB());
    }

    private static void assertWorks(SocketChannel channel, SocketChannel peer) throws Exception {
        RelayedPair.say(channel, "ping");
        assertEquals("ping", RelayedPair.hear(peer, 4));
        RelayedPair.say(peer, "pong");
        boolean isBlocking = channel.isBlocking();
        if (isBlocking) {
            assertEquals("pong", RelayedPair.hear(channel, 4));
        } else {
            ByteBuffer heard = ByteBuffer.allocate(4);
            Await.until(
                    "it is heard",
                    () -> {
                        channel.read(heard);
                        return !heard.hasRemaining();
                    });
        }
    }

    private void assertDoesRelay() throws Exception {
        Relay relay = pair.relay(engine);
        pair.exchange(1000, 1000);
        RelayedPair.resultOf(relay);
    }
}
