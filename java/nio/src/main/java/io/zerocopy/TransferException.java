package io.zerocopy;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A transfer has failed. It says what was moved, and has what was taken from the source and could
 * not be delivered.
 *
 * <p>Its cause is what the JDK would throw, where there is a class for it: for example {@link
 * java.nio.channels.AsynchronousCloseException} where a channel was closed by another thread.
 * Thread-safe. Example:
 *
 * <pre>{@code
 * try (Transfer transfer = Transfer.from(file).to(socket).build()) {
 *     transfer.run();
 * } catch (TransferException e) {
 *     System.out.println(e.delivered() + " bytes are there, then: " + e.getMessage());
 *     System.out.println(e.undelivered().remaining() + " bytes are here");
 * }
 * }</pre>
 */
public class TransferException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What the failed system call said, or 0. */
    private final int errno;

    /** The system call that failed, or null. */
    private final String call;

    /** The mechanism that failed, or null. */
    private final Mechanism mechanism;

    /** Bytes of the source that the target had accepted. */
    private final long delivered;

    /** Bytes that had been taken from the source. */
    private final long consumed;

    /** What was taken and not delivered, where it is here. */
    private transient volatile ByteBuffer undelivered;

    /** Who has the undelivered bytes; null once they are here, or where they are delivered. */
    private transient volatile TransferRun holder;

    /**
     * An exception that has the undelivered bytes itself.
     *
     * @param message what was asked, what the system said, what to do
     * @param cause what the JDK would throw; null if there is nothing
     * @param errno what the failed system call said, or 0
     * @param call the name of that system call, or null
     * @param mechanism the mechanism that failed, or null
     * @param delivered bytes of the source that the target has accepted
     * @param consumed bytes that were taken from the source, at least {@code delivered}
     * @param undelivered what was taken and not delivered, from its position to its limit
     */
    public TransferException(
            String message,
            Throwable cause,
            int errno,
            String call,
            Mechanism mechanism,
            long delivered,
            long consumed,
            ByteBuffer undelivered) {
        super(message, cause);
        this.errno = errno;
        this.call = call;
        this.mechanism = mechanism;
        this.delivered = delivered;
        this.consumed = consumed;
        this.undelivered = undelivered;
    }

    /** An exception of a transfer that keeps the undelivered bytes for its next run. */
    TransferException(TransferFailure failure, TransferRun holder) {
        this(
                failure.message(),
                failure.cause(),
                failure.errno(),
                failure.call(),
                failure.mechanism(),
                failure.delivered(),
                failure.consumed(),
                null);
        this.holder = holder;
    }

    /**
     * What the failed system call said.
     *
     * @return the errno; 0 where no system call of the library failed
     */
    public int errno() {
        return errno;
    }

    /**
     * The system call that failed.
     *
     * @return its name, for example {@code "splice"}; null where none of the library's failed
     */
    public String call() {
        return call;
    }

    /**
     * The mechanism that failed.
     *
     * @return the mechanism; null where it is not known, or nothing was tried
     */
    public Mechanism mechanism() {
        return mechanism;
    }

    /**
     * The bytes of the source that the target had accepted.
     *
     * @return the count, at least 0
     */
    public long delivered() {
        return delivered;
    }

    /**
     * The bytes that had been taken from the source.
     *
     * @return the count, at least {@link #delivered}
     */
    public long consumed() {
        return consumed;
    }

    /**
     * What was taken from the source and not delivered, the oldest bytes first.
     *
     * <p>These bytes are in one place at a time. An exception of {@link Transfer#run} leaves them
     * with the transfer, whose next run delivers them; the first call of this method takes them out
     * of the transfer, and so does {@link Transfer#close} for its last exception. So they are here
     * too after a try-with-resources block. Of bytes that were delivered by a later run, or taken
     * by {@link Transfer#drainUndelivered}, nothing is here. They do not survive serialization.
     *
     * <p>Waits for a run that is going on.
     *
     * @return a new read-only view at each call, at its beginning; empty if there is nothing
     */
    public ByteBuffer undelivered() {
        TransferRun transfer = holder;
        if (transfer != null) {
            transfer.handOverTo(this);
        }
        ByteBuffer bytes = undelivered;
        return bytes == null ? ByteBuffer.allocate(0) : bytes.asReadOnlyBuffer();
    }

    /** Ends the connection with the transfer; {@code bytes} may be null. */
    void settle(ByteBuffer bytes) {
        undelivered = bytes;
        holder = null;
    }
}
