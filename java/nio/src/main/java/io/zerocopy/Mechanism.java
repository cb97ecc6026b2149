package io.zerocopy;

/**
 * A way to move bytes.
 *
 * <p>{@link Capabilities} says which of them work here, {@link Statistics} which of them did.
 */
public enum Mechanism {
    /** {@code sendfile(2)}: the kernel hands the pages of a file to the target. */
    SENDFILE(0),

    /** {@code splice(2)}: from anything to anything inside the kernel, through a pipe. */
    SPLICE(1),

    /** {@code copy_file_range(2)}: from file to file; shares the blocks where that is possible. */
    COPY_FILE_RANGE(2),

    /** {@code send(2)} with {@code MSG_ZEROCOPY}: from memory to a socket. */
    MSG_ZEROCOPY(3),

    /** {@code mmap(2)}, then a write of the mapping: one copy, which the kernel makes. */
    MAPPED(4),

    /** Reads past the page cache by {@code io_uring(7)}, several ahead, then {@code send(2)}. */
    DIRECT_IO(5),

    /**
     * A copy through a reused buffer: {@code pread(2)} and {@code send(2)} in the native core for
     * small pieces and for targets that take nothing else, or a direct {@link java.nio.ByteBuffer}
     * for channels that are not the JDK's own.
     */
    COPY(6),

    /**
     * The JDK's own methods, where the native core is not available or not used: {@code transferTo}
     * of {@code FileChannel}, and for relays {@code read} and {@code write} through a direct {@link
     * java.nio.ByteBuffer}.
     */
    JDK(7);

    private final int number;

    Mechanism(int number) {
        this.number = number;
    }

    /**
     * The number of this mechanism, the same in the native core and at the C face. It never changes
     * its meaning.
     *
     * @return a number from 0 to 31
     */
    public int number() {
        return number;
    }
}
