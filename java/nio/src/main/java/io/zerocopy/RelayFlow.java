package io.zerocopy;

import io.zerocopy.internal.relay.FlowAccount;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one direction of a {@link Relay} has come to. Immutable. Example:
 *
 * <pre>{@code
 * relay.closed()
 *         .thenAccept(
 *                 result -> {
 *                     RelayFlow up = result.aToB();
 *                     System.out.println(up.delivered() + " bytes by " + up.mechanisms());
 *                     up.failure().ifPresent(System.out::println);
 *                 });
 * }</pre>
 */
public final class RelayFlow {
    private final FlowAccount account;

    RelayFlow(FlowAccount account) {
        this.account = account;
    }

    /**
     * The bytes that the target has taken, those of the preface included.
     *
     * @return the count, at least 0
     */
    public long delivered() {
        return account.delivered();
    }

    /**
     * The bytes of the preface and those that were taken from the source.
     *
     * @return the count, at least {@link #delivered}
     */
    public long consumed() {
        return account.consumed();
    }

    /**
     * The bytes that were consumed and not delivered. There are some only where the target has
     * failed, or where the relay was cut off by a time-out or by being closed; the target's
     * connection was reset then, so that its peer does not take what it got for all there was.
     *
     * @return the count, at least 0
     */
    public long lost() {
        return consumed() - delivered();
    }

    /**
     * How it has ended.
     *
     * @return never null
     */
    public RelayEnd end() {
        return account.end();
    }

    /**
     * Why it has failed. The message names the system call and the errno.
     *
     * @return present for {@link RelayEnd#SOURCE_FAILED} and {@link RelayEnd#TARGET_FAILED} only
     */
    public Optional<IOException> failure() {
        return Optional.ofNullable(account.failure());
    }

    /**
     * The mechanisms that moved at least one byte.
     *
     * @return an unmodifiable set, empty if nothing was moved
     */
    public Set<Mechanism> mechanisms() {
        return account.mechanisms();
    }

    /**
     * The mechanisms that could not serve and were left for another, each once for each cause, in
     * the order of time.
     *
     * @return an unmodifiable list
     */
    public List<Fallback> fallbacks() {
        return account.fallbacks();
    }

    /**
     * All of it on one line, for logs.
     *
     * @return the text
     */
    @Override
    public String toString() {
        return end()
                + ": "
                + delivered()
                + " of "
                + consumed()
                + " consumed bytes delivered by "
                + mechanisms()
                + failure().map(failure -> ", failed by " + failure.getMessage()).orElse("")
                + (fallbacks().isEmpty() ? "" : ", instead of " + fallbacks());
    }
}
