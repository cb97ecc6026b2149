package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

import java.io.IOException;

/**
 * A failed system call, as the native core throws it.
 *
 * <p>The drop-ins throw the JDK's class with the JDK's message instead and keep this as its cause,
 * so that the call and its errno are not lost.
 */
public final class SystemCallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String call;
    private final String text;
    private final int mechanism;

    /** Called by the native core. */
    SystemCallException(int errno, String call, String text, int mechanism) {
        super(errno == 0 ? text : call + ": " + text + " (errno " + errno + ")");
        this.errno = errno;
        this.call = call;
        this.text = text;
        this.mechanism = mechanism;
    }

    /** The errno, or 0 where no system call was made. */
    public int errno() {
        return errno;
    }

    /** The name of the call that failed. */
    public String call() {
        return call;
    }

    /** What {@code strerror(3)} says of the errno. */
    public String text() {
        return text;
    }

    /** The mechanism that made the call, or null where it only looked at the ends. */
    public Mechanism mechanism() {
        return Mechanisms.withNumber(mechanism);
    }

    /** The exception that {@code FileChannel.transferTo} would throw. */
    public IOException asJdkException() {
        return new IOException(text, this);
    }
}
