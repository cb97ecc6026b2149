//! Targets with O_DIRECT, which take whole blocks only: every block is delivered, and what is left
//! behind the last one is an error that says so.
//!
//! To write the rest in another way its file would have to be opened again, which drops the record
//! locks of the process, or the flag to be taken away, which belongs to the user and to everybody who
//! shares the descriptor. So it is left to the user, who has been told where it begins.
//!
//! Nothing of this costs a call before something was refused.

use nix::errno::Errno;

use super::{Transfer, failed};
use crate::error::Error;
use crate::kernel::{Call, Kernel};
use crate::mechanism::Mechanism;

/// What a file system that does not say wants at most.
const BLOCK_BYTES_MAX: u64 = 4096;

/// What is known of the blocks of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blocks {
    /// It has refused nothing, so nobody has asked.
    #[default]
    NotAsked,
    /// It takes any count of bytes.
    Any,
    /// It takes blocks of so many bytes.
    Whole(u64),
}

impl<K: Kernel> Transfer<K> {
    /// Whether the target, which has refused something with `errno`, turns out to take whole blocks
    /// only. Then the same can be tried again with whole blocks.
    pub(super) fn finds_blocks(&mut self, kernel: &K, errno: Errno) -> bool {
        let is_asked =
            errno == Errno::EINVAL && self.target.kind.is_file() && self.blocks == Blocks::NotAsked;
        if !is_asked {
            return false;
        }
        self.account.system_calls += 1;
        let is_direct = kernel.status_flags(self.target.fd).is_ok_and(|flags| flags.is_direct);
        self.blocks = if is_direct {
            self.account.system_calls += 1;
            Blocks::Whole(kernel.block_bytes(self.target.fd).unwrap_or(BLOCK_BYTES_MAX))
        } else {
            Blocks::Any
        };
        is_direct
    }

    /// As many of `count` bytes as are whole blocks; all of them where they are less than one, or the
    /// target takes any.
    pub(super) fn whole_blocks(&self, count: u64) -> u64 {
        match self.blocks {
            Blocks::Whole(bytes) if count > bytes => count - count % bytes,
            _ => count,
        }
    }

    /// The error of `call`, which no other mechanism makes good.
    pub(super) fn refusal(
        &mut self,
        kernel: &K,
        (errno, call): (Errno, Call),
        mechanism: Mechanism,
    ) -> Error {
        let (Blocks::Whole(block_bytes), Errno::EINVAL) = (self.blocks, errno) else {
            return failed(errno, call, mechanism);
        };
        let offset = match self.target.offset {
            Some(offset) => Ok(offset),
            None => {
                self.account.system_calls += 1;
                kernel.position(self.target.fd)
            }
        };
        let left = if self.carry.is_empty() { self.remaining } else { self.carry.len() };
        let is_block = |offset: u64| offset % block_bytes == 0 && left % block_bytes == 0;
        match offset {
            // Something else was wrong.
            Ok(offset) if is_block(offset) => failed(errno, call, mechanism),
            Ok(offset) => Error::NoBlock { call, mechanism, offset, block_bytes },
            Err(_) => failed(errno, call, mechanism),
        }
    }
}
