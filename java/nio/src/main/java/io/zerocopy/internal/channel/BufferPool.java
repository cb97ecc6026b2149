package io.zerocopy.internal.channel;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded pool of direct buffers of one size. Not one for each thread: there may be a million
 * virtual ones.
 */
public final class BufferPool {
    /** Holds the largest datagram, 65,507 bytes of payload, and a byte more to see that it is. */
    public static final BufferPool PIECES = new BufferPool(64 << 10, 16);

    /** For what comes from a stream or a channel of any class, where each call costs more. */
    public static final BufferPool BATCHES = new BufferPool(256 << 10, 8);

    /** For relays, each of which has one for each direction only while bytes are in it. */
    public static final BufferPool RELAYS = new BufferPool(64 << 10, 64);

    /** Copying from the beginning of a page is up to twice as fast as from its middle. */
    private static final int PAGE_BYTES = 4 << 10;

    private final int bufferBytes;
    private final int pooledMax;
    private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
    private final AtomicInteger freeCount = new AtomicInteger();

    private BufferPool(int bufferBytes, int pooledMax) {
        this.bufferBytes = bufferBytes;
        this.pooledMax = pooledMax;
    }

    /** The size of its buffers. */
    public int bufferBytes() {
        return bufferBytes;
    }

    /** An empty buffer, ready to be put into. */
    public ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(bufferBytes + PAGE_BYTES)
                    .alignedSlice(PAGE_BYTES)
                    .limit(bufferBytes)
                    .slice();
        }
        freeCount.decrementAndGet();
        return buffer.clear();
    }

    /** Takes a buffer back; drops it where there are enough. */
    public void give(ByteBuffer buffer) {
        if (freeCount.incrementAndGet() <= pooledMax) {
            free.add(buffer);
        } else {
            freeCount.decrementAndGet();
        }
    }
}
