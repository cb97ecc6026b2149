package io.zerocopy;

import java.util.Objects;

/**
 * A mechanism that could not serve a transfer, which then went on with another.
 *
 * @param mechanism the mechanism that was left
 * @param errno what the system said, or 0 where no system call was made
 * @param cause the same in words, for example {@code "Invalid argument"}
 */
public record Fallback(Mechanism mechanism, int errno, String cause) {
    /** Checks that nothing is null. */
    public Fallback {
        Objects.requireNonNull(mechanism, "mechanism");
        Objects.requireNonNull(cause, "cause");
    }
}
