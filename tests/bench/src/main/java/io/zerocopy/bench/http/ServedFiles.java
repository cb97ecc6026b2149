package io.zerocopy.bench.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The files of a folder, each opened once, as nginx does it with {@code open_file_cache}. */
final class ServedFiles implements AutoCloseable {
    private static final String OK =
            "HTTP/1.1 200 OK\r\n"
                    + "Content-Type: application/octet-stream\r\n"
                    + "Content-Length: %d\r\n"
                    + "\r\n";
    private static final String NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    private final Path root;
    private final Map<String, Content> contents = new HashMap<>();

    ServedFiles(Path root) {
        this.root = root;
    }

    /**
     * What an answer consists of.
     *
     * @param header of HTTP, with the empty line
     * @param file or null if there is nothing behind the header
     * @param bytes of the file
     */
    record Content(ByteBuffer header, FileChannel file, long bytes) {}

    /** The answer for a path of a request. */
    Content of(String path) throws IOException {
        Content content = contents.get(path);
        if (content == null) {
            content = open(path);
            contents.put(path, content);
        }
        return content;
    }

    @Override
    public void close() throws IOException {
        for (Content content : contents.values()) {
            if (content.file != null) {
                content.file.close();
            }
        }
    }

    private Content open(String path) throws IOException {
        // No name leads out of the folder.
        boolean isName = path.matches("/[A-Za-z0-9][A-Za-z0-9._-]*");
        Path file = isName ? root.resolve(path.substring(1)) : null;
        if (file == null || !Files.isRegularFile(file)) {
            return new Content(ascii(NOT_FOUND), null, 0);
        }
        FileChannel channel = FileChannel.open(file);
        return new Content(ascii(String.format(OK, channel.size())), channel, channel.size());
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
