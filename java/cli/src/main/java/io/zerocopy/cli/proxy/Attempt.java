package io.zerocopy.cli.proxy;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.List;

/** A client that was accepted and whose back end is being looked for. */
final class Attempt {
    private final SocketChannel client;
    private final Iterator<SocketAddress> untried;
    private SocketAddress address;
    private SocketChannel server;
    private SelectionKey key;
    private long deadlineNanos;
    private boolean isToRetry;

    Attempt(SocketChannel client, List<SocketAddress> addresses) {
        this.client = client;
        this.untried = addresses.iterator();
    }

    SocketChannel client() {
        return client;
    }

    /** The address that is being tried; null before the first. */
    SocketAddress address() {
        return address;
    }

    /** The socket to it; null if there is none yet. */
    SocketChannel server() {
        return server;
    }

    /** Goes on to the next address, which has until then; false if there is none. */
    boolean next(long addressDeadlineNanos) {
        if (!untried.hasNext()) {
            return false;
        }
        address = untried.next();
        deadlineNanos = addressDeadlineNanos;
        return true;
    }

    boolean isExpired(long now) {
        return now - deadlineNanos >= 0;
    }

    /** The address could not even be tried: it will be again. */
    void retryLater() {
        isToRetry = true;
    }

    /** Whether it was to be tried again; not any more then. */
    boolean takeRetry() {
        boolean was = isToRetry;
        isToRetry = false;
        return was;
    }

    void uses(SocketChannel socket) {
        server = socket;
    }

    /** The answer of the address is waited for. */
    void waitsBy(SelectionKey selection) {
        key = selection;
    }

    /** No selector has the socket any more when it has selected the next time. */
    void leaveSelector() {
        if (key != null) {
            key.cancel();
            key = null;
        }
    }

    void closeServer() {
        leaveSelector();
        close(server);
        server = null;
    }

    void close() {
        closeServer();
        close(client);
    }

    private static void close(SocketChannel socket) {
        if (socket == null) {
            return;
        }
        try {
            socket.close();
        } catch (IOException gone) {
            // Its descriptor is given back all the same.
        }
    }
}
