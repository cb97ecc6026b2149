package io.zerocopy.selector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.PatternFile;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/** A client of the server in the examples, which checks every byte that it gets. */
final class ScriptedClient implements Closeable {
    private static final int PIECE_BYTES = 16 << 10;

    private final SocketChannel socket;
    private final ByteBuffer input = ByteBuffer.allocateDirect(PIECE_BYTES).limit(0);
    private long pauseNanos;
    private boolean isByteByByte;

    ScriptedClient(InetSocketAddress server) throws IOException {
        socket = SocketChannel.open(server);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** Pauses after every 16 KiB that it reads. */
    ScriptedClient pausing(long nanos) {
        pauseNanos = nanos;
        return this;
    }

    /** Sends each byte of a request by itself. */
    ScriptedClient byteByByte() {
        isByteByByte = true;
        return this;
    }

    void ask(String request) throws IOException {
        ask(request, true);
    }

    /** Sends a request, or the beginning of one. */
    void ask(String request, boolean isWhole) throws IOException {
        String text = isWhole ? request + "\n" : request;
        ByteBuffer line = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (line.hasRemaining()) {
            int most = isByteByByte ? 1 : line.remaining();
            write(line.slice(line.position(), most));
            line.position(line.position() + most);
        }
    }

    void ask(String method, PatternFile file) throws IOException {
        ask(method + " " + file.path().getFileName());
    }

    /** Asks for a file, and checks it. */
    void get(String method, PatternFile file) throws IOException {
        ask(method, file);
        expect(file);
    }

    /** Reads the answer to a request for a file. */
    void expect(PatternFile file) throws IOException {
        assertEquals("OK " + file.size(), line());
        expect(file, file.size());
    }

    /** Reads the first bytes of a file. */
    void expect(PatternFile file, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            ByteBuffer piece = piece(bytes - done);
            int count = piece.remaining();
            file.check(done, piece);
            done += count;
        }
    }

    /** Sends bytes in pieces and reads each back before it sends the next. */
    void echo(byte[] bytes, int pieceBytes) throws IOException {
        ask("ECHO " + bytes.length);
        for (int done = 0; done < bytes.length; done += pieceBytes) {
            int count = Math.min(pieceBytes, bytes.length - done);
            write(ByteBuffer.wrap(bytes, done, count));
            if (done == 0) {
                assertEquals("OK " + bytes.length, line());
            }
            expect(ByteBuffer.wrap(bytes, done, count));
        }
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        char next;
        while ((next = (char) piece(1).get()) != '\n') {
            line.append(next);
        }
        return line.toString();
    }

    /** Reads something, whatever it is. */
    void skip() throws IOException {
        piece(PIECE_BYTES);
    }

    void expectEnd() throws IOException {
        assertEquals(0, input.remaining());
        assertEquals(-1, socket.read(input.clear()));
    }

    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Goes away by a reset, with whatever is on its way. */
    void reset() throws IOException {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Reads these bytes. */
    void expect(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            ByteBuffer piece = piece(bytes.remaining());
            ByteBuffer expected = bytes.slice(bytes.position(), piece.remaining());
            assertEquals(-1, expected.mismatch(piece), "an echo is wrong");
            bytes.position(bytes.position() + piece.remaining());
        }
    }

    /** The next bytes, at least one and at most so many. */
    private ByteBuffer piece(long bytesMax) throws IOException {
        if (!input.hasRemaining()) {
            LockSupport.parkNanos(pauseNanos);
            assertTrue(socket.read(input.clear()) > 0, "the server has closed the connection");
            input.flip();
        }
        int count = (int) Math.min(bytesMax, input.remaining());
        ByteBuffer piece = input.slice(input.position(), count);
        input.position(input.position() + count);
        return piece;
    }
}
