package io.zerocopy;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A transfer that failed on its way, with everything that is known of how far it came.
 *
 * <p>What the target had accepted stays delivered. What was taken from a source that can't be
 * rewound and not delivered is in {@link #undelivered}: nothing is lost silently. The cause is the
 * exception that a channel of the JDK would have thrown. Example:
 *
 * <pre>{@code
 * try {
 *     ZeroCopy.transferFrom(file, socket, position, count);
 * } catch (TransferException e) {
 *     // The disk is full: keep what the peer has sent already.
 *     spare.write(e.undelivered());
 * }
 * }</pre>
 *
 * <p>Not thread-safe as far as its buffer is concerned; the rest is immutable.
 */
public class TransferException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The failure as the system or a channel said it. */
    private final int errno;

    /** The name of the system call, or null. */
    private final String call;

    /** The mechanism, or null. */
    private final Mechanism mechanism;

    /** A count of bytes. */
    private final long delivered;

    /** A count of bytes. */
    private final long consumed;

    /** Bytes are not serialized with an exception: they would be delivered twice. */
    private final transient ByteBuffer undelivered;

    /**
     * Makes an exception with everything that is known.
     *
     * @param message what failed and what the system said
     * @param cause the exception of the JDK's class, or null
     * @param errno the number of the error, or 0 where no system call failed
     * @param call the name of the system call that failed, or null
     * @param mechanism the mechanism that made it, or null
     * @param delivered how many bytes of the source the target has accepted, at least 0
     * @param consumed how many bytes were taken from the source, at least {@code delivered}
     * @param undelivered the bytes that were taken and not delivered, from its position to its
     *     limit; not copied; null for none
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

    /**
     * The number of the error, as {@code errno(3)} has it.
     *
     * @return the number, or 0 where no system call of this library failed
     */
    public int errno() {
        return errno;
    }

    /**
     * The system call that failed, as section 2 of the manual calls it.
     *
     * @return for example {@code "splice"}, or null where no system call of this library failed
     */
    public String call() {
        return call;
    }

    /**
     * The mechanism that made the call.
     *
     * @return the mechanism, or null where the failure was none of a mechanism
     */
    public Mechanism mechanism() {
        return mechanism;
    }

    /**
     * How many bytes of the source the target has accepted, a header and a trailer not counted.
     *
     * @return the count, at least 0
     */
    public long delivered() {
        return delivered;
    }

    /**
     * How many bytes were taken from the source.
     *
     * @return the count, at least {@link #delivered}
     */
    public long consumed() {
        return consumed;
    }

    /**
     * The bytes that were taken from the source and not delivered, in their order.
     *
     * @return the same buffer each time, whose remaining bytes they are; empty where there are
     *     none, and after this exception was serialized
     */
    public ByteBuffer undelivered() {
        return undelivered != null ? undelivered : ByteBuffer.allocate(0);
    }
}
