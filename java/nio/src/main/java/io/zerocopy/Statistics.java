package io.zerocopy;

import io.zerocopy.internal.core.Counters;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * What was moved since the JVM started, by which mechanism, and what could not be used and why.
 *
 * <p>A snapshot; transfers that run meanwhile may be in it in part. What a {@link Relay} moves is
 * in it when the relay is over, before its result is told; until then {@link Relay#counters} has
 * it. Counting costs a transfer about 20 ns and no lock. Example:
 *
 * <pre>{@code
 * long before = ZeroCopy.statistics().bytes(Mechanism.SENDFILE);
 * ZeroCopy.transferTo(file, 0, file.size(), socket);
 * long sent = ZeroCopy.statistics().bytes(Mechanism.SENDFILE) - before;
 * }</pre>
 */
public final class Statistics {
    private final Map<Mechanism, Long> transfers = new EnumMap<>(Mechanism.class);
    private final Map<Mechanism, Long> bytes = new EnumMap<>(Mechanism.class);
    private final Map<String, Long> fallbacks;

    private Statistics(Map<String, Long> fallbacks) {
        this.fallbacks = Collections.unmodifiableMap(fallbacks);
    }

    static Statistics now() {
        Statistics statistics = new Statistics(Counters.fallbacks());
        for (Mechanism mechanism : Mechanism.values()) {
            statistics.transfers.put(mechanism, Counters.transfers(mechanism));
            statistics.bytes.put(mechanism, Counters.bytes(mechanism));
        }
        return statistics;
    }

    /**
     * How many transfers moved at least one byte and ended with this mechanism. Each direction of a
     * relay is one for each mechanism that moved bytes of it.
     *
     * @param mechanism not null
     * @return the count, at least 0
     */
    public long transfers(Mechanism mechanism) {
        return transfers.get(Objects.requireNonNull(mechanism, "mechanism"));
    }

    /**
     * How many bytes this mechanism delivered. The preface of a relay counts as copied.
     *
     * @param mechanism not null
     * @return the count of bytes, at least 0
     */
    public long bytes(Mechanism mechanism) {
        return bytes.get(Objects.requireNonNull(mechanism, "mechanism"));
    }

    /**
     * How often a mechanism could not serve a transfer that then went on with another, by cause:
     * for example {@code "SENDFILE: errno 22"}. A direction of a relay counts each cause once. What
     * is not used because the native core is not available is no fallback here: {@link
     * ZeroCopy#unavailabilityCause} says that.
     *
     * @return the counts by cause; empty if there was none
     */
    public Map<String, Long> fallbacks() {
        return fallbacks;
    }

    /**
     * All of it on one line for each mechanism and cause, for logs.
     *
     * @return the text
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Mechanism mechanism : Mechanism.values()) {
            text.append(mechanism).append(": ").append(transfers(mechanism));
            text.append(" transfers, ").append(bytes(mechanism)).append(" bytes");
            text.append(System.lineSeparator());
        }
        fallbacks.forEach(
                (cause, count) ->
                        text.append("fallback ")
                                .append(cause)
                                .append(": ")
                                .append(count)
                                .append(System.lineSeparator()));
        return text.toString();
    }
}
