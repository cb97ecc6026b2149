package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Two connections whose near ends are to be relayed, and the peers at their far ends. */
final class RelayedPair implements AutoCloseable {
    private static final long BOUND_SECONDS = 30;
    private static final int PIECE_BYTES = 100_000;

    private final Connection left;
    private final Connection right;

    private RelayedPair(Connection left, Connection right) {
        this.left = left;
        this.right = right;
    }

    static RelayedPair tcp() throws IOException {
        return open(Connection.Kind.TCP, Connection.Kind.TCP);
    }

    static RelayedPair open(Connection.Kind left, Connection.Kind right) throws IOException {
        return new RelayedPair(Connection.open(left), Connection.open(right));
    }

    SocketChannel a() {
        return left.socket();
    }

    SocketChannel b() {
        return right.socket();
    }

    /** Who talks to {@code a}. */
    SocketChannel peerOfA() {
        return (SocketChannel) left.peer();
    }

    /** Who talks to {@code b}. */
    SocketChannel peerOfB() {
        return (SocketChannel) right.peer();
    }

    Relay relay(RelayEngine engine) throws IOException {
        return relay(engine, RelayOptions.defaults());
    }

    Relay relay(RelayEngine engine, RelayOptions options) throws IOException {
        return engine.relay(a(), b(), options);
    }

    /** The result of a relay that is about to end. */
    static RelayResult resultOf(Relay relay) throws Exception {
        return relay.closed().toCompletableFuture().get(BOUND_SECONDS, TimeUnit.SECONDS);
    }

    /** Sends random bytes each way at once, with the end behind them, and checks what arrives. */
    void exchange(long bytesToB, long bytesToA) throws Exception {
        CompletableFuture<byte[]> sentToB = inBackground(() -> send(peerOfA(), bytesToB, 1));
        CompletableFuture<byte[]> sentToA = inBackground(() -> send(peerOfB(), bytesToA, 2));
        CompletableFuture<byte[]> gotAtB = inBackground(() -> receive(peerOfB()));
        CompletableFuture<byte[]> gotAtA = inBackground(() -> receive(peerOfA()));
        assertArrayEquals(of(sentToB), of(gotAtB), "from a to b");
        assertArrayEquals(of(sentToA), of(gotAtA), "from b to a");
    }

    /** Sends a text to one of the peers' sockets. */
    static void say(SocketChannel peer, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes());
        while (bytes.hasRemaining()) {
            peer.write(bytes);
        }
    }

    /** Reads a text of this length. */
    static String hear(SocketChannel peer, int length) throws Exception {
        return of(
                inBackground(
                        () -> {
                            ByteBuffer bytes = ByteBuffer.allocate(length);
                            while (bytes.hasRemaining() && peer.read(bytes) >= 0) {}
                            return new String(bytes.array(), 0, bytes.position());
                        }));
    }

    private static byte[] send(SocketChannel peer, long bytes, long seed) throws Exception {
        MessageDigest digest = digest();
        Random random = new Random(seed);
        byte[] piece = new byte[PIECE_BYTES];
        for (long left = bytes; left > 0; left -= piece.length) {
            random.nextBytes(piece);
            int length = (int) Math.min(left, piece.length);
            digest.update(piece, 0, length);
            ByteBuffer buffer = ByteBuffer.wrap(piece, 0, length);
            while (buffer.hasRemaining()) {
                peer.write(buffer);
            }
        }
        peer.shutdownOutput();
        return digest.digest();
    }

    private static byte[] receive(SocketChannel peer) throws Exception {
        MessageDigest digest = digest();
        ByteBuffer buffer = ByteBuffer.allocate(PIECE_BYTES);
        while (peer.read(buffer.clear()) >= 0) {
            digest.update(buffer.flip());
        }
        return digest.digest();
    }

    private static MessageDigest digest() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256");
    }

    private interface Task<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> inBackground(Task<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                done.complete(task.run());
                            } catch (Throwable e) {
                                done.completeExceptionally(e);
                            }
                        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private static <T> T of(CompletableFuture<T> done) throws Exception {
        return done.get(BOUND_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        left.close();
        right.close();
    }
}
