package io.zerocopy.bench.relay.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** A thread for each port accepts and connects; what happens then is somebody else's work. */
record AcceptingProxy(Relaying relaying) implements Proxy {
    /** Moves bytes between two sockets, which are its own from now on, without waiting for it. */
    interface Relaying {
        void start(SocketChannel client, SocketChannel server) throws IOException;
    }

    @Override
    public int listen(InetSocketAddress local, InetSocketAddress backend) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open().bind(local, BACKLOG);
        new Thread(() -> acceptAll(listener, backend), "accepting").start();
        return listener.socket().getLocalPort();
    }

    private void acceptAll(ServerSocketChannel listener, InetSocketAddress backend) {
        try {
            while (true) {
                SocketChannel client = listener.accept();
                SocketChannel server = SocketChannel.open(backend);
                relaying.start(atOnce(client), atOnce(server));
            }
        } catch (IOException e) {
            // Nobody would measure anything from here on.
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static SocketChannel atOnce(SocketChannel socket) throws IOException {
        return socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
}
