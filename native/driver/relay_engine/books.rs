//! What one direction of a relay has done, over all transfers that it had one after the other.

use crate::kernel::Kernel;
use crate::mechanism::{Mechanism, MechanismSet};
use crate::transfer::{Fallback, Transfer};

/// What a direction has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// Bytes that the target has accepted, those of the preface included.
    pub delivered: u64,
    /// Bytes that were taken from the source, and those of the preface.
    pub consumed: u64,
    /// Of those that were delivered, how many were written out of memory: copied, or of the preface.
    /// All others were spliced.
    pub copied: u64,
    /// The mechanisms that moved at least one byte.
    pub mechanisms: MechanismSet,
    /// Each mechanism that was left for another, once for each cause.
    pub fallbacks: Vec<Fallback>,
}

impl Books {
    /// How many bytes this mechanism has delivered.
    pub fn delivered_by(&self, mechanism: Mechanism) -> u64 {
        match mechanism {
            Mechanism::Copy => self.copied,
            Mechanism::Splice => self.delivered - self.copied,
            _ => 0,
        }
    }

    /// Adds what a step has done since `before`, which is returned.
    ///
    /// Which mechanism has delivered is exact: a step writes what is left of the preface, then falls
    /// back as often as it has to, and leaves with the first bytes that the target accepts. So those of
    /// the source were delivered by the mechanism at which the transfer has arrived, also those that
    /// another one took: the rest of a pipe that the target does not splice is written.
    pub(super) fn add<K: Kernel>(&mut self, transfer: &Transfer<K>, before: Sums) -> Sums {
        let done = Sums::of(transfer).since(before);
        self.consumed += done.consumed;
        self.count(Mechanism::Copy, done.of_preface);
        if done.of_source > 0 {
            self.count(transfer.mechanism().expect("one that delivers"), done.of_source);
        }
        for fallback in &transfer.account().fallbacks {
            if !self.fallbacks.contains(fallback) {
                self.fallbacks.push(*fallback);
            }
        }
        done
    }

    fn count(&mut self, mechanism: Mechanism, bytes: u64) {
        if bytes == 0 {
            return;
        }
        self.delivered += bytes;
        self.mechanisms = self.mechanisms.with(mechanism);
        match mechanism {
            Mechanism::Copy => self.copied += bytes,
            Mechanism::Splice => {}
            _ => unreachable!("{mechanism:?} between sockets"),
        }
    }
}

/// How far a transfer has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// Delivered bytes of the preface, which is the header of the transfer.
    of_preface: u64,
    /// Delivered bytes of the source.
    of_source: u64,
    /// Bytes that were taken from the source.
    pub(super) consumed: u64,
}

impl Sums {
    pub(super) fn of<K: Kernel>(transfer: &Transfer<K>) -> Sums {
        let account = transfer.account();
        Sums {
            of_preface: transfer.header_sent_bytes(),
            of_source: account.delivered,
            consumed: account.consumed,
        }
    }

    pub(super) fn delivered(self) -> u64 {
        self.of_preface + self.of_source
    }

    fn since(self, before: Sums) -> Sums {
        Sums {
            of_preface: self.of_preface - before.of_preface,
            of_source: self.of_source - before.of_source,
            consumed: self.consumed - before.consumed,
        }
    }
}
