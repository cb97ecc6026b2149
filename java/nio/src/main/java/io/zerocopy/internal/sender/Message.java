package io.zerocopy.internal.sender;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One message between its send and its end. Its fields belong to the sender's lock. */
public final class Message {
    /** What is sent: from its position to its limit. Held as long as the kernel may read it. */
    final ByteBuffer bytes;

    /** The pages that it is in, or null if the memory is the caller's own. */
    final PageBuffer pages;

    final Listener listener;

    /** What the sender calls it, from 1 on; 0 before it was taken. */
    long number;

    /** Why it was withdrawn, if somebody knows better than that the channel was closed. */
    IOException cause;

    boolean isOver;

    /** Where the first byte is that {@link PlainSender} has not sent. */
    int sent;

    /** Whether its pages were left to the kernel. */
    boolean isLeft;

    /** A message, and whom to tell of its end. */
    public Message(ByteBuffer bytes, PageBuffer pages, Listener listener) {
        this.bytes = bytes;
        this.sent = bytes.position();
        this.pages = pages;
        this.listener = listener;
    }

    /** Is told once how a message ended, while no lock is held. */
    @FunctionalInterface
    public interface Listener {
        /**
         * The message has ended.
         *
         * @param bytes the bytes that the kernel took
         * @param zeroCopyBytes those that were sent without a copy
         * @param causes why the others were not, as bits
         * @param failure why it was not sent whole or not completed, or null
         */
        void ended(long bytes, long zeroCopyBytes, int causes, IOException failure);
    }

    /** The end of a message, to be told when the lock is free. */
    static final class End {
        private final Message message;
        private final long bytes;
        private final long zeroCopyBytes;
        private final int causes;
        private final IOException failure;

        End(Message message, long bytes, long zeroCopyBytes, int causes, IOException failure) {
            this.message = message;
            this.bytes = bytes;
            this.zeroCopyBytes = zeroCopyBytes;
            this.causes = causes;
            this.failure = failure;
        }

        Message message() {
            return message;
        }

        void tell() {
            message.listener.ended(bytes, zeroCopyBytes, causes, failure);
        }
    }
}
