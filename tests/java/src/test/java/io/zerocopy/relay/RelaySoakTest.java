package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.zerocopy.RelayEngine;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.relay.soak.Conversation;
import io.zerocopy.relay.soak.SoakPeer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Random;
import java.util.Set;

/**
 * Goal: whatever 500 connections through it at a time do for a minute, every byte is accounted for,
 * and nothing is left behind: no descriptor, no pipe, no thread.
 *
 * <p>Method: one thread plays both peers of all relays from random plans: sizes from nothing to 2
 * MiB each way, pieces from a byte to 64 KiB, prefaces, half-closes, pauses of readers, resets,
 * silence until the time-out, and relays that are closed at any moment. Each byte is compared with
 * the one that was sent, and the books of each relay with those of its peers. What is over is
 * replaced, until the time has passed.
 */
@ExtendWith(LeakCounter.class)
class RelaySoakTest {
    private static final Duration LENGTH =
            Duration.ofSeconds(Long.getLong("io.zerocopy.test.soakSeconds", 10));
    private static final int RELAYS = 500;
    private static final int ENGINE_THREADS = 2;
    private static final int TICK_MILLIS = 20;

    /** How long the last ones may take: more than all pauses, and the time-outs. */
    private static final Duration LAST = Duration.ofSeconds(30);

    private final byte[] pattern = PatternFile.bytes(7, 0, 8 << 20);
    private final Set<Conversation> conversations = new HashSet<>();
    private int overCount;
    private long receivedBytes;

    @Test
    @Timeout(300)
    void everyByteIsAccountedForAndNothingIsLeft() throws Exception {
        long seed = Long.getLong("io.zerocopy.test.soakSeed", System.nanoTime());
        Set<String> before = EngineThreads.running();
        try (RelayEngine engine = RelayEngine.open(ENGINE_THREADS)) {
            soak(engine, new Random(seed));
            assertEquals(0, engine.relayCount(), "relays of which nobody was told");
        } catch (IOException | RuntimeException | Error e) {
            throw new AssertionError("with the seed " + seed, e);
        }
        Await.until("the engine's threads end", () -> before.containsAll(EngineThreads.running()));
        System.out.printf(
                "soaked for %d s: %,d relays, %,d bytes%n",
                LENGTH.toSeconds(), overCount, receivedBytes);
        assertTrue(overCount >= RELAYS, "hardly anything has happened");
    }

    private void soak(RelayEngine engine, Random random) throws IOException {
        try (Selector selector = Selector.open()) {
            long begin = System.nanoTime();
            long ticked = begin;
            // Ends with the time, and the bound on those that are left then.
            do {
                boolean isEnding = System.nanoTime() - begin > LENGTH.toNanos();
                while (!isEnding && conversations.size() < RELAYS) {
                    conversations.add(Conversation.start(engine, selector, pattern, random));
                }
                selector.select(RelaySoakTest::step, TICK_MILLIS);
                if (System.nanoTime() - ticked > TICK_MILLIS * 1_000_000L) {
                    ticked = System.nanoTime();
                    tick(ticked);
                }
                if (System.nanoTime() - begin > LENGTH.plus(LAST).toNanos()) {
                    fail("these do not end: " + conversations);
                }
            } while (!conversations.isEmpty());
        }
    }

    private static void step(SelectionKey key) {
        ((SoakPeer) key.attachment()).step(System.nanoTime());
    }

    private void tick(long nowNanos) {
        Iterator<Conversation> all = conversations.iterator();
        while (all.hasNext()) {
            Conversation conversation = all.next();
            conversation.tick(nowNanos);
            if (conversation.isOver()) {
                conversation.check();
                receivedBytes += conversation.receivedBytes();
                overCount++;
                all.remove();
            }
        }
    }
}
