//! Bugs for the tests of the tests: the feature `planted-bug` compiles them in, and a test plants one
//! of them for its thread. Without the feature nothing of this exists.

use std::cell::Cell;

use nix::errno::Errno;

use super::Transfer;
use crate::kernel::{Kernel, Side};
use crate::mechanism::{Attempt, SourceKind};

/// A bug that the property test has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// What a target does not take of a pipe at once is forgotten, and the pipe given back as empty.
    RestOfPipeDropped,
    /// The offset moves although the call was interrupted.
    OffsetLostOnInterruption,
    /// The last byte is sent again after the target took nothing.
    SentTwiceOnWouldBlock,
    /// The 0 that is read of a connection after it was closed by force is taken for an end.
    EndBelievedOfClosedChannel,
    /// The count is held against the size of the file and not against what is left behind the offset.
    WrongClamp,
    /// A relay whose target is full takes its source for dry, and waits for an event that has come.
    FullTakenForDry,
    /// A relay takes a short read for the last one although the end of the stream is behind it.
    ShortReadTrusted,
    /// A relay passes the end of a stream on while bytes are still on their way.
    EndBeforeLastByte,
    /// A relay that its pace has stopped never goes on.
    PauseWithoutEnd,
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// From now on the transfers of this thread have the bug.
pub fn plant(bug: Bug) {
    PLANTED.set(Some(bug));
}

/// Whether this thread has the bug.
pub(crate) fn is_planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// How much of a file is taken to be there.
pub(crate) fn available(available: u64, size: u64) -> u64 {
    if PLANTED.get() == Some(Bug::WrongClamp) { size } else { available }
}

impl<K: Kernel> Transfer<K> {
    /// What the transfer takes the answer of a mechanism for.
    pub(super) fn misread(&mut self, attempt: Attempt) -> Attempt {
        let is_file = self.source.kind == SourceKind::File;
        match (PLANTED.get(), attempt) {
            (Some(Bug::RestOfPipeDropped), Attempt::Moved(moved))
                if self.carry.buffered().is_empty() =>
            {
                let rest = self.carry.piped().map_or(0, |(_, bytes)| bytes.saturating_sub(moved));
                // Only the part that is moved is written down as delivered afterwards.
                self.carry.delivered(rest);
            }
            (Some(Bug::OffsetLostOnInterruption), Attempt::Interrupted)
                if is_file && self.remaining > 0 =>
            {
                self.source.offset += 1;
                self.remaining -= 1;
            }
            (Some(Bug::SentTwiceOnWouldBlock), Attempt::WouldBlock(Side::Target))
                if is_file && self.account.delivered > 0 =>
            {
                self.source.offset -= 1;
                self.remaining += 1;
            }
            (
                Some(Bug::EndBelievedOfClosedChannel),
                Attempt::Failed { errno: Errno::ECONNRESET, .. },
            ) => return Attempt::Ended,
            _ => {}
        }
        attempt
    }
}
