package io.zerocopy.internal.sender;

/** What sends the messages of one sender. */
public interface Engine {
    /** Lends memory for a message. */
    PageBuffer acquire(int bytes);

    /**
     * Takes a message and sends what can be sent: in blocking mode all of it. What fails from here
     * on, its listener is told.
     *
     * @return false if the bound on bytes in flight leaves no room; nothing was taken then
     */
    boolean send(Message message, int segmentBytes);

    /** Takes the completions, sends what is queued, and tells the listeners on this thread. */
    int reap();

    /** Bytes that were given to the sender and are neither copied nor completed. */
    long bytesInFlight();

    /** Those of them that the kernel has not taken. */
    long bytesUnsent();

    /** Why nothing is sent without a copy, in words, or null. */
    String whyCopying();

    /** Whether {@link #close} was called, or the channel was found closed. */
    boolean isClosed();

    /** Takes no more messages; ends when those that there are have ended, or their time is over. */
    void close();
}
