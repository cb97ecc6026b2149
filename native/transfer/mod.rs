//! The resumable state machine of one transfer. It owns all control flow: which mechanism, how
//! much, what a refusal means, what has been moved.
//!
//! A transfer keeps its state between steps, so that any driver can leave and come back: a selector
//! loop, a virtual thread that parks in Java, a loop that blocks. It never waits itself.
//!
//! | file | what it has |
//! |---|---|
//! | `mod.rs` | what a step comes to; the header and the trailer |
//! | `body.rs` | the bytes of the source: mechanisms, fallback, leftovers that are delivered first |
//! | `carry.rs` | what was taken from a source and not delivered yet |
//! | `top_up.rs` | taking more while the target is full |
//! | `held_back.rs` | what TCP holds back for more to come |
//! | `blocks.rs` | targets with O_DIRECT, which take whole blocks |
//! | `holes.rs` | holes of sparse files, from file to file |
//! | `account.rs`, `pace.rs` | the books; the limit on bytes a second |
//! | `pipes.rs`, `buffers.rs` | what is reused from transfer to transfer |

mod account;
mod blocks;
mod body;
mod buffers;
mod carry;
mod held_back;
mod holes;
mod pace;
pub mod pipes;
#[cfg(feature = "planted-bug")]
pub mod planted;
mod top_up;

use std::num::NonZeroU64;

pub use account::{Account, Fallback};
use blocks::Blocks;
use carry::Carry;
use held_back::HeldBack;
use holes::Holes;
use nix::errno::Errno;
pub use pace::Pace;
use pipes::PipePool;
pub use top_up::TopUp;

use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::mechanism::mapped::Window;
use crate::mechanism::{
    Attempt, Mechanism, Patience, Source, SourceKind, Target, TargetKind, write,
};
use crate::plan::Plan;
use crate::probe::Memory;

/// What the transfers of one process share.
#[derive(Debug, Default)]
pub struct Process {
    /// What is known not to work here.
    pub memory: Memory,
    /// The free pipes.
    pub pipes: PipePool,
}

impl Process {
    /// Nothing is known, and no pipe is open.
    pub const fn new() -> Process {
        Process { memory: Memory::new(), pipes: PipePool::new() }
    }

