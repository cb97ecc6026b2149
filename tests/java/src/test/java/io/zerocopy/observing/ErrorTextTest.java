package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Goal: an error of the system is the JDK's own class with the JDK's own message, so that no
 * program has to change, and its cause names what the JDK hides: the call and the errno.
 *
 * <p>Method: peers that are gone, and files by the copy (small) and by sendfile (large).
 */
class ErrorTextTest {
    private static final int EPIPE = 32;
    private static final int ECONNRESET = 104;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(ints = {100, 300_000})
    void aClosedUnixPeerIsABrokenPipe(int bytes) throws Exception {
        try (Connection connection = Connection.unix()) {
            connection.peer().close();
            IOException e = failure(connection, bytes);
            assertIsOfTheJdk(e, "Broken pipe");
            // Other than for TCP, the copy is the faster way for a large file to a short buffer.
            assertNames(e, bytes > 4096 ? "send" : "sendfile", EPIPE);
        }
    }

    @Test
    void aClosedReadEndIsABrokenPipe() throws Exception {
        try (Connection connection = Connection.pipe()) {
            connection.peer().close();
            IOException e = failure(connection, 300_000);
            assertIsOfTheJdk(e, "Broken pipe");
            assertNames(e, "splice", EPIPE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 300_000})
    void aResetIsWhatTheKernelSaysOfItAndThenABrokenPipe(int bytes) throws Exception {
        try (Connection connection = Connection.tcp()) {
            connection.resetByPeer();
            String call = bytes > 4096 ? "sendfile" : "send";
            IOException first = failure(connection, bytes);
            assertIsOfTheJdk(first, "Connection reset by peer");
            assertNames(first, call, ECONNRESET);
            IOException second = failure(connection, bytes);
            assertIsOfTheJdk(second, "Broken pipe");
            assertNames(second, call, EPIPE);
        }
    }

    private IOException failure(Connection connection, int bytes) throws IOException {
        try (FileChannel source = PatternFile.dense(folder, 1, bytes).open()) {
            return assertThrows(
                    IOException.class,
                    () -> ZeroCopy.transferTo(source, 0, bytes, connection.target()));
        }
    }

    private static void assertIsOfTheJdk(IOException e, String message) {
        assertEquals(IOException.class, e.getClass());
        assertEquals(message, e.getMessage());
    }

    private static void assertNames(IOException e, String call, int errno) {
        String cause = e.getCause().getMessage();
        assertTrue(cause.startsWith(call + ": "), cause);
        assertTrue(cause.contains("errno " + errno), cause);
        assertTrue(cause.contains(e.getMessage()), cause);
    }
}
