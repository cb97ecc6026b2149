package io.zerocopy.cli.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.cli.fixture.CommandRun;
import io.zerocopy.cli.fixture.SampleContent;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Goal: whatever goes wrong, both sides say so in one line and fail, and nothing that is not whole
 * stays behind. Method: one side is the command; the other is played by the test, or is a process
 * that is killed, or has no room.
 */
class BrokenDeliveryTest {
    private static final String ANY_PORT = "127.0.0.1:0";
    private static final int BYTES = 1000;

    /** Slow enough to be caught in the middle, with a burst of an eighth of this at first. */
    private static final int SLOW_BYTES_PER_SECOND = 400_000;

    /** More than the native library has, which is put into a file as well. */
    private static final int LIMIT_BYTES = 10_000_000;

    @TempDir Path folder;

    private Path inbox;
    private Path file;

    @BeforeEach
    void makeFolder() throws IOException {
        inbox = Files.createDirectory(folder.resolve("inbox"));
        file = folder.resolve("file");
    }

    @Test
    void aSenderThatClosesTooEarlyIsAnErrorOfTheReceiver() throws IOException {
        CommandRun receiver = receive();
        try (Socket sender = greet(receiver)) {
            assertEquals('R', sender.getInputStream().read());
            sender.getOutputStream().write(new byte[BYTES / 2]);
        }
        receiver.awaitFailure("the sender has closed the connection after 500 of 1000 bytes");
        assertNothingStays();
    }

    @Test
    void aWrongChecksumIsAnErrorOfBoth() throws IOException {
        CommandRun receiver = receive();
        try (Socket sender = greet(receiver)) {
            sender.getOutputStream().write(new byte[BYTES]);
            sender.getOutputStream().write(new byte[] {'S', 0, 4, 1, 2, 3, 4});
            byte[] answer = sender.getInputStream().readAllBytes();
            assertEquals('R', answer[0]);
            assertEquals('F', answer[3]);
        }
        receiver.awaitFailure("the bytes differ from those of the sender");
        assertNothingStays();
    }

    @Test
    void aSenderThatFallsSilentIsGivenUp() throws IOException {
        CommandRun receiver = receive("--idle-timeout", "300ms");
        try (Socket sender = greet(receiver)) {
            sender.getOutputStream().write(new byte[10]);
            receiver.awaitFailure("the sender sent nothing for 0.30 s, after 10 of 1000 bytes");
        }
        assertNothingStays();
    }

    @Test
    void strangersAreSentAwayAndTheSenderIsServed() throws IOException {
        SampleContent.file(file, BYTES);
        CommandRun receiver = receive();
        String address = receiver.address();
        try (Socket browser = new Socket(InetAddress.getLoopbackAddress(), receiver.port())) {
            browser.getOutputStream().write("GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes());
            receiver.awaitErr("a connection from 127.0.0.1:");
        }
        new Socket(InetAddress.getLoopbackAddress(), receiver.port()).close();
        CommandRun.start("send", "" + file, address).awaitSuccess();
        receiver.awaitSuccess();
        SampleContent.assertSame(file, inbox.resolve("copy"));
        assertTrue(receiver.err().contains("was not from `zerocopy-nio send`"), receiver::err);
        assertTrue(receiver.err().contains("ended before it said anything"), receiver::err);
    }

    @Test
    void theSenderNoticesThatItTalksToSomethingElse() throws IOException {
        SampleContent.file(file, BYTES);
        assertSenderFails("what listens there is not", "HTTP/1.1 400 Bad Request\r\n\r\n");
        assertSenderFails("the receiver has closed the connection", "");
    }

    @Test
    void theSenderGivesUpOnSilence() throws IOException {
        SampleContent.file(file, BYTES);
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandRun.start(
                            "send",
                            "" + file,
                            "127.0.0.1:" + silent.getLocalPort(),
                            "--idle-timeout",
                            "300ms")
                    .awaitFailure("the receiver does not answer; given up");
        }
    }

    @Test
    void aControlCharacterInAnAnswerDoesNotReachTheTerminal() throws IOException {
        SampleContent.file(file, BYTES);
        assertSenderFails("the receiver has given up: ?[2Jx", "F\0\5\u001b[2Jx");
    }

    @Test
    void aReceiverThatIsKilledIsAnErrorOfTheSender() throws Exception {
        SampleContent.file(file, 5_000_000);
        try (CommandRun receiver = receiveProcess(List.of())) {
            CommandRun sender = sendSlowly(receiver.address());
            awaitArrivalOf(100_000);
            receiver.signal("KILL");
            sender.awaitFailure("the connection broke after ");
        }
    }

