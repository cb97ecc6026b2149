//! What a transfer has done: bytes, mechanisms, fallbacks, system calls. Nothing in it is guessed.

use nix::errno::Errno;

use crate::mechanism::{Mechanism, MechanismSet};

/// The books of one transfer. A header and a trailer are not bytes of the source and not counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Bytes of the source that the target has accepted.
    pub delivered: u64,
    /// Bytes that were taken from the source. Above `delivered` by what stays with the transfer.
    pub consumed: u64,
    /// The mechanisms that moved at least one byte.
    pub mechanisms: MechanismSet,
    /// The mechanisms that were left for another, in their order; at most a plan's length.
    pub fallbacks: Vec<Fallback>,
    /// System calls made by the mechanisms, those that moved nothing included. Not counted is what
    /// only handles memory (madvise(2), munmap(2), the buffers of a ring) and what is reused: pipes.
    pub system_calls: u64,
}

/// A mechanism that could not serve the endpoints, and what the system said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// The mechanism that was left.
    pub mechanism: Mechanism,
    /// Why.
    pub errno: Errno,
}
