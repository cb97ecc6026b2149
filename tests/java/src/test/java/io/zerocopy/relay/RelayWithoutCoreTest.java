package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.Relay;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayFlow;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.internal.relay.DescriptorRelays;
import io.zerocopy.observing.ProjectFiles;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Goal: relays without the native core differ from those with it in what the README's table says,
 * and in nothing else.
 *
 * <p>Method: each row is held by a test here; all else by the other suites of relays, which run
 * without the native core as well.
 */
@ExtendWith(LeakCounter.class)
class RelayWithoutCoreTest {
    private RelayEngine engine;
    private Connection a;
    private Connection b;

    @BeforeEach
    void open() throws IOException {
        assumeFalse(Served.byNativeCore(), "the native core serves: see testWithoutCore");
        engine = RelayEngine.open(1);
        a = Connection.tcp();
        b = Connection.tcp();
    }

    @AfterEach
    void close() throws IOException {
        if (engine != null) {
            engine.close();
            a.close();
            b.close();
        }
    }

    @Test
    void theChannelsStayOpenAndRegisteredUntilTheRelayIsOver() throws Exception {
        Relay relay = start();
        assertTrue(a.socket().isOpen() && b.socket().isOpen());
        assertTrue(a.socket().isRegistered() && b.socket().isRegistered());
        assertThrows(IllegalBlockingModeException.class, () -> a.socket().configureBlocking(true));
        relay.close();
        resultOf(relay);
        assertFalse(a.socket().isOpen() || b.socket().isOpen());
        assertInReadme("Both channels stay open");
    }

    /** Also where nothing else happens: no event tells the engine. */
    @Test
    void closingAChannelEndsTheRelay() throws Exception {
        Relay relay = start();
        b.socket().close();
        RelayResult result = resultOf(relay);
        assertEquals(RelayEnd.CLOSED, result.aToB().end(), result::toString);
        assertEquals(RelayEnd.CLOSED, result.bToA().end(), result::toString);
        assertInReadme("Closing a channel ends the relay");
    }

    @Test
    void theMechanismIsTheJdkAndTheCauseIsTold() throws Exception {
        Relay relay = start();
        ((SocketChannel) a.peer()).write(ByteBuffer.wrap(new byte[1000]));
        ((SocketChannel) a.peer()).shutdownOutput();
        Peers.read((SocketChannel) b.peer(), 1000);
        relay.close();
        RelayFlow flow = resultOf(relay).aToB();
        assertEquals(Set.of(Mechanism.JDK), flow.mechanisms());
        Fallback fallback = flow.fallbacks().get(0);
        assertEquals(Mechanism.SPLICE, fallback.mechanism());
        assertFalse(fallback.cause().isEmpty());
        assertInReadme("Every byte is copied");
    }

    @Test
    void failuresHaveTheTextOfTheJdk() throws Exception {
        Relay relay = start();
        ((SocketChannel) a.peer()).setOption(StandardSocketOptions.SO_LINGER, 0);
        a.peer().close();
        RelayFlow flow = resultOf(relay).aToB();
        assertEquals(RelayEnd.SOURCE_FAILED, flow.end());
        assertEquals("Connection reset", flow.failure().orElseThrow().getMessage());
        assertInReadme("Failures have the text of the JDK");
    }

    /** The JDK's shutdownOutput says nothing of a connection that has gone. */
    @Test
    void aResetBehindTheEndIsNotNoticedByAnEnd() throws Exception {
        Relay relay = start();
        SocketChannel gone = (SocketChannel) b.peer();
        gone.shutdownOutput();
        assertEquals(-1, a.peer().read(ByteBuffer.allocate(1)));
        gone.setOption(StandardSocketOptions.SO_LINGER, 0);
        gone.close();
        ((SocketChannel) a.peer()).shutdownOutput();
        assertEquals(RelayEnd.ENDED, resultOf(relay).aToB().end());
        assertInReadme("A peer that has ended its stream and then resets");
    }

    @Test
    void descriptorsCannotBeRelayed() throws Exception {
        UnsupportedOperationException refusal =
                assertThrows(
                        UnsupportedOperationException.class,
                        () -> DescriptorRelays.relay(engine, 0, 1, RelayOptions.defaults()));
        assertTrue(refusal.getMessage().contains("need the native core"), refusal::getMessage);
        assertEquals(0, engine.relayCount());
        assertInReadme("Sockets of Netty's epoll transport can't be relayed");
    }

    private Relay start() throws IOException {
        return engine.relay(a.socket(), b.socket(), RelayOptions.defaults());
    }

    private static RelayResult resultOf(Relay relay) throws Exception {
        return relay.closed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void assertInReadme(String difference) throws IOException {
        String readme = Files.readString(ProjectFiles.root().resolve("README.md"));
        assertTrue(readme.contains("| " + difference), "no row: " + difference);
    }
}
