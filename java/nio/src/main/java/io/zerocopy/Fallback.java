package io.zerocopy;

import java.util.Objects;

/**
 * A mechanism that could not serve a transfer, which then went on with another.
 *
 * <p>Example:
 *
 * <pre>{@code
 * try (Transfer transfer = Transfer.from(file).to(socket).build()) {
 *     for (Fallback fallback : transfer.run().fallbacks()) {
 *         System.out.println("not by " + fallback.mechanism() + ": " + fallback.cause());
 *     }
 * }
 * }</pre>
 *
 * @param mechanism the mechanism that was left
 * @param errno what the system said, or 0 where no system call was made
 * @param cause the same in words, for example {@code "Invalid argument"}
 */
public record Fallback(Mechanism mechanism, int errno, String cause) {
    /**
     * Checks that nothing is null.
     *
     * @param mechanism the mechanism that was left
     * @param errno what the system said, or 0
     * @param cause the same in words
     */
    public Fallback {
        Objects.requireNonNull(mechanism, "mechanism");
        Objects.requireNonNull(cause, "cause");
    }
}
