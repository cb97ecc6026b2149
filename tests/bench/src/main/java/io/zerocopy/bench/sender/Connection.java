package io.zerocopy.bench.sender;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection to the receiver. What is said on it, {@code tests/bench/c/wire.h} explains. */
public final class Connection implements AutoCloseable {
    /** Enough for a connection that is never told when it ends. */
    public static final long UNLIMITED_BYTES = 1L << 55;

    private static final byte READY = 'R';
    private static final byte DONE = 'D';

    private final SocketChannel channel;
    private final ByteBuffer answer = ByteBuffer.allocateDirect(1);

    private Connection(SocketChannel channel) {
        this.channel = channel;
    }

    public static Connection open(int port) throws IOException {
        SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new Connection(channel);
    }

    public SocketChannel channel() {
        return channel;
    }

    /** Returns when the receiver is ready for this many bytes. */
    public void announce(ReceiverMode mode, long bytes) throws IOException {
        ByteBuffer announcement = ByteBuffer.allocate(Long.BYTES);
        announcement.putLong((long) mode.letter() << 56 | bytes).flip();
        while (announcement.hasRemaining()) {
            channel.write(announcement);
        }
        await(READY);
    }

    /** Returns when the receiver has all bytes that were announced. */
    public void awaitDone() throws IOException {
        await(DONE);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void await(byte expected) throws IOException {
        if (channel.read(answer.clear()) != 1 || answer.get(0) != expected) {
            throw new EOFException("the receiver did not answer");
        }
    }
}
