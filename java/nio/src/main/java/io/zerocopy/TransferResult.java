package io.zerocopy;

import io.zerocopy.internal.transfer.Account;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What a transfer has come to: all runs of it until now together. Immutable. Example:
 *
 * <pre>{@code
 * try (Transfer transfer = Transfer.from(file).to(socket).build()) {
 *     TransferResult result = transfer.run();
 *     System.out.println(result.delivered() + " bytes by " + result.mechanisms());
 *     result.fallbacks().forEach(System.out::println);
 * }
 * }</pre>
 */
public final class TransferResult {
    private final End end;
    private final Account account;
    private final Duration elapsed;

    TransferResult(End end, Account account, Duration elapsed) {
        this.end = end;
        this.account = account;
        this.elapsed = elapsed;
    }

    /**
     * The bytes of the source that the target has accepted. A header and a trailer are not counted.
     *
     * @return the count, at least 0
     */
    public long delivered() {
        return account.delivered();
    }

    /**
     * The bytes that were taken from the source. Those not delivered are with the transfer: {@link
     * Transfer#drainUndelivered}.
     *
     * @return the count, at least {@link #delivered}
     */
    public long consumed() {
        return account.consumed();
    }

    /**
     * How far it is.
     *
     * @return never null
     */
    public End end() {
        return end;
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
     * The mechanisms that were left for another, with the causes, in the order of time.
     *
     * @return an unmodifiable list
     */
    public List<Fallback> fallbacks() {
        return account.fallbacks();
    }

    /**
     * The system calls that the native core has made to move the bytes. What the methods of a
     * channel do is not seen: 0 where the bytes went through those.
     *
     * @return the count, at least 0
     */
    public long systemCalls() {
        return account.systemCalls();
    }

    /**
     * The time since the first run began.
     *
     * @return not negative
     */
    public Duration elapsed() {
        return elapsed;
    }

    /**
     * All of it on one line, for logs.
     *
     * @return the text
     */
    @Override
    public String toString() {
        return end
                + ": "
                + delivered()
                + " of "
                + consumed()
                + " consumed bytes delivered by "
                + mechanisms()
                + " in "
                + elapsed
                + (fallbacks().isEmpty() ? "" : ", instead of " + fallbacks());
    }
}
