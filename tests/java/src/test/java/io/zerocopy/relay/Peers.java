package io.zerocopy.relay;

import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** What the peers of relays do, each in a thread of its own, with channels in blocking mode. */
final class Peers {
    private static final int PIECE_BYTES = 64 << 10;

    private Peers() {}

    /** Sends all of it and ends the stream. */
    static Jvm.Task<Void> send(SocketChannel channel, byte[] bytes) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "sender",
                () -> {
                    ByteBuffer left = ByteBuffer.wrap(bytes);
                    while (left.hasRemaining()) {
                        channel.write(left);
                    }
                    channel.shutdownOutput();
                    return null;
                });
    }

    /** Sends for as long as the connection lasts. The result is how much was sent. */
    static Jvm.Task<Long> flood(SocketChannel channel) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "flood",
                () -> {
                    ByteBuffer zeros = ByteBuffer.allocate(PIECE_BYTES);
                    long sent = 0;
                    try {
                        // Ends when the connection is reset.
                        while (true) {
                            sent += channel.write(zeros.clear());
                        }
                    } catch (IOException e) {
                        return sent;
                    }
                });
    }

    /** Reads to the end of the stream. */
    static Jvm.Task<byte[]> receive(SocketChannel channel) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "receiver",
                () -> {
                    ByteArrayOutputStream all = new ByteArrayOutputStream();
                    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
                    while (channel.read(piece.clear()) >= 0) {
                        all.write(piece.array(), 0, piece.position());
                    }
                    return all.toByteArray();
                });
    }

    /** Reads to the end, or to the reset. The result is how much was read. */
    static Jvm.Task<Long> drain(SocketChannel channel) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "drain",
                () -> {
                    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
                    long received = 0;
                    try {
                        int count = channel.read(piece);
                        while (count >= 0) {
                            received += count;
                            count = channel.read(piece.clear());
                        }
                    } catch (IOException e) {
                        // A reset ends it as well.
                    }
                    return received;
                });
    }

    /** Reads so many bytes. */
    static byte[] read(SocketChannel channel, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException(bytes.remaining() + " bytes are missing");
            }
        }
        return bytes.array();
    }
}
