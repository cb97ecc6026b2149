package io.zerocopy.internal.channel;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded pool of direct buffers. Not one for each thread: there may be a million virtual ones.
 */
final class BufferPool {
    /** Holds the largest datagram, 65,507 bytes of payload, and a byte more to see that it is. */
    static final int BUFFER_BYTES = 64 << 10;

    /** Copying from the beginning of a page is up to twice as fast as from its middle. */
    private static final int PAGE_BYTES = 4 << 10;

    private static final int POOLED_MAX = 16;
    private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger FREE_COUNT = new AtomicInteger();

    private BufferPool() {}

    static ByteBuffer take() {
        ByteBuffer buffer = FREE.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(BUFFER_BYTES + PAGE_BYTES)
                    .alignedSlice(PAGE_BYTES)
                    .limit(BUFFER_BYTES);
        }
        FREE_COUNT.decrementAndGet();
        return buffer;
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
