//! A limit on bytes a second, as a token bucket.

use std::num::NonZeroU64;

const SECOND_NS: u64 = 1_000_000_000;

/// Below this it is waited rather than moved: a wait and a system call cost as much as 64 KiB.
const PIECE_BYTES_MIN: u64 = 64 << 10;

/// How much may be moved now. The bucket holds an eighth of a second.
#[derive(Debug)]
pub struct Pace {
    bytes_per_second: u64,
    capacity_bytes: u64,
    tokens: u64,
    filled_ns: u64,
    /// What was earned of the next byte, in billionths of it.
    part: u64,
}

impl Pace {
    /// A bucket that is full at `now_ns`.
    pub fn new(bytes_per_second: NonZeroU64, now_ns: u64) -> Pace {
        let bytes_per_second = bytes_per_second.get();
        let capacity_bytes = (bytes_per_second / 8).max(1);
        Pace {
            bytes_per_second,
            capacity_bytes,
            tokens: capacity_bytes,
            filled_ns: now_ns,
            part: 0,
        }
    }

    /// How many bytes may be moved at `now_ns`, or how long to wait until a piece may be.
    pub fn allowance(&mut self, now_ns: u64) -> Result<u64, u64> {
        self.fill(now_ns);
        let piece = PIECE_BYTES_MIN.min(self.capacity_bytes);
        if self.tokens >= piece {
            return Ok(self.tokens);
        }
        let missing = u128::from(piece - self.tokens);
        let wait = (missing * u128::from(SECOND_NS)).div_ceil(u128::from(self.bytes_per_second));
        Err(u64::try_from(wait).unwrap_or(u64::MAX).max(1))
    }

    /// Takes what was moved out of the bucket.
    pub fn spend(&mut self, bytes: u64) {
        self.tokens = self.tokens.saturating_sub(bytes);
    }

    fn fill(&mut self, now_ns: u64) {
        let (rate, second) = (u128::from(self.bytes_per_second), u128::from(SECOND_NS));
        let elapsed_ns = u128::from(now_ns.saturating_sub(self.filled_ns));
        // What is no whole byte yet is kept. The bucket is looked at every few microseconds, and a
        // part of a byte that is earned twice each time adds up: to 5 MB in 10 s at 4.3 GB/s.
        let parts = elapsed_ns * rate + u128::from(self.part);
        let earned = parts / second;
        self.part = u64::try_from(parts % second).expect("less than a second");
        self.filled_ns = self.filled_ns.max(now_ns);
        let earned = u64::try_from(earned).unwrap_or(u64::MAX);
        self.tokens = self.tokens.saturating_add(earned).min(self.capacity_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: over time no more goes than the rate and one bucket. Method: a greedy mover that moves all
    /// it may and sleeps as it is told, for ten seconds of several rates.
    #[test]
    fn rate_is_kept_over_time() {
        for rate in [1, 7, 1000, 65_536, 10_000_000, u64::from(u32::MAX)] {
            let rate = NonZeroU64::new(rate).expect("no rate is 0");
            let mut pace = Pace::new(rate, 0);
            let (mut now_ns, mut moved) = (0, 0_u128);
            while now_ns < 10 * SECOND_NS {
                match pace.allowance(now_ns) {
                    Ok(bytes) => {
                        pace.spend(bytes);
                        moved += u128::from(bytes);
                    }
                    Err(wait_ns) => now_ns += wait_ns,
                }
            }
            let most = u128::from(rate.get()) * u128::from(now_ns) / u128::from(SECOND_NS);
            assert!(moved <= most + u128::from(rate.get() / 8) + 1, "{moved} at {rate}");
            assert!(moved + u128::from(PIECE_BYTES_MIN) >= most, "{moved} at {rate}");
        }
    }
}
