package io.zerocopy.loading;

import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Transfers through the library that are checked byte by byte: the children use them too. */
public final class Transfers {
    private Transfers() {}

    /** Whether a file of this size arrives over TCP as it is, and is counted so. */
    public static boolean areRightOverTcp(int bytes) throws IOException {
        return arrives(bytes, Transfers::sendOverTcp);
    }

    /** Whether a file of this size is appended to another as it is, and is counted so. */
    public static boolean areRightWhenAppended(int bytes) throws IOException {
        return arrives(bytes, source -> sendToFile(source, bytes / 3, StandardOpenOption.APPEND));
    }

    private static boolean arrives(int bytes, Way way) throws IOException {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        Path file = Files.createTempFile("source", null);
        try {
            Files.write(file, content);
            try (FileChannel source = FileChannel.open(file)) {
                return Arrays.equals(content, way.send(source));
            }
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] sendOverTcp(FileChannel source) throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel target = SocketChannel.open(server.getLocalAddress());
                    SocketChannel peer = server.accept()) {
                CompletableFuture<byte[]> received = receive(peer);
                sendAll(source, target);
                target.shutdownOutput();
                return received.join();
            }
        }
    }

    private static byte[] sendToFile(FileChannel source, int before, OpenOption option)
            throws IOException {
        Path file = Files.createTempFile("target", null);
        try {
            Files.write(file, new byte[before]);
            try (FileChannel target = FileChannel.open(file, option)) {
                sendAll(source, target);
            }
            byte[] all = Files.readAllBytes(file);
            return Arrays.copyOfRange(all, before, all.length);
        } finally {
            Files.delete(file);
        }
    }

    private static void sendAll(FileChannel source, WritableByteChannel target) throws IOException {
        long sent = ZeroCopy.transferTo(source, 0, source.size(), target);
        if (sent != source.size()) {
            throw new IOException(sent + " bytes sent of " + source.size());
        }
    }

    private static CompletableFuture<byte[]> receive(SocketChannel peer) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (InputStream in = peer.socket().getInputStream()) {
                        return in.readAllBytes();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
    }

    /** Sends a file and says what came out at the other side. */
    private interface Way {
        byte[] send(FileChannel source) throws IOException;
    }
}
