package io.zerocopy.internal.relay;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/** What moves the bytes of relays: the native core, or threads of Java. Thread-safe. */
public interface Engine {
    /**
     * Takes over two channels that {@link RelayChecks} has let pass, and starts. As others may have
     * used or closed them since, it checks again while it keeps everybody away.
     *
     * @throws IllegalStateException if the engine is closed
     * @throws IOException if it can't be started
     */
    Running relay(SocketChannel a, SocketChannel b, Request request, Listener listener)
            throws IOException;

    /**
     * Starts a relay between duplicates of two descriptors, which stay the caller's.
     *
     * @throws UnsupportedOperationException if this engine knows channels only
     * @throws IllegalStateException if the engine is closed
     * @throws IOException if it can't be started
     */
    Running relay(int a, int b, Request request, Listener listener) throws IOException;

    /** How many relays were started and are not over; when a listener is told its relay is over. */
    int relayCount();

    /** Whether {@link #close} was called. */
    boolean isClosed();

    /**
     * Ends all relays and all threads, and waits until the listeners were told; not where it is a
     * listener that calls. Nothing if it is closed.
     */
    void close();
}
