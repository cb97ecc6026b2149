package io.zerocopy.cli.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.cli.fixture.BackEnd;
import io.zerocopy.cli.fixture.Client;
import io.zerocopy.cli.fixture.CommandRun;
import io.zerocopy.cli.fixture.SampleContent;
import io.zerocopy.cli.terminal.CommandException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * Goal: the proxy brings every byte to where it belongs, and survives what peers do. Method: the
 * command in a process of its own, between real clients and real servers.
 */
class RelayCommandTest {
    private static final String ANY_PORT = "127.0.0.1:0";
    private static final byte[] SOME = SampleContent.bytes(1, 100_000);

    @TempDir Path folder;

    private CommandRun proxy;

    @AfterEach
    void stopProxy() {
        if (proxy != null) {
            proxy.close();
        }
    }

    @Test
    void serves100ClientsAtOnceAndForwardsTheirHalfCloses() throws Exception {
        int clients = 100;
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try (BackEnd backEnd = BackEnd.start(BackEnd::echoAtTheEnd)) {
            startProxy("--to", backEnd.address(), "--threads", "2");
            String address = proxy.address();
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int index = 0; index < clients; index++) {
                byte[] bytes = SampleContent.bytes(index, 300_000 + index);
                all.add(CompletableFuture.runAsync(() -> assertServes(address, bytes), threads));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        } finally {
            threads.shutdownNow();
        }
        assertSummary("accepted 100 connections", "100 done, 0 refused, 0 failed");
        assertSummary("; 30.0 MB to back ends, 30.0 MB to clients");
    }

    @Test
    void relaysFromUnixToIpv6AndBack() throws Exception {
        assumeTrue(hasIpv6(), "this machine has no IPv6 loopback address");
        Path inner = folder.resolve("inner");
        Path outer = folder.resolve("outer");
        try (BackEnd v6 = BackEnd.start(new InetSocketAddress("::1", 0), BackEnd::echo);
                BackEnd unix = BackEnd.start(UnixDomainSocketAddress.of(inner), BackEnd::echo)) {
            startProxy("unix:" + outer, "--to", v6.address());
            assertServes(proxy.address(), SOME);
            stopAndAwait("1 done");
            assertTrue(Files.notExists(outer), "the file of the socket is removed");

            startProxy("[::1]:0", "--to", unix.address());
            assertServes(proxy.address(), SOME);
            stopAndAwait("1 done");
        }
    }

    @Test
    void aClientWithoutABackEndIsClosedAndTheNextOnesAreServed() throws Exception {
        String address = freeAddress();
        startProxy("--to", address);
        try (Client client = Client.connect(proxy.address())) {
            client.awaitClosed();
        }
        proxy.awaitErr("back end " + address + ": Connection refused");
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        try (BackEnd backEnd =
                BackEnd.start(new InetSocketAddress("127.0.0.1", port), BackEnd::echo)) {
            assertEquals(address, backEnd.address());
            assertServes(proxy.address(), SOME);
        }
        stopAndAwait("1 done, 1 refused, 0 failed");
        assertEquals(1, countInErr("Connection refused"), proxy::toString);
    }

