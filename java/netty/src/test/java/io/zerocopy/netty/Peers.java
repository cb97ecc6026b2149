package io.zerocopy.netty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What the two peers of a relay send and receive, each on a thread of its own. */
final class Peers {
    private static final int PIECE_BYTES = 64 << 10;

    private Peers() {}

    /** Bytes that are different for each seed. */
    static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static String hash(byte[]... pieces) {
        MessageDigest digest = sha256();
        for (byte[] piece : pieces) {
            digest.update(piece);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Sends everything, and then the end of the stream. */
    static CompletableFuture<Void> send(SocketChannel peer, byte[]... pieces) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        for (byte[] piece : pieces) {
                            write(peer, piece);
                        }
                        peer.shutdownOutput();
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                Peers::onThread);
    }

    /** Receives until the end of the stream. */
    static CompletableFuture<String> hashOf(SocketChannel peer) {
        return CompletableFuture.supplyAsync(
                () -> {
                    MessageDigest digest = sha256();
                    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
                    try {
                        while (peer.read(piece) >= 0) {
                            digest.update(piece.flip());
                            piece.clear();
                        }
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                    return HexFormat.of().formatHex(digest.digest());
                },
                Peers::onThread);
    }

    static void write(SocketChannel peer, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            peer.write(left);
        }
    }

    /** Reads so many bytes, or fewer where the stream ends. */
    static byte[] read(SocketChannel peer, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining() && peer.read(bytes) >= 0) {}
        byte[] read = new byte[bytes.position()];
        bytes.flip().get(read);
        return read;
    }

    private static void onThread(Runnable task) {
        Thread thread = new Thread(task, "peer");
        thread.setDaemon(true);
        thread.start();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
