package io.zerocopy.bench.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Goal: what is measured is a server: every request gets its own answer, whole and in order.
 * Method: raw sockets, so that requests come in pieces and several at once.
 */
@Timeout(60)
class StaticResponderTest {
    private static final String GET = "GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String OK =
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d"
                    + "\r\n\r\n";
    private static final String NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    @TempDir private Path root;

    private final byte[] small = random(4096);

    /** More than the buffers of a connection take: the server has to wait for room. */
    private final byte[] large = random(32 << 20);

    private StaticResponder responder;
    private Thread thread;
    private IOException failure;

    @BeforeEach
    void start() throws IOException {
        Files.write(root.resolve("small"), small);
        Files.write(root.resolve("large"), large);
        responder = new StaticResponder(root);
        thread = new Thread(this::serve, "responder");
        thread.start();
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        responder.close();
        thread.join();
        assertEquals(null, failure);
    }

    @Test
    void answersComeOnTheSameConnectionInTheOrderOfTheRequests() throws IOException {
        byte[] requests = ascii(get("small") + get("large") + get("none") + get("small"));
        byte[] answers =
                joined(
                        ascii(ok(small)),
                        small,
                        ascii(ok(large)),
                        large,
                        ascii(NOT_FOUND),
                        ascii(ok(small)),
                        small);
        try (Socket client = connect()) {
            client.getOutputStream().write(requests);
            assertArrayEquals(answers, client.getInputStream().readNBytes(answers.length));
            client.shutdownOutput();
            assertEquals(-1, client.getInputStream().read());
        }
    }

    @Test
    void aRequestThatComesInPiecesIsAnsweredWhenItIsWhole() throws Exception {
        try (Socket client = connect()) {
            client.setTcpNoDelay(true);
            for (byte piece : ascii(get("small"))) {
                client.getOutputStream().write(piece);
                // So that most pieces are read by themselves.
                Thread.sleep(1);
            }
            byte[] answer = joined(ascii(ok(small)), small);
            assertArrayEquals(answer, client.getInputStream().readNBytes(answer.length));
        }
    }

    @Test
    void aClientThatGoesInTheMiddleOfAnAnswerLeavesOthersServed() throws IOException {
        try (Socket gone = connect()) {
            gone.setSoLinger(true, 0);
            gone.getOutputStream().write(ascii(get("large")));
            gone.getInputStream().readNBytes(1000);
        }
        try (Socket client = connect()) {
            client.getOutputStream().write(ascii(get("small")));
            byte[] answer = joined(ascii(ok(small)), small);
            assertArrayEquals(answer, client.getInputStream().readNBytes(answer.length));
        }
    }

    @Test
    void aRequestWithoutEndIsCutOff() throws IOException {
        try (Socket client = connect();
                InputStream answers = client.getInputStream()) {
            client.getOutputStream().write(new byte[8192]);
            assertEquals(-1, answers.read());
        }
    }

    private void serve() {
        try {
            responder.run();
        } catch (IOException e) {
            failure = e;
        }
    }

    private Socket connect() throws IOException {
        return new Socket(responder.address().getAddress(), responder.address().getPort());
    }

    private static String get(String name) {
        return String.format(GET, name);
    }

    private static String ok(byte[] content) {
        return String.format(OK, content.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
