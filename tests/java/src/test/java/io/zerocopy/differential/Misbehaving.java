package io.zerocopy.differential;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;

/** A channel around a socket that does not do what one expects of it. */
final class Misbehaving implements ByteChannel {
    private final SocketChannel socket;
    private final Kind kind;
    private int leftBytes;

    private Misbehaving(SocketChannel socket, Kind kind, int leftBytes) {
        this.socket = socket;
        this.kind = kind;
        this.leftBytes = leftBytes;
    }

    private enum Kind {
        /** Moves some bytes, then fails. */
        FAILING,
        /** Moves some bytes at once, always. */
        SHORT,
        BROKEN
    }

    static Misbehaving failingAfter(int bytes, SocketChannel socket) {
        return new Misbehaving(socket, Kind.FAILING, bytes);
    }

    /** Moves no more than this at once. */
    static Misbehaving moving(int bytes, SocketChannel socket) {
        return new Misbehaving(socket, Kind.SHORT, bytes);
    }

    /** Throws what no channel should throw. */
    static Misbehaving broken(SocketChannel socket) {
        return new Misbehaving(socket, Kind.BROKEN, 0);
    }

    /** A move of the socket's. */
    @FunctionalInterface
    private interface Move {
        int of(ByteBuffer bytes) throws IOException;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return move(into, socket::read);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return move(bytes, socket::write);
    }

    private int move(ByteBuffer bytes, Move move) throws IOException {
        if (kind == Kind.BROKEN) {
            throw new IllegalStateException("broken");
        }
        if (kind == Kind.FAILING && leftBytes == 0) {
            throw new IOException("failed");
        }
        ByteBuffer allowed = bytes.duplicate();
        allowed.limit(Math.min(bytes.limit(), bytes.position() + leftBytes));
        int moved = move.of(allowed);
        bytes.position(allowed.position());
        if (kind == Kind.FAILING) {
            leftBytes -= Math.max(moved, 0);
        }
        return moved;
    }

    @Override
    public boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
