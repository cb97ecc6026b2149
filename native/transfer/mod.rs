//! The resumable state machine of one transfer. It owns all control flow: which mechanism, how
//! much, what a refusal means, what has been moved.
//!
//! A transfer keeps its state between steps, so that any driver can leave and come back: a selector
//! loop, a virtual thread that parks in Java, a loop that blocks. It never waits itself.

mod account;
mod buffers;

use std::mem::MaybeUninit;

pub use account::{Account, Fallback};
use buffers::PooledBuffer;
use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::{Fd, Kernel, Side};
use crate::mechanism::{Attempt, Mechanism, Target, copy, sendfile};
use crate::plan::{Plan, SMALL_COPY_BYTES};
use crate::probe::Memory;

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This many bytes, never 0, were delivered. There may be more.
    Moved(u64),
    /// This side has to become ready before the next step.
    Wait(Side),
    /// The transfer is over.
    Done(End),
    /// A signal came. The driver decides whether to go on.
    Interrupted,
}

/// How a transfer ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All bytes that were asked for were delivered.
    Complete,
    /// The source had fewer bytes than were asked for; all it had were delivered.
    SourceEnded,
}

/// A file that is read at an offset. Reading at an offset can be repeated, so bytes that were read
/// and not delivered are never lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSource {
    /// The descriptor.
    pub fd: Fd,
    /// Where the next byte comes from.
    pub offset: u64,
}

/// One transfer from a file.
#[derive(Debug)]
pub struct Transfer {
    source: FileSource,
    target: Target,
    remaining: u64,
    /// How it ends when nothing remains: the count may have been clamped to the source's size.
    end: End,
    plan: Plan,
    choice: usize,
    account: Account,
}

impl Transfer {
    /// A transfer of `count` bytes by `plan`. `end` is how it ends when all of them are delivered.
    pub fn new(source: FileSource, target: Target, count: u64, end: End, plan: Plan) -> Transfer {
        Transfer {
            source,
            target,
            remaining: count,
            end,
            plan,
            choice: 0,
            account: Account::default(),
        }
    }

    /// Goes on with `mechanism`, at which an earlier transfer between the same endpoints arrived.
    pub fn resume_with(&mut self, mechanism: Mechanism) {
        if let Some(index) = self.plan.index_of(mechanism) {
            self.choice = index;
        }
    }

    /// The mechanism of the next step, at which the transfer has arrived.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.plan.choice(self.choice).map(|choice| choice.mechanism)
    }

    /// What was moved until now, and how.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Makes one step of at most `budget` bytes. It blocks only where the descriptors do.
    ///
    /// After an error or [`Step::Done`] everything delivered is in [`Transfer::account`]; another
    /// step after an error tries again from the first byte that was not delivered.
    pub fn step<K: Kernel>(
        &mut self,
        kernel: &K,
        memory: &Memory,
        budget: u64,
    ) -> Result<Step, Error> {
        assert!(budget > 0, "a step needs a budget");
        if self.remaining == 0 {
            return Ok(Step::Done(self.end));
        }
        // Ends: each turn leaves the function or moves on to the next choice of a finite plan.
        loop {
            let Some(choice) = self.plan.choice(self.choice) else {
                return Err(Error::Unsupported(
                    "no mechanism that may be used serves this transfer",
                ));
            };
            let count = self.remaining.min(budget).min(sendfile::CALL_BYTES_MAX);
            match self.attempt(kernel, choice.mechanism, count) {
                Attempt::Moved(moved) => {
                    self.moved(choice.mechanism, moved, count);
                    return Ok(Step::Moved(moved));
                }
                Attempt::WouldBlock(side) => return Ok(Step::Wait(side)),
                Attempt::Ended => return Ok(Step::Done(End::SourceEnded)),
                Attempt::Interrupted => {
                    #[cfg(feature = "planted-bug")]
                    {
                        self.source.offset += 1;
                        self.remaining -= 1;
                    }
                    return Ok(Step::Interrupted);
                }
                Attempt::Unsupported { errno, call } => {
                    let mechanism = choice.mechanism;
                    memory.note(kernel, mechanism, errno);
                    if !self.fall_back(mechanism, errno) {
                        return Err(Error::System { errno, call, mechanism: Some(mechanism) });
                    }
                }
                Attempt::Failed { errno, call } => {
                    return Err(Error::System { errno, call, mechanism: Some(choice.mechanism) });
                }
            }
        }
    }

    fn attempt<K: Kernel>(&mut self, kernel: &K, mechanism: Mechanism, count: u64) -> Attempt {
        let FileSource { fd, offset } = self.source;
        let calls = &mut self.account.system_calls;
        match mechanism {
            Mechanism::Sendfile => sendfile::step(kernel, fd, offset, self.target, count, calls),
            Mechanism::Copy if count <= SMALL_COPY_BYTES => {
                let mut buffer = [MaybeUninit::uninit(); SMALL_COPY_BYTES as usize];
                copy::step(kernel, fd, offset, self.target, count, &mut buffer, calls)
            }
            Mechanism::Copy => {
                let mut buffer = PooledBuffer::take();
                copy::step(kernel, fd, offset, self.target, count, buffer.bytes(), calls)
            }
        }
    }

    fn moved(&mut self, mechanism: Mechanism, moved: u64, asked: u64) {
        assert!(moved > 0 && moved <= asked, "{moved} bytes moved of {asked} asked for");
        self.source.offset += moved;
        if let Some(offset) = &mut self.target.offset {
            *offset += moved;
        }
        self.remaining -= moved;
        self.account.delivered += moved;
        self.account.mechanisms = self.account.mechanisms.with(mechanism);
    }

    /// Moves on to the next mechanism of the plan. `false` where this was the last one.
    fn fall_back(&mut self, mechanism: Mechanism, errno: Errno) -> bool {
        if self.plan.choice(self.choice + 1).is_none() {
            return false;
        }
        self.choice += 1;
        self.account.fallback = Some(Fallback { mechanism, errno });
        true
    }
}
