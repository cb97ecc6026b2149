package io.zerocopy.internal.transfer;

import java.io.IOException;

/** A time limit of a run passed. {@link io.zerocopy.Transfer} makes its own exception of it. */
public final class LimitExceededException extends IOException {
    private static final long serialVersionUID = 1L;

    /** With a text that says which limit it was. */
    public LimitExceededException(String message) {
        super(message);
    }
}
