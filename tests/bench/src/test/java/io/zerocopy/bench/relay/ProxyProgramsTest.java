package io.zerocopy.bench.relay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.bench.BenchException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Goal: what is written for other programs, and read from them, is what they mean by it. */
class ProxyProgramsTest {
    private static final List<Integer> PORTS = List.of(7001, 7002);
    private static final List<Integer> BACKENDS = List.of(8001, 8002);

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource(HaproxyConfiguration.class)
    void haproxyTakesItsConfiguration(HaproxyConfiguration configuration) throws Exception {
        assumeTrue(Proxies.HAPROXY.find().isPresent(), Proxies.HAPROXY.absence());
        Path file = folder.resolve("haproxy.cfg");
        Files.writeString(file, configuration.text(Load.ADDRESS, PORTS, BACKENDS));
        Process check =
                new ProcessBuilder("haproxy", "-c", "-f", file.toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(check.getInputStream().readAllBytes());
        assertEquals(0, check.waitFor(), said);
        assertFalse(said.contains("WARNING"), said);
    }

    @Test
    void haproxyAtItsBestSplicesAlwaysThroughTheLargestPipes() {
        String text = HaproxyConfiguration.AT_ITS_BEST.text("127.0.0.1", PORTS, BACKENDS);
        assertTrue(text.contains("tune.pipesize 1048576\n"), text);
        assertTrue(text.contains("    option splice-request\n    option splice-response\n"), text);
        assertTrue(text.contains("    nbthread 1\n"), text);
        assertTrue(text.contains("mode tcp"), text);
        assertTrue(text.contains("bind 127.0.0.1:7002\n    server backend 127.0.0.1:8002\n"), text);
    }

    @Test
    void haproxyAsUsersFindItDecidesItself() {
        String text = HaproxyConfiguration.SPLICE_AUTO.text("127.0.0.1", PORTS, BACKENDS);
        assertTrue(text.contains("    option splice-auto\n"), text);
        assertFalse(text.contains("pipesize"), text);
    }

    @Test
    void whatListensIsSeenWithoutConnecting() throws Exception {
        int port = ListeningPorts.free(1).get(0);
        assertFalse(ListeningPorts.isListening(port));
        try (ServerSocket listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(ListeningPorts.isListening(listener.getLocalPort()));
            listener.setSoTimeout(1);
            assertThrows(SocketTimeoutException.class, listener::accept);
        }
        assertFalse(ListeningPorts.isListening(port));
    }

    @Test
    void onlyTheLocalPortOfAListenerCounts() {
        List<String> table =
                List.of(
                        "  sl  local_address rem_address   st tx_queue rx_queue",
                        "   0: 0100007F:1B59 00000000:0000 0A 00000000:00000000",
                        "   1: 0100007F:1B5A 0100007F:1B5B 01 00000000:00000000");
        assertTrue(ListeningPorts.isListening(table, 0x1B59));
        assertFalse(ListeningPorts.isListening(table, 0x1B5A));
        assertFalse(ListeningPorts.isListening(table, 0x1B5B));
    }

    @Test
    void theHistogramOfAJvmEndsWithItsTotal() throws BenchException {
        List<String> lines =
                List.of(
                        " num     #instances         #bytes  class name (module)",
                        "   1:          3000         200000  [B (java.base@17)",
                        "Total          3000         200000");
        assertEquals(200_000, ClassHistogram.totalBytes(lines));
        assertThrows(
                BenchException.class, () -> ClassHistogram.totalBytes(List.of("can't attach")));
    }

    @Test
    void theLiveObjectsOfThisJvmAreCounted() throws BenchException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        long bytes =
                ClassHistogram.beside(java).liveBytes(ProcessHandle.current().pid()).orElse(0L);
        assertTrue(bytes > 100_000, bytes + " bytes");
        assertTrue(ClassHistogram.beside(Path.of("/nowhere/java")).liveBytes(1).isEmpty());
    }

    @Test
    void theLimitOfDescriptorsIsTheHardOne() {
        String line = "Max open files            1024                 20000                files";
        assertEquals(20_000, ManyRelayRow.descriptorsMax(List.of("Limit", line)));
        assertEquals(
                Long.MAX_VALUE,
                ManyRelayRow.descriptorsMax(List.of(line.replace("20000", "unlimited"))));
    }

    @Test
    void theAnswersOfTheLoadAreNumbersBehindAWord() throws BenchException {
        assertArrayEquals(new long[] {12, 3}, Load.numbersIn("done 12 3", "done"));
        assertArrayEquals(new long[] {}, Load.numbersIn("opened", "opened"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "closed", "done12"})
    void anyOtherAnswerIsAFailure(String answer) {
        assertThrows(BenchException.class, () -> Load.numbersIn(answer, "done"));
    }
}