    @Test
    void theSecondAddressServesWhereTheFirstIsDown() throws Exception {
        String down = freeAddress();
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", down + "," + backEnd.address());
            assertServes(proxy.address(), SOME);
            assertServes(proxy.address(), SOME);
            stopAndAwait("2 done, 0 refused");

            startProxy("--to", "unix:" + folder.resolve("no"), "--to", backEnd.address());
            assertServes(proxy.address(), SOME);
            stopAndAwait("1 done, 0 refused");
        }
    }

    @Test
    void allAddressesOfANameAreTried() throws Exception {
        InetAddress[] local = InetAddress.getAllByName("localhost");
        assumeTrue(local.length > 1, "localhost is one address only here");
        InetSocketAddress last = new InetSocketAddress(local[local.length - 1], 0);
        try (BackEnd backEnd = BackEnd.start(last, BackEnd::echo)) {
            String address = backEnd.address();
            startProxy("--to", "localhost" + address.substring(address.lastIndexOf(':')));
            assertServes(proxy.address(), SOME);
            stopAndAwait("1 done, 0 refused");
            assertEquals(local.length - 1, countInErr("Connection refused"), proxy::toString);
        }
    }

    @Test
    void theSecondAddressServesWhereTheFirstDoesNotAnswer() throws Exception {
        try (ServerSocketChannel silent = ServerSocketChannel.open();
                BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            // Connections that nobody accepts fill its queue; then it answers nothing any more.
            silent.bind(new InetSocketAddress("127.0.0.1", 0), 1);
            InetSocketAddress address = (InetSocketAddress) silent.getLocalAddress();
            List<SocketChannel> filling = new ArrayList<>();
            for (int count = 0; count < 4; count++) {
                SocketChannel one = SocketChannel.open();
                one.configureBlocking(false);
                one.connect(address);
                filling.add(one);
            }
            String to = "127.0.0.1:" + address.getPort() + "," + backEnd.address();
            startProxy("--to", to, "--connect-timeout", "500ms");
            assertServes(proxy.address(), SOME);
            proxy.awaitErr("back end 127.0.0.1:" + address.getPort() + ": no answer in 0.50 s");
            stopAndAwait("1 done, 0 refused");
            for (SocketChannel one : filling) {
                one.close();
            }
        }
    }

    @Test
    void aResetIsPassedOnAndCounted() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        BackEnd.Service service =
                connection -> {
                    try {
                        BackEnd.echo(connection);
                        seen.complete("an end");
                    } catch (IOException reset) {
                        seen.complete(reset.getMessage());
                    }
                };
        try (BackEnd backEnd = BackEnd.start(service)) {
            startProxy("--to", backEnd.address());
            try (Client client = Client.connect(proxy.address())) {
                client.assertEchoesAndStays(SOME);
                client.socket().setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            assertEquals("Connection reset", seen.get());
            assertServes(proxy.address(), SOME);
            stopAndAwait("1 done, 0 refused, 1 failed");
        }
    }

    @Test
    void aConnectionThatMovesNothingIsEnded() throws Exception {
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", backEnd.address(), "--idle-timeout", "300ms");
            try (Client client = Client.connect(proxy.address())) {
                client.awaitClosed();
            }
            stopAndAwait("0 done, 0 refused, 0 failed, 1 idle");
        }
    }

    @Test
    void noMoreConnectionsThanAllowedAtOnce() throws Exception {
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", backEnd.address(), "--max-connections", "2");
            Client first = Client.connect(proxy.address());
            Client second = Client.connect(proxy.address());
            first.assertEchoesAndStays(SOME);
            second.assertEchoesAndStays(SOME);
            try (Client third = Client.connect(proxy.address())) {
                third.send(SOME);
                Thread.sleep(300);
                assertEquals(2, backEnd.acceptedCount());
                first.close();
                third.socket().shutdownOutput();
                assertEquals(SOME.length, third.readToTheEnd().length);
            }
            second.close();
        }
        stopAndAwait("3 done");
    }

    @Test
    void atTheLimitOfDescriptorsItKeepsServingAndRecovers() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit is not installed");
        int clients = 80;
        byte[] little = SampleContent.bytes(2, 1000);
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            // A JVM has some 20 and the class path; 80 relays want 160.
            proxy =
                    CommandRun.startProcess(
                            List.of("prlimit", "--nofile=128"),
                            arguments(
                                    ANY_PORT,
                                    "--to",
                                    backEnd.address(),
                                    "--connect-timeout",
                                    "60"));
            List<Client> all = new ArrayList<>();
            for (int count = 0; count < clients; count++) {
                all.add(Client.connect(proxy.address()));
            }
            proxy.awaitErr("cannot ");
            assertTrue(proxy.err().contains("Too many open files"), proxy::toString);
            int served = 20;
            for (Client client : all.subList(0, served)) {
                client.assertEchoesAndStays(little);
            }
            for (Client client : all.subList(0, clients / 2)) {
                client.close();
            }
            for (Client client : all.subList(clients / 2, clients)) {
                client.assertEchoes(little);
                client.close();
            }
        }
        stopAndAwait("80 done, 0 refused, 0 failed");
        assertTrue(countInErr("Too many open files") <= 3, "each kind is said once: " + proxy);
    }

    @Test
    void itIsStoppedByCtrlCToo() throws Exception {
        startProxy("--to", freeAddress());
        proxy.address();
        proxy.signal("INT");
        proxy.awaitSuccess();
        assertSummary("accepted 0 connections");
    }

    @Test
    void aTransferThatIsRunningCompletesAfterTheSignal() throws Exception {
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", backEnd.address());
            String address = proxy.address();
            try (Client client = Client.connect(address)) {
                client.assertEchoesAndStays(SOME);
                proxy.signal("TERM");
                proxy.awaitErr("stopping: 1 connections have 30.0 s to end");
                assertRefused(address);
                client.assertEchoes(SampleContent.bytes(3, 20_000_000));
            }
        }
        proxy.awaitSuccess();
        assertSummary("1 done, 0 refused, 0 failed, 0 idle, 0 cut off");
        assertSummary("; 20.1 MB to back ends, 20.1 MB to clients");
    }

    @Test
    void theSecondSignalEndsWhatIsLeft() throws Exception {
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", backEnd.address());
            try (Client client = Client.connect(proxy.address())) {
                client.assertEchoesAndStays(SOME);
                proxy.signal("TERM");
                proxy.awaitErr("stopping: ");
                proxy.signal("TERM");
                client.awaitClosed();
            }
        }
        proxy.awaitSuccess();
        assertSummary("0 done, 0 refused, 0 failed, 0 idle, 1 cut off; 100 kB to back ends");
    }

    @Test
    void theEndOfTheDrainTimeEndsWhatIsLeft() throws Exception {
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            startProxy("--to", backEnd.address(), "--drain-time", "300ms");
            try (Client client = Client.connect(proxy.address())) {
                client.assertEchoesAndStays(SOME);
                proxy.signal("TERM");
                client.awaitClosed();
            }
        }
        proxy.awaitSuccess();
        assertSummary("0 done, 0 refused, 0 failed, 0 idle, 1 cut off");
    }

    @Test
    void aTerminalShowsStatistics() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script is not installed");
        String onTerminal = "exec script -qefc \"$(printf '%q ' \"$@\")\" /dev/null";
        try (BackEnd backEnd = BackEnd.start(BackEnd::echo)) {
            proxy =
                    CommandRun.startProcess(
                            List.of("bash", "-c", onTerminal, "bash"),
                            arguments(ANY_PORT, "--to", backEnd.address()));
            assertServes(proxy.address(), SOME);
            proxy.awaitOut("\033[K\033[?7l0 open, 1 done, 0 refused, 0 failed; -> ");
            stopAndAwait("1 done");
        }
    }

    @Test
    void saysWhatIsWrongWithTheCommandLine() throws Exception {
        try (BackEnd taken = BackEnd.start(BackEnd::echo)) {
            CommandRun.start("relay", "--listen", taken.address(), "--to", "localhost:1")
                    .awaitFailure(
                            "cannot listen on " + taken.address() + ": Address already in use");
        }
        CommandRun.start("relay", "--listen", "no-such-host.invalid:0", "--to", "localhost:1")
                .awaitFailure("there is no host 'no-such-host.invalid'");
        CommandRun.start("relay", "--listen", ANY_PORT, "--to", "no-such-host.invalid:1")
                .awaitFailure("there is no host 'no-such-host.invalid'");
        assertRefuses("--to", "--to", "nonsense");
        assertRefuses("--to", "--to", ":80");
        assertRefuses("--threads", "--to", "localhost:1", "--threads", "0");
        assertRefuses("--connect-timeout", "--to", "localhost:1", "--connect-timeout", "0");
        assertRefuses("--idle-timeout", "--to", "localhost:1", "--idle-timeout", "soon");
        assertRefuses("--to");
    }

    private static void assertRefuses(String message, String... options) {
        CommandRun run = CommandRun.start(arguments(ANY_PORT, options));
        assertEquals(2, run.awaitEnd(), run::toString);
        assertTrue(run.err().contains(message), run::toString);
    }

    private void startProxy(String listenOrOption, String... options) throws IOException {
        boolean isOption = listenOrOption.startsWith("--");
        String[] all =
                isOption
                        ? Stream.concat(Stream.of(listenOrOption), Stream.of(options))
                                .toArray(String[]::new)
                        : options;
        String listen = isOption ? ANY_PORT : listenOrOption;
        proxy = CommandRun.startProcess(List.of(), arguments(listen, all));
    }

    private static String[] arguments(String listen, String... options) {
        return Stream.concat(Stream.of("relay", "--listen", listen), Stream.of(options))
                .toArray(String[]::new);
    }

    private static void assertServes(String address, byte[] bytes) {
        try (Client client = Client.connect(address)) {
            client.assertEchoes(bytes);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private static void assertRefused(String address) throws IOException {
        try (Client client = Client.connect(address)) {
            throw new AssertionError("still accepted: " + client.socket());
        } catch (CommandException refused) {
            assertTrue(refused.getMessage().endsWith("Connection refused"), refused::getMessage);
        }
    }

    private void stopAndAwait(String summary) throws Exception {
        proxy.signal("TERM");
        proxy.awaitSuccess();
        assertSummary(summary);
    }

    private void assertSummary(String... parts) throws Exception {
        if (proxy.isRunning()) {
            proxy.signal("TERM");
            proxy.awaitSuccess();
        }
        for (String part : parts) {
            assertTrue(proxy.out().contains(part), proxy::toString);
        }
    }

    private long countInErr(String text) {
        return proxy.err().lines().filter(line -> line.contains(text)).count();
    }

    private static String freeAddress() throws IOException {
        try (ServerSocketChannel free = ServerSocketChannel.open()) {
            free.bind(new InetSocketAddress("127.0.0.1", 0));
            return "127.0.0.1:" + ((InetSocketAddress) free.getLocalAddress()).getPort();
        }
    }

    private static boolean hasIpv6() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .anyMatch(it -> it instanceof Inet6Address && it.isLoopbackAddress());
    }
}