    /// As [`Process::new`], with a call of `on_idle` whenever a pipe was put into the pool.
    pub const fn watched(on_idle: fn()) -> Process {
        Process { memory: Memory::new(), pipes: PipePool::watched(on_idle) }
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The target has accepted this many bytes, never 0, those of a header and trailer included.
    /// There may be more.
    Moved(u64),
    /// This side has to become ready before the next step.
    Wait(Side),
    /// So many nanoseconds have to pass before the next step: the pace is limited.
    Pause(u64),
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

/// Everything that a transfer is made from.
#[derive(Debug)]
pub struct Setup {
    /// Where the bytes come from.
    pub source: Source,
    /// Whether the position of the source is moved on with what is delivered: it is a file, and is
    /// read at its position.
    pub moves_source_position: bool,
    /// Where they go.
    pub target: Target,
    /// How many, at most.
    pub count: u64,
    /// How it ends when all of them are delivered: the count may have been clamped to the source.
    pub end: End,
    /// Whether everything up to the end of the source was asked for, whatever it is.
    pub is_to_end: bool,
    /// The mechanisms to try.
    pub plan: Plan,
    /// What may be slept on.
    pub patience: Patience,
    /// Goes before the bytes of the source.
    pub header: Box<[u8]>,
    /// Goes behind the bytes of the source, where all of them were delivered.
    pub trailer: Box<[u8]>,
    /// The most that one step moves.
    pub chunk_bytes: Option<NonZeroU64>,
    /// The most that is moved in a second.
    pub bytes_per_second: Option<NonZeroU64>,
    /// Whether the source is a file that knows its size, to which the count was clamped.
    pub knows_size: bool,
    /// Whether holes of the source are looked for and left out.
    pub is_sparse: bool,
}

/// One transfer.
#[derive(Debug)]
pub struct Transfer<K: Kernel> {
    source: Source,
    moves_source_position: bool,
    target: Target,
    remaining: u64,
    end: End,
    is_to_end: bool,
    knows_size: bool,
    plan: Plan,
    choice: usize,
    patience: Patience,
    stage: Stage,
    header: Part,
    trailer: Part,
    held_back: HeldBack,
    chunk_bytes: u64,
    pace: Option<Pace>,
    carry: Carry,
    /// The last read of a stream has left room in the buffer.
    has_read_short: bool,
    window: Option<Window<K::Mapping>>,
    /// In memory of its own: it is large, seldom there, and a transfer is moved before its first step.
    direct: Option<Box<K::DirectFile>>,
    /// Up to where the kernel was asked to read ahead, where that is done in place of direct reads.
    advised_to: Option<u64>,
    holes: Option<Holes>,
    blocks: Blocks,
    account: Account,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The header and the bytes of the source.
    Body,
    Trailer,
    Over,
}

/// Bytes of the caller's that go before or behind those of the source.
#[derive(Debug)]
struct Part {
    bytes: Box<[u8]>,
    sent: usize,
}

impl Part {
    fn new(bytes: Box<[u8]>) -> Part {
        Part { bytes, sent: 0 }
    }

    fn left(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn is_sent(&self) -> bool {
        self.sent == self.bytes.len()
    }
}

impl<K: Kernel> Transfer<K> {
    /// A transfer that has not moved anything yet.
    pub fn new(kernel: &K, setup: Setup) -> Transfer<K> {
        let pace = setup.bytes_per_second.map(|rate| Pace::new(rate, kernel.now_ns()));
        Transfer {
            source: setup.source,
            moves_source_position: setup.moves_source_position,
            target: setup.target,
            remaining: setup.count,
            end: setup.end,
            is_to_end: setup.is_to_end,
            knows_size: setup.knows_size,
            plan: setup.plan,
            choice: 0,
            patience: setup.patience,
            stage: Stage::Body,
            header: Part::new(setup.header),
            trailer: Part::new(setup.trailer),
            held_back: HeldBack::Nothing,
            chunk_bytes: setup.chunk_bytes.map_or(u64::MAX, NonZeroU64::get),
            pace,
            carry: Carry::default(),
            has_read_short: false,
            window: None,
            direct: None,
            advised_to: None,
            holes: setup.is_sparse.then(Holes::default),
            blocks: Blocks::default(),
            account: Account::default(),
        }
    }

    /// Begins with `mechanism`, at which an earlier transfer between the same endpoints arrived.
    pub fn resume_with(&mut self, mechanism: Mechanism) {
        if let Some(index) = self.plan.index_of(mechanism) {
            self.choice = index;
        }
        self.was_maybe_asked_past_the_end(mechanism);
    }

    /// The mechanism of the next step, at which the transfer has arrived.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.plan.choice(self.choice).map(|choice| choice.mechanism)
    }

    /// The mechanisms it may take, and why.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was moved until now, and how.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Whether the last read into a buffer has found less than there was room for.
    pub fn has_read_short(&self) -> bool {
        self.has_read_short
    }

    /// How much of the header the target has accepted, which the account leaves out.
    pub fn header_sent_bytes(&self) -> u64 {
        self.header.sent as u64
    }

    /// Where the next byte comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where the next byte goes.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How many bytes are still to be taken from the source, at most.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// The two descriptors, for a driver that waits for a side.
    pub fn side_fd(&self, side: Side) -> Fd {
        match side {
            Side::Source => self.source.fd,
            Side::Target => self.target.fd,
        }
    }

    /// Whether the next step may sleep on the target although it must not: no flag keeps
    /// sendfile(2) and splice(2) from sleeping on a socket in blocking mode.
    pub fn may_sleep_on_target(&self) -> bool {
        let is_stream =
            matches!(self.target.kind, TargetKind::TcpStream | TargetKind::UnixStream { .. });
        is_stream && self.target.is_blocking && self.patience == Patience::Return
    }

    /// Looks again whether the ends are in blocking mode, for a driver that comes back after a while
    /// and has `patience` now.
    pub fn look_again(&mut self, kernel: &K, patience: Patience) -> Result<(), Error> {
        self.patience = patience;
        let must_return = patience == Patience::Return;
        let is_blocking = |fd| match kernel.status_flags(fd) {
            Ok(flags) => Ok(!flags.is_non_blocking),
            Err(errno) => Err(Error::looking(errno, Call::Fcntl)),
        };
        self.source.is_blocking =
            must_return && self.source.kind != SourceKind::File && is_blocking(self.source.fd)?;
        self.target.is_blocking =
            must_return && !self.target.kind.is_file() && is_blocking(self.target.fd)?;
        Ok(())
    }

    /// Makes one step of at most `budget` bytes.
    ///
    /// After an error or [`Step::Done`] everything is in [`Transfer::account`]. Another step after
    /// an error tries again from the first byte that was not delivered.
    pub fn step(&mut self, kernel: &K, process: &Process, budget: u64) -> Result<Step, Error> {
        assert!(budget > 0, "a step needs a budget");
        if self.stage == Stage::Over {
            return Ok(Step::Done(self.end));
        }
        let mut budget = budget.min(self.chunk_bytes);
        if let Some(pace) = &mut self.pace {
            match pace.allowance(kernel.now_ns()) {
                Ok(bytes) => budget = budget.min(bytes),
                Err(wait_ns) => return Ok(Step::Pause(wait_ns)),
            }
        }
        let step = self.step_in_stage(kernel, process, budget);
        match step {
            Ok(Step::Moved(moved)) => {
                if let Some(pace) = &mut self.pace {
                    pace.spend(moved);
                }
            }
            Ok(Step::Done(_)) | Err(_) => self.settle(kernel),
            Ok(Step::Wait(_) | Step::Pause(_) | Step::Interrupted) => {}
        }
        step
    }

    /// How many bytes were taken from the source and not delivered.
    pub fn undelivered_bytes(&self) -> u64 {
        self.carry.len()
    }

    /// Takes out bytes that were taken from the source and not delivered, the oldest first, as many
    /// as fit into `into`: 0 only where none is left.
    pub fn drain_undelivered(&mut self, kernel: &K, into: &mut [u8]) -> Result<usize, Errno> {
        self.carry.drain(kernel, into)
    }

    /// Gives away everything that was taken from the source and not delivered, as a descriptor to be
    /// read to its end and closed by the caller; `None` where there is nothing.
    pub fn give_away_undelivered(
        &mut self,
        kernel: &K,
        process: &Process,
    ) -> Result<Option<Fd>, Errno> {
        self.carry.give_away(kernel, &process.pipes)
    }

    /// Gives back everything that is reused by later transfers. What was not delivered is lost then,
    /// so it has to be drained before. The transfer must not be stepped any more.
    pub fn close(&mut self, kernel: &K, process: &Process) {
        self.settle(kernel);
        self.stage = Stage::Over;
        self.carry.close(kernel, &process.pipes);
        self.window = None;
        self.direct = None;
    }

    fn step_in_stage(&mut self, kernel: &K, process: &Process, budget: u64) -> Result<Step, Error> {
        // Ends: each turn leaves or moves on to a later one of three stages.
        loop {
            match self.stage {
                Stage::Body => match self.move_body(kernel, process, budget)? {
                    Some(step) => return Ok(step),
                    None => self.stage = Stage::Trailer,
                },
                Stage::Trailer if self.trailer.is_sent() || self.is_cut_short() => {
                    self.stage = Stage::Over;
                }
                Stage::Trailer => return self.send_trailer(kernel),
                Stage::Over => return Ok(Step::Done(self.end)),
            }
        }
    }

    /// A trailer behind half of what was asked for would be taken for the rest of it.
    fn is_cut_short(&self) -> bool {
        self.end == End::SourceEnded && !self.is_to_end
    }

    fn send_trailer(&mut self, kernel: &K) -> Result<Step, Error> {
        let calls = &mut self.account.system_calls;
        let bytes = self.trailer.left();
        let attempt = write::write(kernel, self.target, bytes, &[], self.patience, calls);
        part_sent(attempt, &mut self.trailer, &mut self.target)
    }

    /// Writes what is left of the header.
    fn send_header(&mut self, kernel: &K) -> Result<Step, Error> {
        let more = self.source_follows();
        let calls = &mut self.account.system_calls;
        let bytes = self.header.left();
        let attempt = if more {
            write::send_more(kernel, self.target, bytes, self.patience, calls)
        } else {
            write::write(kernel, self.target, bytes, &[], self.patience, calls)
        };
        let step = part_sent(attempt, &mut self.header, &mut self.target)?;
        if more && matches!(step, Step::Moved(_)) {
            self.held_back = HeldBack::ForMore;
        }
        Ok(step)
    }

    /// Whether the header goes out by the same write as the first bytes of the file.
    fn joins_header(&self) -> bool {
        self.source.kind == SourceKind::File
            && !self.target.kind.is_file()
            && self.remaining > 0
            && self.mechanism() == Some(Mechanism::Copy)
    }

    /// Whether bytes of the source are certain to follow at once, so that they can share a segment
    /// with the header. Of streams nobody knows, and neither of files without a size.
    fn source_follows(&self) -> bool {
        self.source.kind == SourceKind::File
            && self.target.kind == TargetKind::TcpStream
            && self.remaining > 0
            && self.knows_size
    }
}

/// What the write of a part of the caller's came to.
fn part_sent(attempt: Attempt, part: &mut Part, target: &mut Target) -> Result<Step, Error> {
    match attempt {
        Attempt::Moved(moved) => {
            let count = usize::try_from(moved).expect("no more than the part has");
            assert!(count <= part.left().len(), "{count} bytes of a part that has fewer");
            part.sent += count;
            if let Some(offset) = &mut target.offset {
                *offset += moved;
            }
            Ok(Step::Moved(moved))
        }
        Attempt::WouldBlock(side) => Ok(Step::Wait(side)),
        Attempt::Interrupted => Ok(Step::Interrupted),
        Attempt::Unsupported { errno, call } | Attempt::Failed { errno, call } => {
            Err(failed(errno, call, Mechanism::Copy))
        }
        Attempt::Ended => unreachable!("a write does not end"),
    }
}

/// The error of a call of the mechanism at which the transfer is.
fn failed(errno: Errno, call: Call, mechanism: Mechanism) -> Error {
    Error::System { errno, call, mechanism: Some(mechanism) }
}
