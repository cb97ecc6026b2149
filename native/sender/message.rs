//! A message: as it is given to a sender, on its way, and when it has ended.

use nix::errno::Errno;

use super::policy::Causes;

/// What a message that is given to the sender looks like.
#[derive(Debug)]
pub struct Submission<M> {
    /// Its memory.
    pub memory: M,
    /// How much of it is sent, from its beginning.
    pub bytes: usize,
    /// UDP only: the kernel cuts the message into datagrams of this size.
    pub segment_bytes: Option<u16>,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was taken, and its memory is free.
    Sent,
    /// The rest of it could not be sent; its memory is free.
    Failed(Errno),
    /// The rest of it was withdrawn; its memory is free.
    Withdrawn,
    /// The sender has ended before the kernel reported the completion: the kernel may still read
    /// the memory.
    Abandoned,
}

/// A message that has ended.
#[derive(Debug)]
pub struct Finished<M> {
    /// Its number, as [`super::Sender::submit`] gave it.
    pub number: u64,
    /// Its memory.
    pub memory: M,
    /// How it ended.
    pub outcome: Outcome,
    /// The bytes that the kernel took.
    pub bytes: usize,
    /// Those of them that were sent without a copy.
    pub zero_copy_bytes: usize,
    /// Why the others were not.
    pub causes: Causes,
}

/// A message on its way.
#[derive(Debug)]
pub(super) struct Message<M> {
    pub(super) submission: Submission<M>,
    /// How much of it the kernel has taken.
    pub(super) accepted: usize,
    /// How many calls of it are not complete.
    pub(super) flights: usize,
    pub(super) zero_copy_bytes: usize,
    pub(super) causes: Causes,
    /// Why no more of it is sent.
    pub(super) stopped: Option<Outcome>,
}

impl<M> Message<M> {
    pub(super) fn new(submission: Submission<M>) -> Message<M> {
        Message {
            submission,
            accepted: 0,
            flights: 0,
            zero_copy_bytes: 0,
            causes: Causes::NONE,
            stopped: None,
        }
    }

    /// How much of it the kernel has not taken.
    pub(super) fn left(&self) -> usize {
        self.submission.bytes - self.accepted
    }

    pub(super) fn finish(self, number: u64, outcome: Outcome) -> Finished<M> {
        Finished {
            number,
            memory: self.submission.memory,
            outcome,
            bytes: self.accepted,
            zero_copy_bytes: self.zero_copy_bytes,
            causes: self.causes,
        }
    }
}
