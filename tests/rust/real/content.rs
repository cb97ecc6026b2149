//! The bytes that are sent. What arrives is compared with them and not hashed: memcmp(3) is faster
//! than any hash, and it says where the first difference is.

use std::ops::Range;
use std::sync::OnceLock;

/// The longest content that any test sends.
pub const CONTENT_BYTES: usize = 64 << 20;

/// What reads as zeros in [`with_holes`]: whole pages, so that file systems can leave them out.
pub const HOLES: [Range<usize>; 2] = [65_536..196_608, (2 << 20)..CONTENT_BYTES - (1 << 20)];

/// Bytes that repeat nowhere: the numbers of a linear congruential generator with a period of 2^64.
pub fn dense() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let mut state = 1_u64;
        let mut bytes = Vec::with_capacity(CONTENT_BYTES);
        while bytes.len() < CONTENT_BYTES {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes.extend_from_slice(&(state ^ (state >> 32)).to_le_bytes());
        }
        bytes
    })
}

/// The same with zeros in [`HOLES`].
pub fn with_holes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let mut bytes = dense().to_vec();
        for hole in HOLES {
            bytes[hole].fill(0);
        }
        bytes
    })
}

/// Says where `got` differs from `expected`, which it must not.
pub fn assert_same(got: &[u8], expected: &[u8], what: &dyn std::fmt::Debug) {
    if got != expected {
        let place = got.iter().zip(expected).position(|(ours, theirs)| ours != theirs);
        let (got, expected) = (got.len(), expected.len());
        panic!("{what:?}: first difference at {place:?}; {got} bytes, expected {expected}");
    }
}
