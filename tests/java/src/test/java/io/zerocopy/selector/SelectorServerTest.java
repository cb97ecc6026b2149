package io.zerocopy.selector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.examples.SelectorServer;
import io.zerocopy.examples.SelectorServer.Counts;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Goal: the server in the examples, one selector thread on transfers in non-blocking mode, gives
 * 500 clients every byte right, whatever they do; no client gets so much in one go that others
 * starve; the selector sleeps whenever there is nothing to do, and nothing is left behind.
 *
 * <p>Method: clients that read slowly, send byte by byte, go away by a reset or a half-close at any
 * point, or never read; some always ask for more than is ever sent. The server counts the returns
 * of its select that nothing came of, which are bounded by what has happened; while all wait, it
 * must not return at all.
 */
@ExtendWith(LeakCounter.class)
class SelectorServerTest {
    private static final int CLIENTS = 500;
    private static final int GREEDY_CLIENTS = 4;
    private static final int ROUNDS = 3;
    private static final Duration BOUND = Duration.ofSeconds(90);
    private static final long QUIET_NANOS = 300_000_000;

    /** What the library moves in non-blocking mode before it comes back. */
    private static final long TURN_BYTES = 2 << 20;

    private static final byte[] ECHO = PatternFile.bytes(5, 0, 300_000);

    @TempDir private static Path folder;

    private PatternFile small;
    private PatternFile medium;
    private PatternFile large;
    private PatternFile endless;
    private SelectorServer server;
    private Jvm.Task<Void> running;

    @BeforeEach
    void start() throws IOException {
        small = PatternFile.dense(folder, 1, 700);
        medium = PatternFile.dense(folder, 2, 100_001);
        large = PatternFile.dense(folder, 3, 1 << 20);
        endless = PatternFile.sparse(folder, 4, 1L << 36, 1 << 20, 0);
        server = new SelectorServer(folder, 0);
        running =
                Jvm.run(
                        ThreadKind.PLATFORM,
                        "server",
                        () -> {
                            server.run();
                            return null;
                        });
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        running.await();
    }

    @Test
    void fiveHundredClientsOfEveryKind() throws Exception {
        List<ScriptedClient> clients = connectAll(CLIENTS);
        assertQuiet();
        AtomicBoolean isOver = new AtomicBoolean();
        List<Jvm.Task<Long>> greedy = new ArrayList<>();
        for (int index = 0; index < GREEDY_CLIENTS; index++) {
            greedy.add(Jvm.run(ThreadKind.PLATFORM, "greedy", () -> takeUntil(isOver)));
        }
        List<Jvm.Task<Void>> tasks = new ArrayList<>();
        for (int index = 0; index < CLIENTS; index++) {
            ScriptedClient client = clients.get(index);
            Behaviour behaviour = Behaviour.of(index);
            int number = index;
            tasks.add(
                    Jvm.run(
                            ThreadKind.PLATFORM,
                            "client",
                            () -> playRounds(behaviour, number, client)));
        }
        for (Jvm.Task<Void> task : tasks) {
            task.await(BOUND);
        }
        isOver.set(true);
        for (Jvm.Task<Long> task : greedy) {
            assertTrue(task.await() > 0);
        }
        Await.until("all have gone", () -> server.counts().clients() == 0);
        assertQuiet();
        assertBounded();
    }

    /** Answers that nobody reads, from files, from memory and echoed, do not keep it awake. */
    @Test
    void clientsThatNeverReadLeaveItAsleep() throws Exception {
        List<ScriptedClient> clients = connectAll(CLIENTS);
        for (int index = 0; index < CLIENTS; index++) {
            ScriptedClient client = clients.get(index);
            switch (index % 4) {
                case 0:
                    client.ask("GET", endless);
                    break;
                case 1:
                    // The first of them are sent without a copy, so that the kernel reports them.
                    for (int count = 0; count < 8; count++) {
                        client.ask("MEMORY", large);
                    }
                    break;
                case 2:
                    client.ask("ECHO " + ECHO.length);
                    client.write(ByteBuffer.wrap(ECHO, 0, 1000));
                    break;
                default:
                    client.ask("GET " + endless.path().getFileName() + "is not yet whole", false);
                    break;
            }
        }
        assertQuiet();
        try (ScriptedClient another = connect()) {
            another.get("MEMORY", large);
        }
        for (ScriptedClient client : clients) {
            client.close();
        }
        Await.until("all have gone", () -> server.counts().clients() == 0);
        assertBounded();
    }

    private enum Behaviour {
        PIPELINES_REQUESTS,
        SENDS_BYTE_BY_BYTE,
        READS_SLOWLY,
        TAKES_MEMORY,
        RESETS_A_FILE,
        RESETS_AN_ECHO,
        CLOSES_HALF_BEHIND_REQUESTS,
        CLOSES_HALF_WITHIN_A_REQUEST;

