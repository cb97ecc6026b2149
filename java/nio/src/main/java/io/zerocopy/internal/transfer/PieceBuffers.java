package io.zerocopy.internal.transfer;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded pool of the direct buffers of {@link BufferEngine}. Not one for each thread: there may
 * be a million virtual ones.
 */
final class PieceBuffers {
    /** Where the curve of bytes a second over the size of a piece has become flat. */
    static final int BUFFER_BYTES = 256 << 10;

    /** Copying from the beginning of a page is up to twice as fast as from its middle. */
    private static final int PAGE_BYTES = 4 << 10;

    private static final int POOLED_MAX = 8;
    private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger FREE_COUNT = new AtomicInteger();

    private PieceBuffers() {}

    /** An empty buffer, ready to be put into. */
    static ByteBuffer take() {
        ByteBuffer buffer = FREE.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(BUFFER_BYTES + PAGE_BYTES)
                    .alignedSlice(PAGE_BYTES)
                    .limit(BUFFER_BYTES)
                    .slice();
        }
        FREE_COUNT.decrementAndGet();
        return buffer.clear();
    }

    /** Takes a buffer back; drops it where there are enough. */
    static void give(ByteBuffer buffer) {
        if (FREE_COUNT.incrementAndGet() <= POOLED_MAX) {
            FREE.add(buffer);
        } else {
            FREE_COUNT.decrementAndGet();
        }
    }
}
