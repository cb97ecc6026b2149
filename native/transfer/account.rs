//! What a transfer has done: bytes, mechanisms, fallbacks, system calls. Nothing in it is guessed.

use nix::errno::Errno;

use crate::mechanism::{Mechanism, MechanismSet};

/// The books of one transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Bytes that the target has accepted.
    pub delivered: u64,
    /// The mechanisms that moved at least one byte.
    pub mechanisms: MechanismSet,
    /// The last fallback, with its cause.
    pub fallback: Option<Fallback>,
    /// System calls made by the mechanisms, those that moved nothing included.
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
