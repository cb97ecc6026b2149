package io.zerocopy.relay;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.fixture.Connection;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Two peers with real connections, and the relay between them. */
final class Joined implements Closeable {
    private static final long BOUND_SECONDS = 30;

    private final SocketChannel client;
    private final SocketChannel server;
    private final Relay relay;

    private Joined(SocketChannel client, SocketChannel server, Relay relay) {
        this.client = client;
        this.server = server;
        this.relay = relay;
    }

    /** Joins two new connections of these kinds. */
    static Joined by(
            RelayEngine engine, Connection.Kind kindA, Connection.Kind kindB, RelayOptions options)
            throws IOException {
        Connection a = Connection.open(kindA);
        Connection b = Connection.open(kindB);
        Relay relay = engine.relay(a.socket(), b.socket(), options);
        return new Joined((SocketChannel) a.peer(), (SocketChannel) b.peer(), relay);
    }

    /** Joins two new TCP connections. */
    static Joined by(RelayEngine engine) throws IOException {
        return by(engine, Connection.Kind.TCP, Connection.Kind.TCP, RelayOptions.defaults());
    }

    /** The peer of the first socket, in blocking mode. */
    SocketChannel client() {
        return client;
    }

    /** The peer of the second socket, in blocking mode. */
    SocketChannel server() {
        return server;
    }

    Relay relay() {
        return relay;
    }

    /** Waits for the end of the relay. */
    RelayResult result() throws InterruptedException, ExecutionException, TimeoutException {
        return relay.closed().toCompletableFuture().get(BOUND_SECONDS, TimeUnit.SECONDS);
    }

    /** Closes the peers, and so the relay. */
    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
