package io.zerocopy;

/**
 * How one direction of a {@link Relay} has ended.
 *
 * <p>By {@link #CLOSED}, {@link #TIMEOUT} and {@link #IDLE_TIMEOUT} a stream is cut off that has
 * not ended. The target's peer sees an end of the stream where everything that the source had sent
 * until then was delivered, else a reset, so that it does not take what it got for all there was. A
 * UNIX socket can't be reset: its peer sees an end in any case. Example:
 *
 * <pre>{@code
 * relay.closed()
 *         .thenAccept(
 *                 result -> {
 *                     if (result.aToB().end() != RelayEnd.ENDED) {
 *                         System.out.println("cut off: " + result);
 *                     }
 *                 });
 * }</pre>
 */
public enum RelayEnd {
    /** The source has ended its stream, and the target was told so behind the last byte. */
    ENDED,

    /** The source has failed: its peer has reset the connection, as a rule. */
    SOURCE_FAILED,

    /** The target takes no more: its peer is gone, as a rule. */
    TARGET_FAILED,

    /** Nothing has moved in either direction for {@link RelayOptions#idleTimeout}. */
    IDLE_TIMEOUT,

    /** The relay has lasted for {@link RelayOptions#maxDuration}. */
    TIMEOUT,

    /** {@link Relay#close} or {@link RelayEngine#close} was called. */
    CLOSED
}
