package io.zerocopy;

import java.time.Duration;

/**
 * What a {@link Relay} has come to. Immutable. Example:
 *
 * <pre>{@code
 * engine.relay(client, backend, RelayOptions.defaults())
 *         .closed()
 *         .thenAccept(result -> System.out.println("relayed " + result));
 * }</pre>
 */
public final class RelayResult {
    private final RelayFlow aToB;
    private final RelayFlow bToA;
    private final Duration elapsed;

    RelayResult(RelayFlow aToB, RelayFlow bToA, Duration elapsed) {
        this.aToB = aToB;
        this.bToA = bToA;
        this.elapsed = elapsed;
    }

    /**
     * The direction from the first socket to the second.
     *
     * @return never null
     */
    public RelayFlow aToB() {
        return aToB;
    }

    /**
     * The direction from the second socket to the first.
     *
     * @return never null
     */
    public RelayFlow bToA() {
        return bToA;
    }

    /**
     * The time from the start of the relay to its end.
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
        return "a to b " + aToB + "; b to a " + bToA + "; in " + elapsed;
    }
}
