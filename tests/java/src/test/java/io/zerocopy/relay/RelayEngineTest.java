package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Relay;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.internal.relay.DescriptorRelays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Goal: an engine takes channels over whole or not at all, tells every result once whatever
 * callbacks do, and leaves nothing behind.
 *
 * <p>Method: real connections, callbacks that block, throw and are refused, and several threads at
 * once; threads and descriptors are counted.
 */
@ExtendWith(LeakCounter.class)
class RelayEngineTest {
    private static final int MANY = 150;

    static List<Jvm.ThreadKind> threadKinds() {
        return Jvm.threadKinds();
    }

    @ParameterizedTest
    @MethodSource("threadKinds")
    void threadThatReadsIsToldThatTheChannelWasClosed(Jvm.ThreadKind kind) throws Exception {
        try (RelayEngine engine = RelayEngine.open(1);
                RelayedPair pair = RelayedPair.tcp()) {
            BlockedThread reader =
                    BlockedThread.start(kind, () -> pair.a().read(ByteBuffer.allocate(1)) + 0L);
            Relay relay = pair.relay(engine);
            reader.awaitOutcome().assertThrew(AsynchronousCloseException.class);
            pair.exchange(100_000, 100_000);
            assertEquals(RelayEnd.ENDED, RelayedPair.resultOf(relay).aToB().end());
        }
    }

    @Test
    void ofTwoWhoWantTheSameChannelsOneGetsThem() throws Exception {
        try (RelayEngine engine = RelayEngine.open(1)) {
            for (int round = 0; round < 50; round++) {
                oneGetsThem(engine);
            }
        }
    }

    private static void oneGetsThem(RelayEngine engine) throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            List<Jvm.Task<Relay>> both = new ArrayList<>();
            both.add(Jvm.run(Jvm.ThreadKind.PLATFORM, "first", () -> pair.relay(engine)));
            both.add(
                    Jvm.run(
                            Jvm.ThreadKind.PLATFORM,
                            "second",
                            () -> engine.relay(pair.b(), pair.a(), RelayOptions.defaults())));
            AtomicInteger refused = new AtomicInteger();
            for (Jvm.Task<Relay> one : both) {
                try {
                    one.await();
                } catch (AssertionError e) {
                    assertTrue(e.getCause() instanceof ClosedChannelException, e::toString);
                    refused.incrementAndGet();
                }
            }
            assertEquals(1, refused.get());
            pair.exchange(10, 10);
        }
    }

    @Test
    void closingItUnderLoadTellsEveryResult() throws Exception {
        Set<String> before = EngineThreads.running();
        RelayEngine engine = RelayEngine.open(2);
        List<RelayedPair> pairs = new ArrayList<>();
        AtomicInteger told = new AtomicInteger();
        RelayOptions options = RelayOptions.defaults().withExecutor(Runnable::run);
        List<Relay> relays = new ArrayList<>();
        for (int index = 0; index < MANY; index++) {
            RelayedPair pair = RelayedPair.tcp();
            pairs.add(pair);
            relays.add(pair.relay(engine, options));
            relays.get(index).closed().thenAccept(result -> told.incrementAndGet());
            pair.peerOfA().configureBlocking(false);
            pair.peerOfA().write(ByteBuffer.allocate(1 << 20));
        }
        assertEquals(MANY, engine.relayCount());
        engine.close();
        assertEquals(MANY, told.get(), "all were told before it returned");
        assertEquals(0, engine.relayCount());
        for (Relay relay : relays) {
            assertEquals(RelayEnd.CLOSED, RelayedPair.resultOf(relay).bToA().end());
            assertEquals(RelayedPair.resultOf(relay).aToB().delivered(), relay.counters().aToB());
            relay.close();
        }
        engine.close();
        for (RelayedPair pair : pairs) {
            pair.close();
        }
        awaitNoThreadsBut(before, () -> {});
    }

    @Test
    void callbackThatBlocksOrThrowsStallsNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (RelayEngine engine = RelayEngine.open(1);
                RelayedPair slow = RelayedPair.tcp();
                RelayedPair other = RelayedPair.tcp()) {
            RelayOptions elsewhere =
                    RelayOptions.defaults()
                            .withExecutor(
                                    task -> Jvm.start(Jvm.ThreadKind.PLATFORM, "callback", task));
            Relay first = slow.relay(engine, elsewhere);
            CompletableFuture<Void> blocked =
                    first.closed().thenAccept(result -> awaitLatch(release)).toCompletableFuture();
            CompletableFuture<Void> failed =
                    first.closed()
                            .thenAccept(
                                    result -> {
                                        throw new IllegalStateException("thrown on purpose");
                                    })
                            .toCompletableFuture();
            first.close();
            Relay second = other.relay(engine);
            other.exchange(1000, 1000);
            assertEquals(RelayEnd.ENDED, RelayedPair.resultOf(second).aToB().end());
            assertTrue(!blocked.isDone());
            release.countDown();
            blocked.get(30, TimeUnit.SECONDS);
            assertThrows(Exception.class, () -> failed.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void resultThatAnExecutorRefusesIsToldByAnother() throws Exception {
        RelayOptions options =
                RelayOptions.defaults()
                        .withExecutor(
                                task -> {
                                    throw new RejectedExecutionException("refused on purpose");
                                });
        try (RelayEngine engine = RelayEngine.open(1);
                RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine, options);
            relay.close();
            assertEquals(RelayEnd.CLOSED, RelayedPair.resultOf(relay).aToB().end());
        }
    }

    @Test
    void callbackMayCloseTheEngineItself() throws Exception {
        RelayOptions options = RelayOptions.defaults().withExecutor(Runnable::run);
        RelayEngine engine = RelayEngine.open(1);
        try (RelayedPair pair = RelayedPair.tcp();
                RelayedPair other = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine, options);
            Relay bystander = other.relay(engine, options);
            relay.closed().thenAccept(result -> engine.close());
            relay.close();
            assertEquals(RelayEnd.CLOSED, RelayedPair.resultOf(bystander).aToB().end());
            assertThrows(IllegalStateException.class, () -> other.relay(engine));
        }
    }

    @Test
    void completingTheStageFromOutsideChangesNothing() throws Exception {
        try (RelayEngine engine = RelayEngine.open(1);
                RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(engine);
            relay.closed().toCompletableFuture().complete(null);
            assertTrue(!relay.closed().toCompletableFuture().isDone());
            relay.close();
            RelayResult result = RelayedPair.resultOf(relay);
            assertEquals(RelayEnd.CLOSED, result.aToB().end());
        }
    }

    @Test
    void enginesThatNobodyReachesLeaveNoThreads() throws Exception {
        Set<String> before = EngineThreads.running();
        RelayEngine.open(2);
        awaitNoThreadsBut(before, System::gc);
    }

    @Test
    void wrongDescriptorsAreRefused() throws Exception {
        try (RelayEngine engine = RelayEngine.open(1)) {
            RelayOptions options = RelayOptions.defaults();
            assertThrows(IOException.class, () -> DescriptorRelays.relay(engine, -1, -1, options));
            assertThrows(
                    IOException.class,
                    () -> DescriptorRelays.relay(engine, 1 << 20, 1 << 20, options));
            assertEquals(0, engine.relayCount());
        }
    }

    private static void awaitNoThreadsBut(Set<String> before, Runnable between) {
        Await.until(
                "the threads are gone",
                () -> {
                    between.run();
                    Set<String> left = EngineThreads.running();
                    left.removeAll(before);
                    return left.isEmpty();
                });
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
