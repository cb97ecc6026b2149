package io.zerocopy.bench;

import io.zerocopy.bench.mover.Peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Stands in for the C program: discards one unlimited burst on one connection. */
final class ReceiverThread {
    private static final int BUFFER_BYTES = 1 << 20;

    private ReceiverThread() {}

    /** The thread ends with the connection. It has no UNIX socket. */
    static Peer start() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread thread = new Thread(() -> serve(server), "receiver");
        thread.setDaemon(true);
        thread.start();
        InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
        return new Peer(PeerProgram.LOOPBACK_ADDRESS, address.getPort(), Path.of("none"));
    }

    private static void serve(ServerSocketChannel server) {
        try (server;
                SocketChannel connection = server.accept()) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
            buffer.limit(Long.BYTES);
            while (buffer.hasRemaining()) {
                connection.read(buffer);
            }
            connection.write(ByteBuffer.wrap(new byte[] {'R'}));
            while (connection.read(buffer.clear()) >= 0) {
                continue;
            }
        } catch (IOException e) {
            System.err.println("receiver: " + e.getMessage());
        }
    }
}
