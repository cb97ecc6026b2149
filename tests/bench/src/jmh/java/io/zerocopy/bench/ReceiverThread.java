package io.zerocopy.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Stands in for the C receiver: discards one unlimited burst on one connection. */
final class ReceiverThread {
    private static final int BUFFER_BYTES = 1 << 20;

    private ReceiverThread() {}

    /** Returns the port. The thread ends with the connection. */
    static int start() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread thread = new Thread(() -> serve(server), "receiver");
        thread.setDaemon(true);
        thread.start();
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
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
