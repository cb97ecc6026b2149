package io.zerocopy.internal.sender;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that the kernel may read for a time that nobody can tell: its socket is closed, and the
 * completion will never come.
 *
 * <p>Pages of the pool are left to the kernel. A caller's own buffer is kept here, so that its
 * memory is not freed and used for something that the peer must not see.
 */
public final class Abandoned {
    private static final Queue<ByteBuffer> BUFFERS = new ConcurrentLinkedQueue<>();
    private static final AtomicLong BYTES = new AtomicLong();

    private Abandoned() {}

    /** How many bytes there are, in pages and in buffers, since the JVM started. */
    public static long bytes() {
        return BYTES.get();
    }

    static void keep(ByteBuffer buffer) {
        BUFFERS.add(buffer);
    }

    static void keep(Message message) {
        BYTES.addAndGet(message.bytes.remaining());
        if (message.pages == null) {
            keep(message.bytes);
        } else if (!message.isLeft) {
            message.isLeft = true;
            message.pages.leaveToKernel();
        }
    }
}
