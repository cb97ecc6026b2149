package io.zerocopy.internal.core;

import java.nio.ByteBuffer;

/**
 * A buffer without bytes, for reads and writes that only check how a channel is open.
 *
 * <p>It lies at the beginning of a page. For any other one JDK 17 takes an aligned buffer where the
 * channel has {@code ExtendedOpenOption.DIRECT}, keeps it for the thread, and a later read or write
 * of that thread, on any channel, fails when it frees it.
 */
public final class EmptyBuffer {
    private static final int PAGE_BYTES = 4096;

    private static final ByteBuffer ALIGNED =
            ByteBuffer.allocateDirect(2 * PAGE_BYTES).alignedSlice(PAGE_BYTES).limit(0);

    private EmptyBuffer() {}

    /** A view of its own for each caller. */
    public static ByteBuffer get() {
        return ALIGNED.duplicate();
    }
}
