package io.zerocopy.internal.relay;

/** A relay that was started. Any thread may call, and nothing blocks. */
public interface Running {
    /** The bytes that the second socket has taken until now, or at all once the relay is over. */
    long aToB();

    /** The bytes that the first socket has taken until now, or at all once the relay is over. */
    long bToA();

    /** Ends it at once; the listener is told as of any other end. Nothing if it is over. */
    void close();
}
