package io.zerocopy.bench.http;

import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * What a server of files that is built on this library can reach, against nginx. Not a product: it
 * answers every request with the file of a folder that the path names, on one selector thread.
 */
public final class StaticResponder implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final ServedFiles files;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel server = ServerSocketChannel.open();

    /** Listens on a free port of the loopback address. */
    StaticResponder(Path root) throws IOException {
        this.files = new ServedFiles(root);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    /** {@code StaticResponder ROOT}: says its port and its JDK, and ends when it is killed. */
    public static void main(String[] arguments) throws IOException {
        // Figures of the fallback under the name of the library would be false.
        ZeroCopy.ensureAvailability();
        try (StaticResponder responder = new StaticResponder(Path.of(arguments[0]))) {
            System.out.println(
                    "listening "
                            + responder.address().getPort()
                            + " JDK "
                            + System.getProperty("java.version"));
            responder.run();
        }
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /** Answers until it is closed. */
    void run() throws IOException {
        try {
            while (server.isOpen()) {
                selector.select(this::serve);
            }
        } finally {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
            files.close();
        }
    }

    /** Ends {@link #run}. From any thread. */
    @Override
    public void close() throws IOException {
        server.close();
        selector.wakeup();
    }

    private void serve(SelectionKey key) {
        if (key.attachment() instanceof HttpConnection connection) {
            connection.serve();
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            SocketChannel socket = server.accept();
            if (socket != null) {
                socket.configureBlocking(false);
                SelectionKey key = socket.register(selector, SelectionKey.OP_READ);
                key.attach(new HttpConnection(key, socket, files));
            }
        } catch (IOException e) {
            // The client is gone, or the server is being closed.
        }
    }
}