        static Behaviour of(int client) {
            return values()[client % values().length];
        }

        /** Whether the connection can't be used again. */
        boolean isLast() {
            return compareTo(RESETS_A_FILE) >= 0;
        }
    }

    private Void playRounds(Behaviour behaviour, int number, ScriptedClient first)
            throws IOException {
        ScriptedClient client = first;
        for (int round = 1; round <= ROUNDS; round++) {
            play(behaviour, number, client);
            if (behaviour.isLast() && round < ROUNDS) {
                client.close();
                client = connect();
            }
        }
        client.close();
        return null;
    }

    private void play(Behaviour behaviour, int number, ScriptedClient client) throws IOException {
        switch (behaviour) {
            case PIPELINES_REQUESTS:
                pipeline(client);
                break;
            case SENDS_BYTE_BY_BYTE:
                mixture(client.byteByByte(), 1 + 31 * number);
                break;
            case READS_SLOWLY:
                mixture(client.pausing(500_000), ECHO.length / 3);
                client.get("GET", large);
                break;
            case TAKES_MEMORY:
                for (int count = 0; count < 3; count++) {
                    client.get("MEMORY", large);
                    client.get("MEMORY", small);
                    mixture(client, 50_000);
                }
                break;
            case RESETS_A_FILE:
                client.ask(number % 16 < 8 ? "GET" : "MEMORY", endless);
                assertEquals("OK " + endless.size(), client.line());
                client.expect(endless, 1000L * number);
                client.reset();
                break;
            case RESETS_AN_ECHO:
                client.ask("ECHO 1000000");
                client.write(ByteBuffer.wrap(ECHO, 0, 500 * number));
                client.line();
                client.reset();
                break;
            case CLOSES_HALF_BEHIND_REQUESTS:
                client.ask("GET", medium);
                client.ask("MEMORY", large);
                client.ask("GET", small);
                client.shutdownOutput();
                client.expect(medium);
                client.expect(large);
                client.expect(small);
                client.expectEnd();
                break;
            default:
                closeHalfWithin(client, number);
                break;
        }
    }

    /** Asks for much before it reads anything; all that was asked for comes in order. */
    private void pipeline(ScriptedClient client) throws IOException {
        for (int count = 0; count < 10; count++) {
            client.ask("GET", medium);
            client.ask("GET", small);
            client.ask("MEMORY", medium);
            client.ask("GET nothing");
        }
        for (int count = 0; count < 10; count++) {
            client.expect(medium);
            client.expect(small);
            client.expect(medium);
            assertEquals("NO", client.line());
        }
    }

    private void mixture(ScriptedClient client, int pieceBytes) throws IOException {
        client.get("GET", small);
        client.echo(ECHO, pieceBytes);
        client.get("GET", medium);
        client.ask("ECHO 0");
        assertEquals("OK 0", client.line());
    }

    /** Within the line, within an echo, or before any request. */
    private static void closeHalfWithin(ScriptedClient client, int number) throws IOException {
        switch (number / Behaviour.values().length % 3) {
            case 0:
                client.ask("GET half of a li", false);
                client.shutdownOutput();
                break;
            case 1:
                client.ask("ECHO 1000");
                client.write(ByteBuffer.wrap(ECHO, 0, 500));
                client.shutdownOutput();
                assertEquals("OK 1000", client.line());
                client.expect(ByteBuffer.wrap(ECHO, 0, 500));
                break;
            default:
                client.shutdownOutput();
                break;
        }
        client.expectEnd();
    }

    /** Reads a file that never ends, as fast as it can. */
    private long takeUntil(AtomicBoolean isOver) throws IOException {
        try (ScriptedClient client = connect()) {
            client.ask("GET", endless);
            client.line();
            long taken = 0;
            while (!isOver.get()) {
                client.skip();
                taken++;
            }
            client.reset();
            return taken;
        }
    }

    private List<ScriptedClient> connectAll(int count) throws IOException {
        List<ScriptedClient> clients = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            clients.add(connect());
        }
        for (ScriptedClient client : clients) {
            client.get("GET", small);
        }
        assertEquals(count, server.counts().clients());
        return clients;
    }

    private ScriptedClient connect() throws IOException {
        return new ScriptedClient(server.address());
    }

    /** Waits until the server has nothing to do: then its select must not return. */
    private void assertQuiet() {
        long[] last = {-1};
        Await.until(
                "the selector sleeps",
                () -> {
                    long before = last[0];
                    last[0] = server.counts().selects();
                    LockSupport.parkNanos(QUIET_NANOS);
                    return server.counts().selects() == last[0] && before == last[0];
                });
    }

    private void assertBounded() {
        Counts counts = server.counts();
        System.out.println(counts);
        assertTrue(counts.turnBytesMax() <= TURN_BYTES, counts::toString);
        assertTrue(counts.idleSelects() <= counts.requests() / 10, counts::toString);
    }
}
