package io.zerocopy.internal.transfer;

import java.math.BigInteger;

/**
 * A limit on bytes a second, as a token bucket that holds an eighth of a second. The same rules as
 * {@code native/transfer/pace.rs}.
 */
public final class Pace {
    /** Below this it is waited rather than moved: a wait costs as much as moving 64 KiB. */
    private static final long PIECE_BYTES_MIN = 64 << 10;

    private static final long SECOND_NANOS = 1_000_000_000L;

    private final long bytesPerSecond;
    private final long capacityBytes;
    private long tokens;
    private long filledNanos;

    /** A bucket that is full at {@code nowNanos}. */
    public Pace(long bytesPerSecond, long nowNanos) {
        assert bytesPerSecond > 0 : bytesPerSecond;
        this.bytesPerSecond = bytesPerSecond;
        this.capacityBytes = Math.max(1, bytesPerSecond / 8);
        this.tokens = capacityBytes;
        this.filledNanos = nowNanos;
    }

    /** How many bytes may be moved now: 0 while less than a piece may. */
    public long allowance(long nowNanos) {
        fill(nowNanos);
        return tokens >= pieceBytes() ? tokens : 0;
    }

    /** How long it takes until {@link #allowance} gives something, if nothing is moved before. */
    public long pauseNanos() {
        long missing = pieceBytes() - tokens;
        return missing <= 0 ? 0 : scaledUp(missing, SECOND_NANOS, bytesPerSecond);
    }

    /** Takes what was moved out of the bucket; a datagram, which can't be cut, may leave a debt. */
    public void spend(long bytes) {
        tokens -= bytes;
    }

    private long pieceBytes() {
        return Math.min(PIECE_BYTES_MIN, capacityBytes);
    }

    private void fill(long nowNanos) {
        long passed = nowNanos - filledNanos;
        long earned = scaled(passed, bytesPerSecond, SECOND_NANOS);
        if (earned >= capacityBytes - tokens) {
            tokens = capacityBytes;
            filledNanos = nowNanos;
            return;
        }
        tokens += earned;
        // Only the time of whole bytes is spent, or a bucket that is looked at often would leak;
        // and
        // all of that time, or a rate of more than a byte in a nanosecond would be exceeded.
        filledNanos += Math.min(passed, scaledUp(earned, SECOND_NANOS, bytesPerSecond));
    }

    /** As {@link #scaled}, but rounded up. */
    private static long scaledUp(long value, long multiplier, long divisor) {
        long down = scaled(value, multiplier, divisor);
        boolean isExact = scaled(down, divisor, multiplier) == value;
        return isExact ? down : down + 1;
    }

    /** {@code value * multiplier / divisor}, where the product may need more than 64 bits. */
    private static long scaled(long value, long multiplier, long divisor) {
        if (Math.multiplyHigh(value, multiplier) == 0 && value * multiplier >= 0) {
            return value * multiplier / divisor;
        }
        return BigInteger.valueOf(value)
                .multiply(BigInteger.valueOf(multiplier))
                .divide(BigInteger.valueOf(divisor))
                .min(BigInteger.valueOf(Long.MAX_VALUE))
                .longValue();
    }
}
