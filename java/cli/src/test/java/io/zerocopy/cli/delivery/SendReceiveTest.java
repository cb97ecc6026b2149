package io.zerocopy.cli.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.cli.fixture.CommandRun;
import io.zerocopy.cli.fixture.SampleContent;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goal: a file that is sent is at the receiver, all and right, and nothing else is. Method: both
 * commands in this JVM, over real sockets, with the files compared byte by byte.
 */
class SendReceiveTest {
    private static final String ANY_PORT = "127.0.0.1:0";

    @TempDir Path folder;

    private Path inbox;
    private Path file;

    @BeforeEach
    void makeFolder() throws IOException {
        inbox = Files.createDirectory(folder.resolve("inbox"));
        file = folder.resolve("file");
    }

    /** Around the length of what goes before the bytes, of a digest's block, of a pipe. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 17, 64, 65_536, 1_048_577, 7_000_001})
    void deliversEveryByte(int bytes) throws IOException {
        assertDelivers(SampleContent.file(file, bytes), ANY_PORT);
    }

    @Test
    void deliversALargeFileWithHoles() throws IOException {
        assertDelivers(SampleContent.sparse(file, 300_000_000), ANY_PORT);
    }

    @Test
    void deliversOverAUnixSocketAndRemovesItsFile() throws IOException {
        Path socket = folder.resolve("socket");
        assertDelivers(SampleContent.file(file, 3_000_000), "unix:" + socket);
        assertTrue(Files.notExists(socket));
    }

    @Test
    void deliversOverIpv6() throws IOException {
        assumeTrue(hasIpv6(), "this machine has no IPv6 loopback address");
        assertDelivers(SampleContent.file(file, 3_000_000), "[::1]:0");
    }

    @ParameterizedTest
    @CsvSource({
        "sha256, 315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3",
        "crc32c, c8a106e5"
    })
    void bothSidesPrintTheChecksumOfTheFile(String kind, String value) throws IOException {
        Files.writeString(file, "Hello, world!");
        CommandRun receiver = receive("copy");
        CommandRun sender = send(receiver.address(), "--checksum", kind).awaitSuccess();
        receiver.awaitSuccess();
        assertTrue(sender.out().startsWith("sent 13 B in "), sender::toString);
        String end = kind + " " + value + System.lineSeparator();
        assertTrue(sender.out().endsWith(end), sender::toString);
        assertTrue(receiver.out().endsWith(end), receiver::toString);
        assertEquals("", sender.err() + receiver.err());
    }

    @Test
    void keepsALimitAndStillDelivers() throws IOException {
        SampleContent.file(file, 300_000);
        CommandRun receiver = receive("copy", "--limit", "2M");
        send(receiver.address(), "--limit", "1M").awaitSuccess();
        receiver.awaitSuccess();
        SampleContent.assertSame(file, inbox.resolve("copy"));
    }

    @Test
    void replacesAFileOnlyWithForce() throws IOException {
        SampleContent.file(file, 5000);
        Path old = Files.writeString(inbox.resolve("copy"), "old");
        receive("copy").awaitFailure("copy exists; --force replaces it");
        assertEquals("old", Files.readString(old));

        CommandRun receiver = receive("copy", "--force");
        send(receiver.address()).awaitSuccess();
        receiver.awaitSuccess();
        SampleContent.assertSame(file, old);
        assertEquals(Set.of("copy"), namesInInbox());
    }

    @Test
    void aSymbolicLinkStaysAndItsTargetIsReplaced() throws IOException {
        SampleContent.file(file, 5000);
        Path target = Files.writeString(inbox.resolve("target"), "old");
        Files.createSymbolicLink(inbox.resolve("link"), target);
        CommandRun receiver = receive("link", "--force");
        send(receiver.address()).awaitSuccess();
        receiver.awaitSuccess();
        assertTrue(Files.isSymbolicLink(inbox.resolve("link")));
        SampleContent.assertSame(file, target);
    }

    @Test
    void aFileThatAppearsMeanwhileIsLeftAndWhatCameIsKept() throws IOException {
        SampleContent.file(file, 5000);
        CommandRun receiver = receive("copy");
        String address = receiver.address();
        Path another = Files.writeString(inbox.resolve("copy"), "another");
        send(address).awaitFailure("copy has come to exist in the meantime");
        receiver.awaitFailure("copy has come to exist in the meantime");
        assertEquals("another", Files.readString(another));
        Set<String> names = namesInInbox();
        assertTrue(names.remove("copy"));
        assertEquals(1, names.size());
        SampleContent.assertSame(file, inbox.resolve(names.iterator().next()));
    }

    @Test
    void refusesANameThatCantBeAFile() throws IOException {
        Files.createDirectory(inbox.resolve("folder"));
        Files.createSymbolicLink(inbox.resolve("dangling"), inbox.resolve("nowhere"));
        receive("folder", "--force").awaitFailure("folder is not a regular file");
        receive("dangling", "--force").awaitFailure("is a symbolic link that leads nowhere");
        receive("no/copy").awaitFailure("there is no folder");
        CommandRun.start("receive", ANY_PORT, "/dev/null", "--force")
                .awaitFailure("/dev/null is not a regular file");
    }

    @Test
    void refusesToSendWhatIsNoFile() {
        CommandRun.start("send", "" + folder, "localhost:1").awaitFailure("not a regular file");
        CommandRun.start("send", "" + file, "localhost:1").awaitFailure("does not exist");
    }

    @Test
    void saysThatNobodyListens() throws IOException {
        SampleContent.file(file, 1);
        String address;
        try (ServerSocketChannel closed = ServerSocketChannel.open()) {
            closed.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) closed.getLocalAddress()).getPort();
            address = "127.0.0.1:" + port;
            CommandRun.start("receive", address, "" + inbox.resolve("copy"))
                    .awaitFailure("cannot listen on " + address + ": Address already in use");
        }
        send(address).awaitFailure("cannot connect to " + address + ": Connection refused");
        send("no-such-host.invalid:7").awaitFailure("there is no host 'no-such-host.invalid'");
        send("unix:" + inbox.resolve("no")).awaitFailure("cannot connect to unix:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "::1:80", "host:70000", ":0", "host:0"})
    void refusesABadAddress(String address) throws IOException {
        SampleContent.file(file, 1);
        CommandRun run = send(address);
        assertEquals(2, run.awaitEnd(), run::toString);
        assertTrue(run.err().contains("'" + address + "'"), run::toString);
    }

    private void assertDelivers(Path sent, String listen) throws IOException {
        CommandRun receiver = CommandRun.start("receive", listen, "" + inbox.resolve("copy"));
        send(receiver.address()).awaitSuccess();
        receiver.awaitSuccess();
        SampleContent.assertSame(sent, inbox.resolve("copy"));
        assertEquals(Set.of("copy"), namesInInbox());
    }

    private CommandRun receive(String name, String... options) {
        return CommandRun.start(arguments("receive", ANY_PORT, "" + inbox.resolve(name), options));
    }

    private CommandRun send(String address, String... options) {
        return CommandRun.start(arguments("send", "" + file, address, options));
    }

    private static String[] arguments(String a, String b, String c, String... options) {
        return Stream.concat(Stream.of(a, b, c), Stream.of(options)).toArray(String[]::new);
    }

    private Set<String> namesInInbox() throws IOException {
        try (Stream<Path> files = Files.list(inbox)) {
            return files.map(it -> it.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    private static boolean hasIpv6() {
        try (ServerSocketChannel probe = ServerSocketChannel.open()) {
            probe.bind(new InetSocketAddress("::1", 0));
            return true;
        } catch (IOException none) {
            return false;
        }
    }
}
