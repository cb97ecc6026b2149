package io.zerocopy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What became of a message of {@link ZeroCopySender#send}: it was taken whole, and its memory is
 * free again. It does not say that the peer has it: a message that was copied completes as soon as
 * the kernel has taken it.
 *
 * <p>Example:
 *
 * <pre>{@code
 * try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
 *     sender.send(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()))
 *             .thenAccept(
 *                     completion -> {
 *                         if (completion.isCopied()) {
 *                             System.getLogger("send")
 *                                     .log(
 *                                             System.Logger.Level.DEBUG,
 *                                             "copied " + completion.copyCauses());
 *                         }
 *                     });
 * }
 * }</pre>
 */
public final class Completion {
    private final long bytes;
    private final long zeroCopyBytes;
    private final Set<CopyCause> copyCauses;

    /** Why the kernel copied bytes of a message. The order is that of the native core's bits. */
    public enum CopyCause {
        /** What was to be sent was less than the threshold, below which a copy costs less. */
        SMALL,
        /**
         * It was sent with MSG_ZEROCOPY, and the kernel reported that it copied all the same: on
         * loopback, into another network namespace of the machine, or where the device can't
         * gather.
         */
        COPIED_BY_KERNEL,
        /** The kernel had reported that before, and zero-copy is not tried again yet. */
        BACKED_OFF,
        /**
         * ENOBUFS: {@code RLIMIT_MEMLOCK} ({@code ulimit -l}) or {@code net.core.optmem_max} was
         * reached.
         */
        NO_BUFFERS,
        /** The socket has no MSG_ZEROCOPY, as {@link ZeroCopySender#whyCopying} says. */
        UNSUPPORTED,
        /** A setting forbids it. */
        DISABLED
    }

    Completion(long bytes, long zeroCopyBytes, int causeBits) {
        this.bytes = bytes;
        this.zeroCopyBytes = zeroCopyBytes;
        EnumSet<CopyCause> causes = EnumSet.noneOf(CopyCause.class);
        for (CopyCause cause : CopyCause.values()) {
            if ((causeBits & 1 << cause.ordinal()) != 0) {
                causes.add(cause);
            }
        }
        this.copyCauses = Collections.unmodifiableSet(causes);
    }

    /**
     * The length of the message.
     *
     * @return at least 0
     */
    public long bytes() {
        return bytes;
    }

    /**
     * How many bytes of it were sent without a copy.
     *
     * @return 0 to {@link #bytes}
     */
    public long zeroCopyBytes() {
        return zeroCopyBytes;
    }

    /**
     * Whether the kernel copied any of it.
     *
     * @return false if all of it was sent without a copy
     */
    public boolean isCopied() {
        return zeroCopyBytes < bytes;
    }

    /**
     * Why the kernel copied: a message that was sent in several calls can have more than one cause.
     *
     * @return empty if nothing was copied
     */
    public Set<CopyCause> copyCauses() {
        return copyCauses;
    }

    @Override
    public String toString() {
        return bytes
                + " bytes, "
                + zeroCopyBytes
                + " without a copy"
                + (isCopied() ? copyCauses : "");
    }
}
