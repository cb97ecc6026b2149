package io.zerocopy.bench.http;

import io.zerocopy.End;
import io.zerocopy.Transfer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A connection that is kept, and how far it is. */
final class HttpConnection {
    private static final int REQUEST_BYTES_MAX = 8192;

    /** No operation of a selector is 0. */
    private static final int CLOSE = 0;

    /** Line feeds that end a request, without the carriage returns between them. */
    private static final int LINE_FEEDS_AT_END = 2;

    private final SelectionKey key;
    private final SocketChannel socket;
    private final ServedFiles files;

    /** What was read and not answered. */
    private final ByteBuffer input = ByteBuffer.allocateDirect(REQUEST_BYTES_MAX);

    /** The answer that is being given, or null. */
    private Transfer answer;

    HttpConnection(SelectionKey key, SocketChannel socket, ServedFiles files) {
        this.key = key;
        this.socket = socket;
        this.files = files;
    }

    /** Does what can be done without waiting. */
    void serve() {
        try {
            int operation = step();
            if (operation == CLOSE) {
                close();
            } else {
                key.interestOps(operation);
            }
        } catch (IOException | UncheckedIOException e) {
            // The client is gone: others go on.
            close();
        }
    }

    /** Returns what to wait for. */
    private int step() throws IOException {
        if (answer == null) {
            boolean isAtEnd = socket.read(input) < 0;
            if (isAtEnd) {
                return CLOSE;
            }
        }
        while (answer != null || begin()) {
            End end = answer.run().end();
            if (end == End.WAIT_TARGET) {
                return SelectionKey.OP_WRITE;
            }
            answer.close();
            answer = null;
            if (end != End.COMPLETE) {
                // The file is shorter than the header says.
                return CLOSE;
            }
        }
        // A request that does not fit will never be whole.
        return input.hasRemaining() ? SelectionKey.OP_READ : CLOSE;
    }

    /** Begins to answer the first request that was read, if one is whole. */
    private boolean begin() throws IOException {
        int end = endOfRequest();
        if (end < 0) {
            return false;
        }
        ServedFiles.Content content = files.of(path(end));
        input.flip().position(end);
        input.compact();
        Transfer.Builder builder =
                content.file() == null
                        ? Transfer.from(socket).count(0)
                        : Transfer.from(content.file()).position(0).count(content.bytes());
        answer = builder.header(content.header()).to(socket).build();
        return true;
    }

    /** Behind its empty line; negative if that has not come. */
    private int endOfRequest() {
        int lineFeeds = 0;
        for (int at = 0; at < input.position(); at++) {
            byte next = input.get(at);
            if (next == '\n') {
                lineFeeds++;
                if (lineFeeds == LINE_FEEDS_AT_END) {
                    return at + 1;
                }
            } else if (next != '\r') {
                lineFeeds = 0;
            }
        }
        return -1;
    }

    /** The second word. */
    private String path(int end) {
        int from = word(0, end);
        byte[] path = new byte[word(from, end) - from - 1];
        input.get(from, path);
        return new String(path, StandardCharsets.US_ASCII);
    }

    /** Behind the blank that ends the word. */
    private int word(int from, int end) {
        int at = from;
        while (at < end - 1 && input.get(at) != ' ') {
            at++;
        }
        return at + 1;
    }

    private void close() {
        if (answer != null) {
            answer.close();
        }
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }
}
