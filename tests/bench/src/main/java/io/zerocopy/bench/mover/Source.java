package io.zerocopy.bench.mover;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;

/** Where the bytes of a transfer come from. */
public interface Source extends Closeable {
    /** A {@link FileChannel}, or a stream. */
    ReadableByteChannel channel();

    /** Returns when so many bytes can be fed. */
    default void announce(long bytes) throws IOException {}

    /** Has the bytes come that were announced. */
    default void startFeeding() throws IOException {}

    /** The bytes at this position of a file; of a stream those that come next. */
    default int read(ByteBuffer buffer, long position) throws IOException {
        ReadableByteChannel channel = channel();
        return channel instanceof FileChannel file
                ? file.read(buffer, position)
                : channel.read(buffer);
    }

    /**
     * Opens {@code file PATH}, {@code memory PATH} (a mapped file) or {@code tcp}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    static Source open(Peer peer, String kind, String location) throws IOException {
        return switch (kind) {
            case "file" -> ofFile(FileChannel.open(Path.of(location)));
            case "memory" -> MemorySource.map(Path.of(location));
            case "tcp" -> ofConnection(Connection.open(peer));
            default -> throw new IllegalArgumentException("no such source: " + kind);
        };
    }

    /** A file, which is closed with the source. */
    static Source ofFile(FileChannel file) {
        return new Source() {
            @Override
            public FileChannel channel() {
                return file;
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    private static Source ofConnection(Connection connection) {
        return new Source() {
            @Override
            public ReadableByteChannel channel() {
                return connection.channel();
            }

            @Override
            public void announce(long bytes) throws IOException {
                connection.announce(PeerMode.FEEDING, bytes);
            }

            @Override
            public void startFeeding() throws IOException {
                connection.startFeeding();
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }
}
