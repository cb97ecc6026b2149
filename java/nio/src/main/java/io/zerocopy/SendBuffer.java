package io.zerocopy;

import io.zerocopy.internal.sender.PageBuffer;

import java.nio.ByteBuffer;

/**
 * Page-aligned memory for one message, lent by {@link ZeroCopySender#acquire}.
 *
 * <p>It is filled through {@link #buffer} and then either sent, which passes it to the sender for
 * good, or closed, which gives it back unsent. Its bytes are not zeroed: they are what an earlier
 * message of this JVM had. Not thread-safe. Example:
 *
 * <pre>{@code
 * try (ZeroCopySender sender = ZeroCopySender.open(socket);
 *         SendBuffer message = sender.acquire(1 << 20)) {
 *     if (file.read(message.buffer()) > 0) {
 *         message.buffer().flip();
 *         sender.send(message);
 *     }
 * }
 * }</pre>
 */
public final class SendBuffer implements AutoCloseable {
    private final ZeroCopySender owner;
    private final ByteBuffer buffer;
    private PageBuffer pages;

    SendBuffer(ZeroCopySender owner, PageBuffer pages, ByteBuffer buffer) {
        this.owner = owner;
        this.pages = pages;
        this.buffer = buffer;
    }

    /**
     * The memory, as a direct buffer: its capacity is what was asked for. What is sent is what is
     * between its position and its limit at the time of the send, so it is flipped after it was
     * filled.
     *
     * <p>It must not be used any more once the message is sent or this is closed: the next message
     * may be in the same memory.
     *
     * @return always the same buffer
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Gives the memory back, unless it was sent. Closing it again does nothing. Does not block. */
    @Override
    public void close() {
        if (pages != null) {
            owner.giveBack(pages);
            pages = null;
        }
    }

    ZeroCopySender owner() {
        return owner;
    }

    /** The memory, or null if it was sent or given back. */
    PageBuffer pages() {
        return pages;
    }

    /** The sender has it now. */
    void passOn() {
        pages = null;
    }
}
