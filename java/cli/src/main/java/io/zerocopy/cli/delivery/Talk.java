package io.zerocopy.cli.delivery;

import io.zerocopy.End;
import io.zerocopy.Transfer;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

/** Exchanges the few bytes that go around a file, and never waits longer than a limit. */
final class Talk {
    private final SocketChannel socket;

    Talk(SocketChannel socket) {
        this.socket = socket;
    }

    /** Reads so many bytes, all within the limit; none where it is null. */
    ByteBuffer read(int bytes, Duration limit) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        Transfer.Builder reading = Transfer.from(socket).count(bytes).to(new Filling(buffer));
        run(reading, limit);
        return buffer.flip();
    }

    /** Writes the bytes, all within the limit; none where it is null. */
    void write(byte[] bytes, Duration limit) throws IOException {
        ReadableByteChannel source = Channels.newChannel(new ByteArrayInputStream(bytes));
        run(Transfer.from(source).count(bytes.length).to(socket), limit);
    }

    private static void run(Transfer.Builder described, Duration limit) throws IOException {
        if (limit != null) {
            described.timeout(limit);
        }
        try (Transfer transfer = described.build()) {
            if (transfer.run().end() != End.COMPLETE) {
                throw new EOFException("the other side closed the connection");
            }
        }
    }

    /** A channel into memory, which has room for all that is asked for. */
    private static final class Filling implements WritableByteChannel {
        private final ByteBuffer target;

        Filling(ByteBuffer target) {
            this.target = target;
        }

        @Override
        public int write(ByteBuffer source) {
            int bytes = source.remaining();
            target.put(source);
            return bytes;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // There is nothing to let go of.
        }
    }
}
