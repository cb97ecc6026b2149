package io.zerocopy.bench.relay.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** One thread and one selector for all connections; a buffer for each direction. */
final class SelectorRelays {
    private static final int BUFFER_BYTES = 64 << 10;

    private final Selector selector = Selector.open();
    private final Queue<SocketChannel[]> accepted = new ConcurrentLinkedQueue<>();

    private SelectorRelays() throws IOException {}

    static SelectorRelays open() throws IOException {
        SelectorRelays relays = new SelectorRelays();
        new Thread(relays::run, "selecting").start();
        return relays;
    }

    void start(SocketChannel client, SocketChannel server) throws IOException {
        client.configureBlocking(false);
        server.configureBlocking(false);
        accepted.add(new SocketChannel[] {client, server});
        selector.wakeup();
    }

    /** One end of a connection, and the bytes that have come from it and not gone on. */
    private static final class Side {
        final SocketChannel socket;
        final ByteBuffer came = ByteBuffer.allocateDirect(BUFFER_BYTES);
        SelectionKey key;
        Side other;
        boolean ended;

        Side(SocketChannel socket) {
            this.socket = socket;
        }

        /** Nothing is left of what came before: reading was not asked for while there was. */
        void onReadable() throws IOException {
            if (socket.read(came) < 0) {
                ended = true;
                dropInterest(SelectionKey.OP_READ);
                other.socket.shutdownOutput();
                if (other.ended) {
                    close();
                }
                return;
            }
            came.flip();
            other.socket.write(came);
            if (came.hasRemaining()) {
                dropInterest(SelectionKey.OP_READ);
                other.key.interestOpsOr(SelectionKey.OP_WRITE);
            } else {
                came.clear();
            }
        }

        void onWritable() throws IOException {
            socket.write(other.came);
            if (!other.came.hasRemaining()) {
                other.came.clear();
                dropInterest(SelectionKey.OP_WRITE);
                other.key.interestOpsOr(SelectionKey.OP_READ);
            }
        }

        void close() throws IOException {
            socket.close();
            other.socket.close();
        }

        private void dropInterest(int operation) {
            key.interestOpsAnd(~operation);
        }
    }

    private void run() {
        try {
            while (true) {
                selector.select(SelectorRelays::onReady);
                for (SocketChannel[] ends = accepted.poll(); ends != null; ) {
                    register(new Side(ends[0]), new Side(ends[1]));
                    ends = accepted.poll();
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // Nobody would measure anything from here on.
            e.printStackTrace();
            System.exit(1);
        }
    }

    private void register(Side client, Side server) throws IOException {
        client.other = server;
        server.other = client;
        for (Side side : new Side[] {client, server}) {
            side.key = side.socket.register(selector, SelectionKey.OP_READ, side);
        }
    }

    private static void onReady(SelectionKey key) {
        Side side = (Side) key.attachment();
        try {
            if (key.isValid() && key.isWritable()) {
                side.onWritable();
            }
            if (key.isValid() && key.isReadable()) {
                side.onReadable();
            }
        } catch (IOException e) {
            closeAfter(e, side);
        }
    }

    private static void closeAfter(IOException failure, Side side) {
        try {
            side.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
            throw new UncheckedIOException(failure);
        }
    }
}
