package io.zerocopy.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.cli.terminal.ByteSize;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** Every method, against a real receiver on a real socket. */
class SendMethodTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir Path folder;

    private final ExecutorService receiving = Executors.newSingleThreadExecutor();
    private Receiver receiver;
    private InetSocketAddress address;

    @BeforeEach
    void startReceiver() throws IOException {
        receiver = Receiver.open();
        address = receiver.address();
        receiving.submit(
                () -> {
                    receiver.serve();
                    return null;
                });
    }

    @AfterEach
    void stopReceiver() throws IOException {
        receiver.close();
        receiving.shutdownNow();
    }

    /** Around the buffers' and the window's edges. */
    static Stream<Arguments> everyMethodAndSize() {
        return Stream.of(SendMethod.values())
                .flatMap(
                        method ->
                                Stream.of(
                                                1,
                                                8 * 1024,
                                                64 * 1024 + 1,
                                                256 * 1024 + 1,
                                                16 * 1024 * 1024 + 1)
                                        .map(bytes -> Arguments.of(method, bytes)));
    }

    @ParameterizedTest
    @MethodSource("everyMethodAndSize")
    void deliversExactlyTheFilesBytes(SendMethod method, int bytes) throws Exception {
        Path file = SampleFile.make(folder.resolve("sample"), new ByteSize(bytes));
        try (Sender sender = new Sender(address, LIMIT, () -> {})) {
            Receipt checked = sender.sendChecked(method, file).receipt();
            assertEquals(new Receipt(bytes, SampleFile.crc32c(file)), checked);
            Receipt discarded = sender.sendDiscarded(method, file).receipt();
            assertEquals(new Receipt(bytes, Receipt.NOT_COMPUTED), discarded);
        }
    }

    @Test
    void measuresTimeAndCpuTimeOfTheSender() throws Exception {
        Path file = SampleFile.make(folder.resolve("sample"), new ByteSize(5_000_000));
        try (Sender sender = new Sender(address, LIMIT, () -> {})) {
            Measurement measured = sender.sendDiscarded(SendMethod.HEAP_8K, file);
            assertTrue(measured.elapsedNanos() > 0);
            assertTrue(measured.cpuNanos() > 0);
            assertTrue(measured.switches().voluntary() >= 0);
            assertTrue(measured.switches().involuntary() >= 0);
        }
    }

    @Test
    void failsWhenAMethodClaimsMoreThanItSent() throws Exception {
        Path file = Files.writeString(folder.resolve("sample"), "seven b");
        try (Sender sender = new Sender(address, LIMIT, () -> {})) {
            Sending liar = (path, target) -> SendMethod.HEAP_8K.send(path, target) + 1;
            IOException failure =
                    assertThrows(IOException.class, () -> sender.sendDiscarded(liar, file));
            assertEquals("8 bytes sent, 7 received", failure.getMessage());
        }
    }

    @Test
    void givesUpOnATransferThatHangs() throws Exception {
        Path file = Files.writeString(folder.resolve("sample"), "seven b");
        try (Sender sender = new Sender(address, Duration.ofSeconds(1), () -> {})) {
            Sending hanging = (path, target) -> Wire.read(target, 1).get();
            IOException failure =
                    assertThrows(IOException.class, () -> sender.sendDiscarded(hanging, file));
            assertEquals("not finished after 1 s, given up", failure.getMessage());
        }
    }
}
