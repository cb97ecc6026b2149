package io.zerocopy.internal.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigInteger;

/**
 * Goal: over time no more goes than the rate and one bucket, and not much less.
 *
 * <p>Method: a greedy mover that moves all it may and pauses as it is told, on a clock of the test.
 */
class PaceTest {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final long PIECE_BYTES = 64 << 10;
    private static final int TURNS_MAX = 1_000_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 1000, 65_536, 10_000_000, 4_294_967_295L, 1L << 50})
    void rateIsKeptOverTime(long rate) {
        // A clock that overflows meanwhile: nanoTime may have any value.
        long begin = Long.MAX_VALUE - 3 * SECOND_NANOS;
        long now = begin;
        Pace pace = new Pace(rate, now);
        BigInteger moved = BigInteger.ZERO;
        for (int turn = 0; turn < TURNS_MAX && now - begin < 10 * SECOND_NANOS; turn++) {
            long allowed = pace.allowance(now);
            if (allowed > 0) {
                pace.spend(allowed);
                moved = moved.add(BigInteger.valueOf(allowed));
            } else {
                now += pace.pauseNanos();
            }
        }
        BigInteger most =
                BigInteger.valueOf(rate)
                        .multiply(BigInteger.valueOf(now - begin))
                        .divide(BigInteger.valueOf(SECOND_NANOS));
        BigInteger burst = BigInteger.valueOf(rate / 8 + 1);
        assertTrue(moved.compareTo(most.add(burst)) <= 0, moved + " at " + rate);
        // Less than a nanosecond and a piece are lost in a turn.
        long lostBytes = PIECE_BYTES + TURNS_MAX * (rate / SECOND_NANOS);
        BigInteger least = most.subtract(BigInteger.valueOf(lostBytes));
        assertTrue(moved.compareTo(least) >= 0, moved + " at " + rate);
    }

    /** A datagram can't be cut: what is too much of it is missing afterwards. */
    @Test
    void debtIsPaid() {
        Pace pace = new Pace(1000, 0);
        pace.spend(2125);
        assertEquals(0, pace.allowance(SECOND_NANOS));
        assertEquals(0, pace.allowance(2 * SECOND_NANOS));
        assertEquals(125, pace.allowance(2 * SECOND_NANOS + SECOND_NANOS / 8));
    }
}
