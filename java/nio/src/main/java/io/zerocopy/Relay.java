package io.zerocopy;

import io.zerocopy.internal.relay.Handover;
import io.zerocopy.internal.relay.Listener;
import io.zerocopy.internal.relay.Running;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Two sockets that are joined: what comes from the one goes to the other, in both directions, until
 * both have ended. {@link RelayEngine#relay} starts one.
 *
 * <p>It goes on whether or not anybody holds on to this object. Thread-safe; no method blocks.
 * Example:
 *
 * <pre>{@code
 * Relay relay = engine.relay(client, backend, RelayOptions.defaults());
 * relay.closed()
 *         .thenAccept(result -> System.out.println(result.aToB().delivered() + " bytes sent"));
 * }</pre>
 */
public final class Relay implements AutoCloseable {
    private final Running running;
    private final CompletableFuture<RelayResult> closed;

    private Relay(Running running, CompletableFuture<RelayResult> closed) {
        this.running = running;
        this.closed = closed;
    }

    /** What starts the moving of bytes, and tells the listener when that is over. */
    interface Start {
        Running start(Listener listener) throws IOException;
    }

    static Relay start(Executor executor, Start start) throws IOException {
        CompletableFuture<RelayResult> closed = new CompletableFuture<>();
        Listener listener =
                (aToB, bToA, elapsedNanos) -> {
                    RelayFlow up = new RelayFlow(aToB);
                    RelayFlow down = new RelayFlow(bToA);
                    RelayResult result = new RelayResult(up, down, Duration.ofNanos(elapsedNanos));
                    Handover.to(executor, () -> closed.complete(result));
                };
        return new Relay(start.start(listener), closed);
    }

    /**
     * The end of the relay. By then both sockets are closed.
     *
     * @return completes on the options' executor, always with a result: that of a relay that failed
     *     says so. Completing it from outside changes nothing for others
     */
    public CompletionStage<RelayResult> closed() {
        return closed.minimalCompletionStage();
    }

    /**
     * How many bytes were delivered until now. Each count is exact and never goes back; the two are
     * not of the same moment. Once the relay is over they are those of its result.
     *
     * @return the counts
     */
    public RelayCounters counters() {
        return new RelayCounters(running.aToB(), running.bToA());
    }

    /**
     * Ends the relay at once, with {@link RelayEnd#CLOSED} for what had not ended. What was taken
     * from a socket and not delivered is lost; the result says how much that is. The connection
     * whose peer misses that, or bytes that had come and were not taken, is reset; the others, and
     * UNIX sockets in any case, see an end. Returns before that is done: {@link #closed} tells.
     * Does nothing to a relay that is over.
     */
    @Override
    public void close() {
        running.close();
    }
}
