package io.zerocopy.bench.mover;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A connection to the peer. What is said on it, {@code tests/bench/c/shared/wire.h} explains.
 *
 * <p>It can be either end of a transfer, or only carry what is said about a pipe.
 */
public final class Connection implements Closeable {
    /** Enough for a connection that is never told when it ends. */
    public static final long UNLIMITED_BYTES = 1L << 55;

    private static final byte READY = 'R';
    private static final byte DONE = 'D';
    private static final byte GO = 'G';

    /** How many bits of an announcement are its number; above them is the mode. */
    private static final int NUMBER_BITS = 56;

    private final SocketChannel channel;
    private final ByteBuffer answer = ByteBuffer.allocateDirect(1);

    private Connection(SocketChannel channel) {
        this.channel = channel;
    }

    /** By TCP. */
    public static Connection open(Peer peer) throws IOException {
        SocketChannel channel = SocketChannel.open(peer.tcp());
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new Connection(channel);
    }

    /** By a UNIX socket; the buffer is the system's default for 0. */
    static Connection openUnix(Peer peer, int bufferBytes) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        if (bufferBytes > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
        }
        channel.connect(peer.unix());
        return new Connection(channel);
    }

    public SocketChannel channel() {
        return channel;
    }

    /** Returns when the peer is ready for what comes next. */
    public void announce(PeerMode mode, long number) throws IOException {
        ByteBuffer announcement = ByteBuffer.allocate(Long.BYTES);
        send(announcement.putLong((long) mode.letter() << NUMBER_BITS | number).flip());
        await(READY);
    }

    /** Lets a peer send that was announced to be feeding. */
    void startFeeding() throws IOException {
        send(ByteBuffer.wrap(new byte[] {GO}));
    }

    /** Returns when the peer has all bytes that were announced. */
    public void awaitTaken() throws IOException {
        await(DONE);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void send(ByteBuffer message) throws IOException {
        while (message.hasRemaining()) {
            channel.write(message);
        }
    }

    private void await(byte expected) throws IOException {
        if (channel.read(answer.clear()) != 1 || answer.get(0) != expected) {
            throw new EOFException("the peer did not answer");
        }
    }
}
