//! Taking more from a stream while the target is full: what waits in the pipe need not wait in the
//! source, so that its peer can go on to something else.
//!
//! Measured behind a proxy, 64 connections with answers of 1 MiB: a server whose answer fits in socket
//! buffers and pipe is woken less often, which is a third more answers in a second.

use super::{Transfer, failed};
use crate::error::Error;
use crate::kernel::Kernel;
use crate::mechanism::{Attempt, CALL_BYTES_MAX, Mechanism, splice};

/// What came of taking more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopUp {
    /// So many bytes are in the pipe beside those that were.
    Taken(u64),
    /// Nothing: there is no pipe with bytes and room, or the source has none now, or has ended.
    Nothing,
    /// The source has failed. That is said once, and is to be remembered until the pipe is empty.
    Failed(Error),
}

impl<K: Kernel> Transfer<K> {
    /// Whether the next bytes for the target are in a pipe of ours.
    pub fn has_piped_bytes(&self) -> bool {
        self.carry.pipe_to_top_up().is_some()
    }

    /// Takes more into a pipe that has bytes in it. For a driver that has met a target that is full.
    pub fn top_up(&mut self, kernel: &K) -> TopUp {
        let Some((write_end, room)) = self.carry.pipe_to_top_up() else { return TopUp::Nothing };
        let count = room.min(self.remaining).min(CALL_BYTES_MAX);
        if count == 0 || self.mechanism() != Some(Mechanism::Splice) {
            return TopUp::Nothing;
        }
        let calls = &mut self.account.system_calls;
        match splice::top_up(kernel, self.source, write_end, count, calls) {
            Attempt::Moved(moved) => {
                self.carry.pipe_filled(moved);
                self.consumed(moved);
                TopUp::Taken(moved)
            }
            Attempt::Ended => {
                self.end_source();
                TopUp::Nothing
            }
            Attempt::Failed { errno, call } => {
                TopUp::Failed(failed(errno, call, Mechanism::Splice))
            }
            // What does not take these bytes is found out when the pipe is empty.
            Attempt::WouldBlock(_) | Attempt::Interrupted | Attempt::Unsupported { .. } => {
                TopUp::Nothing
            }
        }
    }
}
