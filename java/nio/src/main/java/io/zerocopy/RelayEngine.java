package io.zerocopy;

import io.zerocopy.internal.core.RelaySettings;
import io.zerocopy.internal.relay.DescriptorRelays;
import io.zerocopy.internal.relay.Engine;
import io.zerocopy.internal.relay.Engines;
import io.zerocopy.internal.relay.RelayChecks;
import io.zerocopy.internal.relay.Request;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;

/**
 * A few native threads that move bytes between very many pairs of sockets, without copying them
 * through user space where the kernel can: a proxy whose bytes never reach the JVM.
 *
 * <p>A relay that rests holds two file descriptors and nothing else of the system; one that moves
 * borrows a pipe for as long as bytes are in it. The threads of the engine are not known to the
 * JVM: no garbage collection stops them, and they never run code of the application. One daemon
 * thread takes the results and hands each to the executor of its {@link RelayOptions}.
 *
 * <p>An engine has room for as many relays as there are descriptors, and its threads share them.
 * One thread fills a fast network; more of them pay where one is busy all the time. Thread-safe.
 * Example:
 *
 * <pre>{@code
 * RelayEngine engine = RelayEngine.shared();
 * engine.relay(client, backend, RelayOptions.defaults())
 *         .closed()
 *         .thenAccept(result -> System.out.println("relayed " + result));
 * }</pre>
 */
public final class RelayEngine implements AutoCloseable {
    private static RelayEngine shared;

    static {
        DescriptorRelays.setStarter(RelayEngine::relayDescriptors);
    }

    private final Engine engine;
    private final boolean isShared;

    private RelayEngine(Engine engine, boolean isShared) {
        this.engine = engine;
        this.isShared = isShared;
    }

    /**
     * The engine of this JVM, which is started by the first call and has as many threads as {@code
     * -Dio.zerocopy.relay.threads} says, 1 if that is not set.
     *
     * @return always the same one
     * @throws UncheckedIOException if it can't be started: no descriptor or no thread is left. The
     *     next call tries again
     */
    public static synchronized RelayEngine shared() {
        if (shared == null) {
            try {
                shared = new RelayEngine(Engines.open(RelaySettings.threads()), true);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return shared;
    }

    /**
     * Starts an engine.
     *
     * @param threads 1 to 256
     * @return the engine, to be closed
     * @throws IllegalArgumentException if {@code threads} is out of its range
     * @throws IOException if no descriptor or no thread is left
     */
    public static RelayEngine open(int threads) throws IOException {
        if (threads < 1 || threads > Engines.THREADS_MAX) {
            throw new IllegalArgumentException(
                    "threads is " + threads + ", not 1 to " + Engines.THREADS_MAX);
        }
        return new RelayEngine(Engines.open(threads), false);
    }

    /**
     * Joins two connected sockets, and takes both away from Java.
     *
     * <p>What comes from the one is sent to the other, in both directions. Where a peer ends its
     * stream, the other peer is told so behind the last byte, and the opposite direction goes on.
     * Where a peer resets its connection, the other connection is reset. When both directions have
     * ended both sockets are closed, and {@link Relay#closed} tells.
     *
     * <p>Both channels are closed by this call, without the peers noticing: only the relay acts
     * from then on. A thread that is blocked in an operation of one of them gets an {@code
     * AsynchronousCloseException}, as by {@code close}; what it has read before is not relayed.
     * Either mode of the channels will do. A channel whose input or output was shut down is taken
     * as it is: what is left of it is relayed. Never waits for a peer; not ended by an interrupt.
     *
     * <p>The mode of a socket belongs to all who hold a descriptor of it: the relay sets {@code
     * O_NONBLOCK}, and does not take that back. Who has duplicates, another process for example,
     * must neither read nor write, nor change the mode. At the end the relay switches {@code
     * SO_LINGER} off where the program has set it, because closing the socket would wait for its
     * peer; of a connection that it resets it sets {@code SO_LINGER} to 0. What it does to streams
     * that it cuts off says {@link RelayEnd}.
     *
     * <p>Without the native core a socket can't be taken away from its channel. Then both channels
     * stay open until the relay is over, which closes them, and are in non-blocking mode and
     * registered with a selector of the engine's: {@code configureBlocking(true)} throws {@code
     * IllegalBlockingModeException}. Closing one of them ends the relay within a second, with
     * {@link RelayEnd#CLOSED}, and its peer sees the end of the stream; bytes that are read or
     * written by it are missing in the relay or get between its bytes. No thread may be blocked in
     * an operation of a channel: the call waits for it. So whatever the engine, leave both channels
     * alone from here on, and do not close them.
     *
     * <p>Where it throws, neither channel was taken over, and both can be used as before.
     *
     * @param a a connected TCP or UNIX socket of the JDK's own class
     * @param b another one; the two need not be of the same family
     * @param options what else to do
     * @return the relay, which has started
     * @throws IllegalStateException if the engine is closed, if a channel is registered with a
     *     selector (cancel its key, then call {@code selectNow}), or if it has a {@link
     *     ZeroCopySender} that has not ended
     * @throws IllegalArgumentException if both are the same channel, or one is not of the JDK's own
     *     class
     * @throws ClosedChannelException if a channel is closed
     * @throws NotYetConnectedException if a channel is not connected
     * @throws java.net.SocketException if a peer has reset its connection
     * @throws IOException if no descriptor is left: two are needed until the channels are closed
     */
    public Relay relay(SocketChannel a, SocketChannel b, RelayOptions options) throws IOException {
        Objects.requireNonNull(a, "a");
        Objects.requireNonNull(b, "b");
        Objects.requireNonNull(options, "options");
        checkOpen();
        RelayChecks.check(a, b);
        Request request = requestOf(options);
        return Relay.start(options.executor(), listener -> engine.relay(a, b, request, listener));
    }

    /**
     * How many relays were started here and are not over. One whose result is told counts no more.
     *
     * @return the count, at least 0
     */
    public int relayCount() {
        return engine.relayCount();
    }

    /**
     * Ends all relays at once, with {@link RelayEnd#CLOSED}, and then the threads. Waits until the
     * result of each was handed to its executor; not for what the executor does with it, and not at
     * all where it is called on the thread that hands them over. Not ended by an interrupt. Closing
     * it again does nothing.
     *
     * @throws UnsupportedOperationException if it is the {@link #shared} engine, which others use
     */
    @Override
    public void close() {
        if (isShared) {
            throw new UnsupportedOperationException(
                    "the shared engine serves the whole JVM: close the relays, or open an engine");
        }
        engine.close();
    }

    private Relay relayDescriptors(int a, int b, RelayOptions options) throws IOException {
        checkOpen();
        Request request = requestOf(options);
        return Relay.start(options.executor(), listener -> engine.relay(a, b, request, listener));
    }

    private void checkOpen() {
        if (engine.isClosed()) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    private static Request requestOf(RelayOptions options) {
        return new Request(
                options.prefaceToB(),
                options.prefaceToA(),
                options.idleTimeout().map(RelayEngine::nanosOf).orElse(Request.NO_LIMIT),
                options.maxDuration().map(RelayEngine::nanosOf).orElse(Request.NO_LIMIT),
                options.bytesPerSecond().orElse(Request.NO_LIMIT));
    }

    /** As many as there are in 292 years, at most. */
    private static long nanosOf(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }
}
