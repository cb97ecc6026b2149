package io.zerocopy.bench.relay.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicInteger;

/** Two threads for each connection, each with a buffer of its own. */
final class ThreadRelays {
    private static final int BUFFER_BYTES = 256 << 10;

    private final SocketChannel client;
    private final SocketChannel server;
    private final AtomicInteger directionsLeft = new AtomicInteger(2);

    private ThreadRelays(SocketChannel client, SocketChannel server) {
        this.client = client;
        this.server = server;
    }

    static void start(SocketChannel client, SocketChannel server) {
        ThreadRelays relay = new ThreadRelays(client, server);
        new Thread(() -> relay.run(client, server), "to the server").start();
        new Thread(() -> relay.run(server, client), "to the client").start();
    }

    private void run(SocketChannel from, SocketChannel to) {
        try {
            move(from, to);
            if (directionsLeft.decrementAndGet() == 0) {
                close();
            }
        } catch (IOException e) {
            close();
        }
    }

    private static void move(SocketChannel from, SocketChannel to) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        while (from.read(buffer) >= 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                to.write(buffer);
            }
            buffer.clear();
        }
        to.shutdownOutput();
    }

    private void close() {
        try {
            client.close();
            server.close();
        } catch (IOException e) {
            // They are gone, which is what was wanted.
            return;
        }
    }
}
