package io.zerocopy.bench.mover;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** Where the bytes of a transfer go. */
public interface Target extends Closeable {
    /** A {@link FileChannel}, or a stream. */
    WritableByteChannel channel();

    /** Returns when whoever takes the bytes is ready for so many. */
    default void announce(long bytes) throws IOException {}

    /** Returns when all that was announced has been taken. */
    default void awaitTaken() throws IOException {}

    /** Writes to this position of a file; to a stream as what comes next. */
    default int write(ByteBuffer buffer, long position) throws IOException {
        WritableByteChannel channel = channel();
        return channel instanceof FileChannel file
                ? file.write(buffer, position)
                : channel.write(buffer);
    }

    /**
     * Opens {@code file PATH}, {@code new-file PATH}, {@code tcp MODE}, {@code unix SNDBUF_BYTES}
     * (0: as it is) or {@code pipe}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    static Target open(Peer peer, String kind, String location) throws IOException {
        return switch (kind) {
            case "file" -> FileTarget.existing(Path.of(location));
            case "new-file" -> FileTarget.create(Path.of(location));
            case "tcp" -> ofConnection(Connection.open(peer), PeerMode.of(location));
            case "unix" ->
                    ofConnection(
                            Connection.openUnix(peer, Integer.parseInt(location)),
                            PeerMode.READING);
            case "pipe" -> PipeTarget.open(peer);
            default -> throw new IllegalArgumentException("no such target: " + kind);
        };
    }

    /** A connection, which is closed with the target. */
    static Target ofConnection(Connection connection, PeerMode mode) {
        return new Target() {
            @Override
            public WritableByteChannel channel() {
                return connection.channel();
            }

            @Override
            public void announce(long bytes) throws IOException {
                connection.announce(mode, bytes);
            }

            @Override
            public void awaitTaken() throws IOException {
                connection.awaitTaken();
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }
}