    @Test
    void aReceiverThatIsInterruptedLeavesNothing() throws Exception {
        SampleContent.file(file, 5_000_000);
        try (CommandRun receiver = receiveProcess(List.of())) {
            CommandRun sender = sendSlowly(receiver.address());
            awaitArrivalOf(100_000);
            receiver.signal("INT");
            assertEquals(128 + 2, receiver.awaitEnd(), receiver::toString);
            sender.awaitFailure("the connection broke after ");
        }
        assertNothingStays();
    }

    @Test
    void aFileThatGetsShorterIsAnErrorOfBoth() throws Exception {
        SampleContent.file(file, 5_000_000);
        CommandRun receiver = receive();
        CommandRun sender = sendSlowly(receiver.address());
        awaitArrivalOf(100_000);
        Files.write(file, new byte[1000]);
        sender.awaitFailure("the file became shorter while it was sent");
        receiver.awaitFailure("the sender has closed the connection after ");
        assertNothingStays();
    }

    /** A limit on the size of files fails as a full disk does: in the middle of a write. */
    @Test
    void aReceiverThatCantWriteOnTellsTheSenderWhy() throws IOException, InterruptedException {
        assumeTrue(canRun("prlimit", "--version"), "prlimit is not installed");
        SampleContent.file(file, 30_000_000);
        try (CommandRun receiver = receiveProcess(List.of("prlimit", "--fsize=" + LIMIT_BYTES))) {
            CommandRun sender = CommandRun.start("send", "" + file, receiver.address());
            sender.awaitFailure(
                    "the receiver has given up: it stopped after " + LIMIT_BYTES + " of 30000000");
            receiver.awaitFailure("File too large");
        }
        assertNothingStays();
    }

    @Test
    void aReceiverWithoutRoomRefusesBeforeTheFirstByte() throws IOException, InterruptedException {
        Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(
                canRun("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "" + small),
                "a file system can't be mounted: not root");
        try {
            SampleContent.file(file, 5_000_000);
            CommandRun receiver = CommandRun.start("receive", ANY_PORT, small.resolve("f") + "");
            CommandRun.start("send", "" + file, receiver.address())
                    .awaitFailure("the receiver has given up: not enough room for 5.00 MB");
            receiver.awaitFailure("not enough room for 5.00 MB: 1.05 MB are left");
            assertEquals(0, small.toFile().list().length);
        } finally {
            assertTrue(canRun("umount", "" + small));
        }
    }

    private CommandRun receive(String... options) {
        return CommandRun.start(receiveArguments(options));
    }

    private CommandRun receiveProcess(List<String> prefix) throws IOException {
        return CommandRun.startProcess(prefix, receiveArguments());
    }

    private String[] receiveArguments(String... options) {
        return Stream.concat(
                        Stream.of("receive", ANY_PORT, "" + inbox.resolve("copy")),
                        Stream.of(options))
                .toArray(String[]::new);
    }

    private CommandRun sendSlowly(String address) {
        return CommandRun.start("send", "" + file, address, "--limit", "" + SLOW_BYTES_PER_SECOND);
    }

    /** Connects and announces a file. */
    private static Socket greet(CommandRun receiver) throws IOException {
        Socket sender = new Socket(InetAddress.getLoopbackAddress(), receiver.port());
        sender.getOutputStream()
                .write(
                        ByteBuffer.allocate(17)
                                .put("zc-send1".getBytes(StandardCharsets.US_ASCII))
                                .putLong(BYTES)
                                .put((byte) 'C')
                                .array());
        return sender;
    }

    private void assertSenderFails(String message, String answer) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandRun sender =
                    CommandRun.start("send", "" + file, "127.0.0.1:" + server.getLocalPort());
            try (Socket connection = server.accept()) {
                assertEquals(17, connection.getInputStream().readNBytes(17).length);
                connection.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
            }
            sender.awaitFailure(message);
        }
    }

    private void awaitArrivalOf(long bytes) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (arriving() == null || Files.size(arriving()) < bytes) {
            assertFalse(System.nanoTime() > end, "nothing arrives");
            Thread.sleep(5);
        }
    }

    private Path arriving() throws IOException {
        try (Stream<Path> files = Files.list(inbox)) {
            return files.findFirst().orElse(null);
        }
    }

    private void assertNothingStays() throws IOException {
        try (Stream<Path> files = Files.list(inbox)) {
            assertEquals(List.of(), files.toList());
        }
    }

    private static boolean canRun(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }
}
