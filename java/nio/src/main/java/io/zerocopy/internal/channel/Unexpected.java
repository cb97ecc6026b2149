package io.zerocopy.internal.channel;

import java.io.IOException;

/** What {@code MethodHandle.invokeExact} declares to throw, as what the target really throws. */
final class Unexpected {
    private Unexpected() {}

    /** For targets that throw no checked exception. */
    static RuntimeException unchecked(Throwable e) {
        if (e instanceof RuntimeException) {
            return (RuntimeException) e;
        }
        if (e instanceof Error) {
            throw (Error) e;
        }
        return new IllegalStateException(e);
    }

    /** For targets that throw IOException. */
    static IOException orIOException(Throwable e) {
        if (e instanceof IOException) {
            return (IOException) e;
        }
        throw unchecked(e);
    }
}
