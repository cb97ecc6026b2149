package io.zerocopy;

/**
 * Thrown by {@link ZeroCopySender#send} on a channel in non-blocking mode when the message would
 * exceed the bound on bytes in flight. Nothing was sent and the buffer is still the caller's, who
 * sends it again when messages have completed.
 */
public final class SenderFullException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    SenderFullException(long bytes, long bytesInFlight, long bytesInFlightMax) {
        super(
                bytes
                        + " bytes more than the "
                        + bytesInFlight
                        + " in flight would exceed "
                        + bytesInFlightMax
                        + ": wait for completions");
    }
}
