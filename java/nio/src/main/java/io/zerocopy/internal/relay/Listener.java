package io.zerocopy.internal.relay;

/** Learns how a relay has ended. */
@FunctionalInterface
public interface Listener {
    /**
     * The relay is over, and both sockets are closed. Called once, on a thread of the engine's own
     * that holds no lock; must return soon and must not throw.
     */
    void ended(FlowAccount aToB, FlowAccount bToA, long elapsedNanos);
}
