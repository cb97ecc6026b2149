package io.zerocopy.internal.channel;

/**
 * How much one step between two files may move.
 *
 * <p>The kernel does not look for signals while it writes to a file, so a step is as long as a
 * close() may have to wait. How much that is depends on the file system: 8 MiB are copied in about
 * 5 ms, while one that shares blocks takes 2 GiB in less than one.
 */
final class FileStep {
    private static final long BYTES_MIN = 8 << 20;

    /** More than this the kernel does not move by one call: {@code MAX_RW_COUNT}. */
    private static final long BYTES_MAX = 0x7fff_f000;

    private static final long SLOW_NANOS = 20_000_000L;
    private static final long FAST_NANOS = 1_000_000L;

    /** What a step may take that follows a fast one. */
    private static final long STEP_NANOS = 5_000_000L;

    private long bytes = BYTES_MIN;
    private long beganNanos;

    /** The most that the next step may move. */
    long bytesMax() {
        return bytes;
    }

    void begins() {
        beganNanos = System.nanoTime();
    }

    /** Adapts the next step to how long this one has taken for {@code moved} bytes. */
    void ends(long moved) {
        long nanos = Math.max(System.nanoTime() - beganNanos, 1);
        if (nanos > SLOW_NANOS) {
            bytes = Math.max(bytes / 2, BYTES_MIN);
        } else if (nanos < FAST_NANOS && moved == bytes) {
            // Of blocks that are shared the first step tells enough: the second takes all.
            bytes = Math.min(bytes * (STEP_NANOS / nanos), BYTES_MAX);
        }
    }
}
