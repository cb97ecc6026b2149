package io.zerocopy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * What a relay may be asked for beside its sockets. Immutable: each {@code with} method returns
 * options that differ in one thing, and the same options serve any number of relays. Example:
 *
 * <pre>{@code
 * ByteBuffer request = ByteBuffer.allocate(8192);
 * client.read(request);
 * RelayOptions options =
 *         RelayOptions.defaults()
 *                 .withIdleTimeout(Duration.ofMinutes(5))
 *                 .withBytesPerSecond(10_000_000);
 * engine.relay(client, backend, options.withPrefaceToB(request.flip()));
 * }</pre>
 */
public final class RelayOptions {
    private static final RelayOptions DEFAULTS = new RelayOptions(new Draft());

    private final ByteBuffer prefaceToB;
    private final ByteBuffer prefaceToA;
    private final Duration idleTimeout;
    private final Duration maxDuration;
    private final long bytesPerSecond;
    private final Executor executor;

    private RelayOptions(Draft draft) {
        prefaceToB = draft.prefaceToB;
        prefaceToA = draft.prefaceToA;
        idleTimeout = draft.idleTimeout;
        maxDuration = draft.maxDuration;
        bytesPerSecond = draft.bytesPerSecond;
        executor = draft.executor;
    }

    /**
     * No prefaces, no time-outs, no limit; callbacks on the common pool.
     *
     * @return the options
     */
    public static RelayOptions defaults() {
        return DEFAULTS;
    }

    /**
     * What is sent to the second socket before the first byte that comes from the first one: what
     * the application has read from the first one already, as a rule.
     *
     * @param bytes any buffer; what is between its position and its limit is copied at once, and
     *     both are left as they are
     * @return the new options
     */
    public RelayOptions withPrefaceToB(ByteBuffer bytes) {
        Draft draft = new Draft(this);
        draft.prefaceToB = copy(bytes);
        return new RelayOptions(draft);
    }

    /**
     * What is sent to the first socket before the first byte that comes from the second one.
     *
     * @param bytes as for {@link #withPrefaceToB}
     * @return the new options
     */
    public RelayOptions withPrefaceToA(ByteBuffer bytes) {
        Draft draft = new Draft(this);
        draft.prefaceToA = copy(bytes);
        return new RelayOptions(draft);
    }

    /**
     * Ends the relay with {@link RelayEnd#IDLE_TIMEOUT} when nothing has moved in either direction
     * for so long.
     *
     * @param limit longer than zero, to the nanosecond
     * @return the new options
     * @throws IllegalArgumentException if {@code limit} is zero or negative
     */
    public RelayOptions withIdleTimeout(Duration limit) {
        Draft draft = new Draft(this);
        draft.idleTimeout = TransferChecks.positive("limit", limit);
        return new RelayOptions(draft);
    }

    /**
     * Ends the relay with {@link RelayEnd#TIMEOUT} when it has lasted for so long, whatever moves.
     *
     * @param limit longer than zero, to the nanosecond
     * @return the new options
     * @throws IllegalArgumentException if {@code limit} is zero or negative
     */
    public RelayOptions withMaxDuration(Duration limit) {
        Draft draft = new Draft(this);
        draft.maxDuration = TransferChecks.positive("limit", limit);
        return new RelayOptions(draft);
    }

    /**
     * Limits what is moved in each direction. After a pause the limit may be exceeded for a moment,
     * as a bucket of tokens allows.
     *
     * @param limit bytes in a second, at least 1
     * @return the new options
     * @throws IllegalArgumentException if {@code limit} is less than 1
     */
    public RelayOptions withBytesPerSecond(long limit) {
        Draft draft = new Draft(this);
        draft.bytesPerSecond = TransferChecks.positive("limit", limit);
        return new RelayOptions(draft);
    }

    /**
     * Who completes {@link Relay#closed} and runs what hangs on it. Where it refuses, or throws,
     * the common pool does it instead.
     *
     * @param executor one that runs tasks on the thread that hands them over holds up the results
     *     of the engine's other relays meanwhile, though not their bytes
     * @return the new options
     */
    public RelayOptions withExecutor(Executor executor) {
        Draft draft = new Draft(this);
        draft.executor = Objects.requireNonNull(executor, "executor");
        return new RelayOptions(draft);
    }

    /**
     * What {@link #withPrefaceToB} has taken.
     *
     * @return a read-only buffer of its own, empty if there is no preface
     */
    public ByteBuffer prefaceToB() {
        return prefaceToB.duplicate();
    }

    /**
     * What {@link #withPrefaceToA} has taken.
     *
     * @return a read-only buffer of its own, empty if there is no preface
     */
    public ByteBuffer prefaceToA() {
        return prefaceToA.duplicate();
    }

    /**
     * The limit of {@link #withIdleTimeout}.
     *
     * @return empty if there is none
     */
    public Optional<Duration> idleTimeout() {
        return Optional.ofNullable(idleTimeout);
    }

    /**
     * The limit of {@link #withMaxDuration}.
     *
     * @return empty if there is none
     */
    public Optional<Duration> maxDuration() {
        return Optional.ofNullable(maxDuration);
    }

    /**
     * The limit of {@link #withBytesPerSecond}.
     *
     * @return empty if there is none
     */
    public OptionalLong bytesPerSecond() {
        return bytesPerSecond == 0 ? OptionalLong.empty() : OptionalLong.of(bytesPerSecond);
    }

    /**
     * The executor of {@link #withExecutor}.
     *
     * @return the common pool, if none was set
     */
    public Executor executor() {
        return executor;
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.wrap(TransferChecks.copy("bytes", bytes)).asReadOnlyBuffer();
    }

    /** Options that are being changed. */
    private static final class Draft {
        private ByteBuffer prefaceToB = ByteBuffer.allocate(0).asReadOnlyBuffer();
        private ByteBuffer prefaceToA = prefaceToB;
        private Duration idleTimeout;
        private Duration maxDuration;
        private long bytesPerSecond;
        private Executor executor = ForkJoinPool.commonPool();

        Draft() {}

        Draft(RelayOptions from) {
            prefaceToB = from.prefaceToB;
            prefaceToA = from.prefaceToA;
            idleTimeout = from.idleTimeout;
            maxDuration = from.maxDuration;
            bytesPerSecond = from.bytesPerSecond;
            executor = from.executor;
        }
    }
}
