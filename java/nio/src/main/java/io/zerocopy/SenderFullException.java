package io.zerocopy;

/**
 * Thrown by {@link ZeroCopySender#send} on a channel in non-blocking mode when the message would
 * exceed the bound on bytes in flight. Nothing was sent and the buffer is still the caller's, who
 * sends it again when messages have completed. Example:
 *
 * <pre>{@code
 * socket.configureBlocking(false);
 * try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
 *     var message = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
 *     while (message.hasRemaining()) {
 *         try {
 *             sender.send(message);
 *         } catch (SenderFullException e) {
 *             sender.reap(); // or whatever else the loop has to do
 *         }
 *     }
 * }
 * }</pre>
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
