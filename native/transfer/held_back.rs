//! What a TCP stream holds back, up to 200 ms long, because more is to come: behind a header that was
//! sent with MSG_MORE, and behind a file whose end sendfile(2) was asked past.
//!
//! sendfile(2) sends each of its pieces but the last as if by MSG_MORE. Up to Linux 6.4 a call that is
//! asked for more than there is never gets to the last one, and what fills no segment waits, also with
//! TCP_NODELAY. The count is held against the size of a file that has one, but a file without one ends
//! where nobody knows, and each other one can shrink under the call.

use super::{End, Transfer};
use crate::kernel::Kernel;
use crate::mechanism::{Attempt, Mechanism, TargetKind, sendfile};

/// What the target may hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeldBack {
    #[default]
    Nothing,
    /// Bytes that more was promised to follow.
    ForMore,
    /// The same, but the target was full. It becomes ready by sending, so a caller who comes back for
    /// that loses nothing.
    WhileFull,
}

impl<K: Kernel> Transfer<K> {
    /// Sends up to `count` bytes of the file, and notes whether what was sent may be held back.
    pub(super) fn send_file(&mut self, kernel: &K, count: u64) -> Attempt {
        let calls = &mut self.account.system_calls;
        let attempt = sendfile::step(kernel, self.source, self.target, count, calls);
        self.held_back = match attempt {
            Attempt::Moved(moved) if moved == count => HeldBack::Nothing,
            // Either the target is full, which the next step finds out, or the file has ended. What
            // was sent of it was sent by this transfer or by an earlier one, which is gone.
            Attempt::Moved(_) | Attempt::Ended => HeldBack::ForMore,
            Attempt::WouldBlock(_) if self.account.delivered > 0 => match self.held_back {
                HeldBack::Nothing => HeldBack::Nothing,
                HeldBack::ForMore | HeldBack::WhileFull => HeldBack::WhileFull,
            },
            _ => self.held_back,
        };
        attempt
    }

    /// To be called where an earlier transfer, which is gone, arrived at `mechanism`: nobody knows any
    /// more whether it was asked past the end.
    pub(super) fn was_maybe_asked_past_the_end(&mut self, mechanism: Mechanism) {
        if mechanism == Mechanism::Sendfile {
            self.held_back = HeldBack::ForMore;
        }
    }

    /// Whether the last sendfile(2) may have been asked past the end of the file, because nobody has
    /// looked at its size.
    pub(crate) fn may_wait_past_end(&self) -> bool {
        self.target.kind == TargetKind::TcpStream
            && self.mechanism() == Some(Mechanism::Sendfile)
            && self.remaining > 0
            && !self.knows_size
    }

    /// The source has no more bytes. A sendfile(2) that was asked for more than there were has let the
    /// last ones wait for them.
    pub(crate) fn end_source(&mut self) {
        self.remaining = 0;
        self.end = End::SourceEnded;
        if self.account.mechanisms.contains(Mechanism::Sendfile) {
            self.held_back = HeldBack::ForMore;
        }
    }

    /// Sends what the target holds back for more. To be called where a transfer is left for good before
    /// its end; a step that fails or ends does it by itself.
    ///
    /// Setting TCP_NODELAY sends what is held back even where it was set before, see tcp(7).
    pub fn settle(&mut self, kernel: &K) {
        let held_back = std::mem::take(&mut self.held_back);
        if held_back == HeldBack::Nothing || self.target.kind != TargetKind::TcpStream {
            return;
        }
        // A target that refuses these is gone, and there is nobody to send to.
        let fd = self.target.fd;
        self.account.system_calls += 1;
        let Ok(was_set) = kernel.tcp_no_delay(fd) else { return };
        self.account.system_calls += 1;
        if kernel.set_tcp_no_delay(fd, true).is_ok() && !was_set {
            self.account.system_calls += 1;
            let _ = kernel.set_tcp_no_delay(fd, false);
        }
    }

    /// As [`Transfer::settle`], where the transfer is left until its ends are ready.
    pub fn settle_meanwhile(&mut self, kernel: &K) {
        if self.held_back == HeldBack::ForMore {
            self.settle(kernel);
        }
    }
}
