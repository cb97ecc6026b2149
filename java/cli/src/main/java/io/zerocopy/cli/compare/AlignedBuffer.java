package io.zerocopy.cli.compare;

import java.nio.ByteBuffer;

/**
 * A direct buffer that begins at a page.
 *
 * <p>A plain big direct buffer begins 16 bytes into a page, and some processors copy from or to
 * such an address at half the speed: the comparison would say more about that than about the
 * methods.
 */
final class AlignedBuffer {
    private static final int PAGE_BYTES = 4096;

    private AlignedBuffer() {}

    /** The size has to be a multiple of the page's. */
    static ByteBuffer allocate(int bytes) {
        if (bytes <= 0 || bytes % PAGE_BYTES != 0) {
            throw new IllegalArgumentException(bytes + " bytes are not whole pages");
        }
        ByteBuffer aligned = ByteBuffer.allocateDirect(bytes + PAGE_BYTES).alignedSlice(PAGE_BYTES);
        return aligned.slice(0, bytes);
    }
}
