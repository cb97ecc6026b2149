package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SenderSettings;
import io.zerocopy.internal.core.SystemCallException;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Page-aligned memory for messages, from a pool of this JVM.
 *
 * <p>Whoever has sent a buffer may still hold a view of it, so pages are unmapped only when the
 * garbage collector finds no view any more. Without the native core it is memory of the JVM, and
 * there is no pool.
 */
public final class PageBuffer {
    /** The smallest buffer; on ARM a page can be so large. */
    private static final int BYTES_MIN = 64 << 10;

    /** The largest buffer. */
    public static final int BYTES_MAX = 1 << 30;

    private static final int SIZES = sizeOf(BYTES_MAX) + 1;
    private static final Queue<PageBuffer>[] FREE = newQueues();
    private static final AtomicLong FREE_BYTES = new AtomicLong();
    private static final Cleaner CLEANER = Cleaner.create();

    private final ByteBuffer root;

    /** Where the pages are, or 0 for memory of the JVM. */
    private final long address;

    private PageBuffer(ByteBuffer root, long address) {
        this.root = root;
        this.address = address;
    }

    /**
     * Takes a free buffer of at least so many bytes, or makes one. It is not zeroed.
     *
     * @throws OutOfMemoryError if there is none to map
     */
    static PageBuffer take(int bytes) {
        if (!NativeCore.isAvailable()) {
            return new PageBuffer(ByteBuffer.allocateDirect(bytes), 0);
        }
        int size = sizeOf(bytes);
        PageBuffer free = FREE[size].poll();
        if (free != null) {
            FREE_BYTES.addAndGet(-free.root.capacity());
            return free;
        }
        int wanted = BYTES_MIN << size;
        ByteBuffer root;
        try {
            root = SenderNatives.map(wanted);
        } catch (SystemCallException e) {
            OutOfMemoryError error = new OutOfMemoryError(wanted + " bytes: " + e.getMessage());
            error.initCause(e);
            throw error;
        }
        PageBuffer made = new PageBuffer(root, SenderNatives.address(root));
        CLEANER.register(root, new Unmapping(made.address, root.capacity()));
        return made;
    }

    /** A view of the first bytes, from 0 to {@code bytes}. */
    public ByteBuffer view(int bytes) {
        return root.slice(0, bytes);
    }

    /** Back to the pool. Neither the kernel nor a user needs the bytes any more. */
    public void give() {
        if (address == 0) {
            return;
        }
        long free = FREE_BYTES.addAndGet(root.capacity());
        if (free <= SenderSettings.pooledBytesMax()) {
            FREE[sizeOf(root.capacity())].add(this);
        } else {
            FREE_BYTES.addAndGet(-root.capacity());
        }
    }

    /**
     * Leaves the pages to the kernel and puts others in their place. Views stay valid, and what is
     * written to them goes nowhere. The buffer must not be given back any more.
     */
    void leaveToKernel() {
        if (address == 0) {
            return;
        }
        try {
            SenderNatives.replace(address, root.capacity());
        } catch (SystemCallException e) {
            // No memory for other pages: these stay as they are, and nobody gets them again.
            Abandoned.keep(root);
        }
    }

    /** 0 for {@link #BYTES_MIN}, one more for each power of two. */
    private static int sizeOf(int bytes) {
        int last = Math.max(bytes, BYTES_MIN) - 1;
        return Integer.SIZE
                - Integer.numberOfLeadingZeros(last)
                - Integer.numberOfTrailingZeros(BYTES_MIN);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Queue<PageBuffer>[] newQueues() {
        Queue<PageBuffer>[] queues = new Queue[SIZES];
        for (int size = 0; size < SIZES; size++) {
            queues[size] = new ConcurrentLinkedQueue<>();
        }
        return queues;
    }

    /** Refers to the pages by number only, else they would never be unreachable. */
    private static final class Unmapping implements Runnable {
        private final long address;
        private final long bytes;

        Unmapping(long address, long bytes) {
            this.address = address;
            this.bytes = bytes;
        }

        @Override
        public void run() {
            SenderNatives.unmap(address, bytes);
        }
    }
}
