package io.zerocopy;

import java.nio.ByteBuffer;

/**
 * A transfer did not come to its end in time, or nothing moved for too long.
 *
 * <p>Both channels are open and as they were. The next {@link Transfer#run} goes on where this one
 * has stopped, with new time limits. Example:
 *
 * <pre>{@code
 * try (Transfer transfer =
 *         Transfer.from(file).to(socket).timeout(Duration.ofSeconds(30)).build()) {
 *     try {
 *         transfer.run();
 *     } catch (TransferTimeoutException e) {
 *         System.out.println("after 30 s: " + e.delivered() + " bytes; once more");
 *         transfer.run();
 *     }
 * }
 * }</pre>
 */
public class TransferTimeoutException extends TransferException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception that has the undelivered bytes itself.
     *
     * @param message what was asked, what passed, what to do
     * @param cause null, or what the time-out was found by
     * @param errno what a system call said, or 0
     * @param call the name of that system call, or null
     * @param mechanism the mechanism that was in use, or null
     * @param delivered bytes of the source that the target has accepted
     * @param consumed bytes that were taken from the source, at least {@code delivered}
     * @param undelivered what was taken and not delivered, from its position to its limit
     */
    public TransferTimeoutException(
            String message,
            Throwable cause,
            int errno,
            String call,
            Mechanism mechanism,
            long delivered,
            long consumed,
            ByteBuffer undelivered) {
        super(message, cause, errno, call, mechanism, delivered, consumed, undelivered);
    }

    /** An exception of a transfer that keeps the undelivered bytes for its next run. */
    TransferTimeoutException(TransferFailure failure, TransferRun holder) {
        super(failure, holder);
    }
}
