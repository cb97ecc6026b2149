package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Goal: a header and the first bytes of a file are one TCP segment where two writes make two.
 *
 * <p>Method: the kernel counts the data segments of each connection, {@code tcpi_data_segs_out} of
 * tcp(7), which ss(8) prints. Nagle's algorithm, which could join them by itself, is off.
 */
class SegmentsTest {
    private static final Pattern DATA_SEGMENTS = Pattern.compile("\\bdata_segs_out:(\\d+)");
    private static final byte[] HEADER = new byte[100];

    @TempDir private static Path folder;

    @BeforeAll
    static void needSs() throws Exception {
        boolean isThere;
        try {
            isThere = new ProcessBuilder("ss", "-V").start().waitFor() == 0;
        } catch (IOException e) {
            isThere = false;
        }
        assumeTrue(isThere, "ss of iproute2 is missing");
    }

    static Stream<Arguments> enginesAndSizes() {
        // Copied, and sent by sendfile.
        return EngineKind.with(List.of(500, 20_000));
    }

    @ParameterizedTest
    @MethodSource("enginesAndSizes")
    void headerGoesWithTheFile(EngineKind engine, int size) throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, size);
        try (FileChannel source = file.open();
                Connection out = connection();
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(ByteBuffer.wrap(HEADER))
                                .to(out.target())
                                .build()) {
            assertEquals(End.COMPLETE, transfer.run().end());
            assertEquals(1, dataSegments(out.socket()));
        }
    }

    /** Nothing is held back where nothing follows: the peer must not wait for a header. */
    @ParameterizedTest
    @MethodSource("enginesAndSizes")
    void headerOfAnEmptyFileGoesAtOnce(EngineKind engine, int size) throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, size);
        try (FileChannel source = file.open();
                Connection out = connection();
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .position(size)
                                .header(ByteBuffer.wrap(HEADER))
                                .to(out.target())
                                .build()) {
            assertEquals(End.COMPLETE, transfer.run().end());
            ByteBuffer received = ByteBuffer.allocate(1000);
            out.peer().read(received);
            assertEquals(HEADER.length, received.position());
            assertEquals(1, dataSegments(out.socket()));
        }
    }

    /** What is counted is really there to be saved. */
    @ParameterizedTest
    @ValueSource(ints = {500, 20_000})
    void twoWritesMakeTwoSegments(int size) throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, size);
        try (FileChannel source = file.open();
                Connection out = connection()) {
            out.socket().write(ByteBuffer.wrap(HEADER));
            ZeroCopy.transferTo(source, 0, size, out.socket());
            assertEquals(2, dataSegments(out.socket()));
        }
    }

    private static Connection connection() throws IOException {
        Connection connection = Connection.tcpWithLargeBuffers();
        connection.socket().setOption(StandardSocketOptions.TCP_NODELAY, true);
        return connection;
    }

    private static int dataSegments(SocketChannel socket) throws Exception {
        int port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
        Process ss =
                new ProcessBuilder("ss", "-tinH", "sport = :" + port)
                        .redirectErrorStream(true)
                        .start();
        String text = new String(ss.getInputStream().readAllBytes());
        assertEquals(0, ss.waitFor(), text);
        Matcher count = DATA_SEGMENTS.matcher(text);
        assertTrue(count.find(), text);
        return Integer.parseInt(count.group(1));
    }
}
