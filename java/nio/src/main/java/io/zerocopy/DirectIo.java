package io.zerocopy;

/**
 * When a transfer reads its file past the page cache.
 *
 * <p>That keeps a large file from pushing out what others use, and is faster for a file that is not
 * in memory on a device that reads ahead little. For a file that is in memory it is slower. Where
 * it can't be done the transfer goes on with another mechanism, as {@link TransferResult#fallbacks}
 * says. The directive {@code directio} of nginx is {@link #above}. Example:
 *
 * <pre>{@code
 * try (Transfer transfer =
 *         Transfer.from(path).to(socket).directIo(DirectIo.above(64 << 20)).build()) {
 *     transfer.run();
 * }
 * }</pre>
 */
public final class DirectIo {
    private static final long AUTO = -1;
    private static final DirectIo ALWAYS_AUTO = new DirectIo(AUTO);
    private static final DirectIo NEVER = new DirectIo(Long.MAX_VALUE);

    private final long aboveBytes;

    private DirectIo(long aboveBytes) {
        this.aboveBytes = aboveBytes;
    }

    /**
     * For transfers of more than so many bytes.
     *
     * @param bytes at least 0
     * @return the policy
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public static DirectIo above(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes: " + bytes + " is negative");
        }
        return new DirectIo(bytes);
    }

    /**
     * For no transfer.
     *
     * @return the policy
     */
    public static DirectIo never() {
        return NEVER;
    }

    /**
     * The default: for transfers of more than 64 MiB of a file that is not in the page cache, on a
     * device that reads ahead less than 1 MiB.
     *
     * @return the policy
     */
    public static DirectIo auto() {
        return ALWAYS_AUTO;
    }

    /** As {@code Request} has it. */
    long aboveBytes() {
        return aboveBytes;
    }

    /**
     * The policy in words, for logs.
     *
     * @return {@code "auto"}, {@code "never"}, or {@code "above"} with the bytes
     */
    @Override
    public String toString() {
        if (aboveBytes == AUTO) {
            return "auto";
        }
        return this == NEVER ? "never" : "above " + aboveBytes + " bytes";
    }
}
