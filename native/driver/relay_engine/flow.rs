//! One direction of a relay: which bytes go now, by which mechanism, and how it ends.

use std::num::NonZeroU64;

use nix::errno::Errno;

use super::books::{Books, Sums};
use super::relay_socket::Socket;
use crate::error::Error;
use crate::kernel::{Call, Kernel, Side};
use crate::mechanism::{Mechanism, MechanismSet, Patience, Source, SourceKind, Target};
use crate::plan::{self, DirectReads, Question};
#[cfg(feature = "planted-bug")]
use crate::transfer::planted::{Bug, is_planted};
use crate::transfer::{End, Pace, Process, Setup, Step, TopUp, Transfer};

/// The first read of a turn. It goes through a buffer, and where it finds less than this the source
/// is dry, so that a message passes with one recv(2) and one send(2).
const MESSAGE_BYTES: u64 = 16 << 10;

/// A turn that moves less than this may have been that of a message.
const BULK_BYTES_MIN: u64 = 64 << 10;

/// After so many of them in a row the turns begin with a small read again. A server that answers with
/// much now and then is to be spliced from the first byte on: its answers were measured to take a fifth
/// longer where the first 16 KiB went ahead.
const SMALL_TURNS_MAX: u8 = 8;

/// What is copied in one piece. A reader that does not read keeps one for as long.
const COPY_BYTES_MAX: u64 = 256 << 10;

/// How one direction has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowEnd {
    /// The source has ended, and the target was told behind the last byte.
    Ended,
    /// The source has failed; it was reset, as a rule.
    SourceFailed(Error),
    /// The target takes no more; its peer is gone, as a rule.
    TargetFailed(Error),
    /// Nothing has moved in either direction for too long.
    IdleTimedOut,
    /// The relay has lasted as long as it may.
    TimedOut,
    /// The relay was closed, or its engine.
    Closed,
}

/// How a turn of one direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A side has to become ready, or the direction has ended.
    Rests,
    /// There is more to do than the budget allowed.
    Spent,
    /// So many nanoseconds have to pass: the pace is limited.
    Pause(u64),
}

/// One direction, between its turns.
#[derive(Debug)]
pub struct Flow<K: Kernel> {
    /// Where something is on its way. What rests needs none, so that an idle relay holds nothing but
    /// its two sockets.
    transfer: Option<Box<Transfer<K>>>,
    preface: Box<[u8]>,
    allowed: MechanismSet,
    pace: Option<Box<Pace>>,
    stride: Stride,
    /// There may be more to take into a pipe with bytes in it, for which the target has no room.
    may_top_up: bool,
    /// The source has failed behind the bytes in the pipe.
    late_failure: Option<Error>,
    books: Books,
    end: Option<FlowEnd>,
}

/// What the last turns say of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stride {
    /// Begin with a small read.
    Message,
    /// Splice. Of late there were so many turns in a row that have moved little.
    Bulk(u8),
}

impl<K: Kernel> Flow<K> {
    /// A direction that has not moved anything, and sends `preface` first.
    pub fn new(preface: Box<[u8]>, allowed: MechanismSet) -> Flow<K> {
        let books = Books { consumed: preface.len() as u64, ..Books::default() };
        Flow {
            transfer: None,
            preface,
            allowed,
            pace: None,
            stride: Stride::Message,
            may_top_up: false,
            late_failure: None,
            books,
            end: None,
        }
    }

    /// Limits the bytes that are moved in a second.
    pub fn limit(&mut self, bytes_per_second: NonZeroU64, now_ns: u64) {
        self.pace = Some(Box::new(Pace::new(bytes_per_second, now_ns)));
    }

    /// How it has ended, if it has.
    pub fn end(&self) -> Option<FlowEnd> {
        self.end
    }

    /// Whether a turn could move something, as far as is known.
    pub fn is_runnable(&self, from: &Socket, to: &Socket) -> bool {
        let may_move = to.is_writable && (from.is_readable || self.undelivered_bytes() > 0);
        self.end.is_none() && (may_move || self.tops_up(from))
    }

    /// Notes that there is something to read since the last look.
    pub fn note_source(&mut self) {
        self.may_top_up = true;
    }

    /// How many bytes were taken and not delivered.
    pub fn undelivered_bytes(&self) -> u64 {
        self.books.consumed - self.books.delivered
    }

    /// What was done until now.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Moves up to `budget` bytes from `from` to `to`, and ends the direction where the source does.
    pub fn turn(
        &mut self,
        kernel: &K,
        process: &Process,
        (from, to): (&mut Socket, &mut Socket),
        budget: u64,
    ) -> Turn {
        let mut moved = 0;
        // Ends: each round spends budget, fills a pipe, clears a readiness, or ends the direction; but
        // for signals, which an engine's thread has masked.
        let turn = loop {
            if !self.is_runnable(from, to) {
                break Turn::Rests;
            }
            if !to.is_writable {
                self.top_up(kernel);
                continue;
            }
            if self.undelivered_bytes() == 0 {
                if let Some(error) = self.late_failure.take() {
                    self.fail(error, (from, to));
                    continue;
                }
            }
            if moved >= budget {
                break Turn::Spent;
            }
            let most = match self.allowance(kernel, budget - moved) {
                Ok(most) => most,
                Err(nanos) => break Turn::Pause(nanos),
            };
            let step = self.step(kernel, process, (from, to), most);
            #[cfg(feature = "planted-bug")]
            self.misunderstand(kernel, &step, (from, to));
            match step {
                Ok(Step::Moved(count)) => {
                    moved += count;
                    self.may_top_up = true;
                }
                Ok(Step::Interrupted) => {}
                Ok(Step::Wait(Side::Source)) => from.is_dry(),
                Ok(Step::Wait(Side::Target)) => to.is_writable = false,
                Ok(Step::Pause(nanos)) => break Turn::Pause(nanos),
                Ok(Step::Done(_)) => self.end_behind_last_byte(kernel, (from, to)),
                Err(error) => self.fail(error, (from, to)),
            }
        };
        self.stride = self.stride.behind(moved);
        if self.undelivered_bytes() == 0 || self.end.is_some() {
            self.put_away(kernel, process);
        }
        turn
    }

    /// Ends the direction where it is, unless it has ended. What was not delivered is lost, and the
    /// books say how much that is.
    pub fn finish(&mut self, kernel: &K, process: &Process, end: FlowEnd) {
        self.end.get_or_insert(end);
        self.put_away(kernel, process);
    }

    /// How much of `budget` the pace allows now, or how many nanoseconds to wait.
    fn allowance(&mut self, kernel: &K, budget: u64) -> Result<u64, u64> {
        match &mut self.pace {
            Some(pace) => pace.allowance(kernel.now_ns()).map(|bytes| bytes.min(budget)),
            None => Ok(budget),
        }
    }

    fn tops_up(&self, from: &Socket) -> bool {
        self.may_top_up
            && from.is_readable
            && self.late_failure.is_none()
            && self.transfer.as_ref().is_some_and(|transfer| transfer.has_piped_bytes())
    }

    /// Takes more into the pipe while the target is full. Whether that finds the source dry or the pipe
    /// full is not known, so the source stays readable: its next edge, or room in the pipe, tells.
    fn top_up(&mut self, kernel: &K) {
        let mut transfer = self.transfer.take().expect("a pipe with bytes in it");
        let before = Sums::of(&transfer);
        match transfer.top_up(kernel) {
            TopUp::Taken(_) => {}
            TopUp::Nothing => self.may_top_up = false,
            TopUp::Failed(error) => self.late_failure = Some(error),
        }
        self.keep_books(&transfer, before);
        self.transfer = Some(transfer);
    }

    fn step(
        &mut self,
        kernel: &K,
        process: &Process,
        (from, to): (&mut Socket, &mut Socket),
        budget: u64,
    ) -> Result<Step, Error> {
        let mut transfer = match self.transfer.take() {
            Some(transfer) => transfer,
            None => self.begin(kernel, process, (from, to)),
        };
        let is_reading = self.undelivered_bytes() == 0;
        if is_reading && transfer.account().fallbacks.is_empty() {
            transfer.resume_with(self.stride.mechanism());
        }
        let most = match (self.stride, transfer.mechanism()) {
            _ if !is_reading => u64::MAX,
            (Stride::Message, _) => MESSAGE_BYTES,
            (_, Some(Mechanism::Copy)) => COPY_BYTES_MAX,
            _ => u64::MAX,
        };
        let asked = budget.min(most);
        let before = Sums::of(&transfer);
        let step = transfer.step(kernel, process, asked);
        let taken = self.keep_books(&transfer, before);
        let is_copied = transfer.mechanism() == Some(Mechanism::Copy) && taken > 0;
        if is_copied && transfer.has_read_short() && from.tells_by_short_read() {
            from.is_dry();
        }
        if self.stride == Stride::Message && taken == MESSAGE_BYTES {
            self.stride = Stride::Bulk(0);
        }
        self.transfer = Some(transfer);
        step
    }

    fn begin(
        &mut self,
        kernel: &K,
        process: &Process,
        (from, to): (&Socket, &Socket),
    ) -> Box<Transfer<K>> {
        let source =
            Source { fd: from.fd, kind: SourceKind::Stream, offset: 0, is_blocking: false };
        let target = Target { fd: to.fd, kind: to.kind, offset: None, is_blocking: false };
        let question = Question {
            source: source.kind,
            target: target.kind,
            target_has_offset: false,
            count: u64::MAX,
            usable: self.allowed.without(process.memory.unusable()),
            is_stable: false,
            direct_reads: DirectReads::Unwanted,
        };
        let setup = Setup {
            source,
            moves_source_position: false,
            target,
            count: u64::MAX,
            end: End::Complete,
            is_to_end: true,
            plan: plan::plan(question),
            patience: Patience::Return,
            header: std::mem::take(&mut self.preface),
            trailer: Box::default(),
            chunk_bytes: None,
            bytes_per_second: None,
            knows_size: false,
            is_sparse: false,
        };
        Box::new(Transfer::new(kernel, setup))
    }

    /// Writes down what a step has done. Returns how much it has taken from the source.
    fn keep_books(&mut self, transfer: &Transfer<K>, before: Sums) -> u64 {
        let done = self.books.add(transfer, before);
        if let Some(pace) = &mut self.pace {
            pace.spend(done.delivered());
        }
        for fallback in &transfer.account().fallbacks {
            if !may_pass(fallback.errno) {
                self.allowed = self.allowed.without(fallback.mechanism.into());
            }
        }
        done.consumed
    }

    /// Tells the target that nothing follows. Where the source was reset nobody knows whether the rest
    /// was lost, so that is not an end.
    fn end_behind_last_byte(&mut self, kernel: &K, (from, to): (&Socket, &Socket)) {
        let end = match from.failure {
            Some(error) => FlowEnd::SourceFailed(error),
            None => match kernel.shutdown_write(to.fd) {
                Ok(()) => FlowEnd::Ended,
                Err(errno) => FlowEnd::TargetFailed(Error::looking(errno, Call::Shutdown)),
            },
        };
        self.end = Some(end);
    }

    /// Finds out which side has failed: as long as something is to be delivered, nothing is taken.
    fn fail(&mut self, error: Error, (from, to): (&mut Socket, &mut Socket)) {
        if self.undelivered_bytes() == 0 {
            from.failure = Some(error);
            self.end = Some(FlowEnd::SourceFailed(error));
            return;
        }
        // What it has sent before may be still there to be read, and is delivered. tcp_reset of the
        // kernel answers EPIPE where the peer had ended its stream, which is whole then.
        if !matches!(error, Error::System { errno: Errno::EPIPE, .. }) {
            to.failure = Some(error);
        }
        to.is_readable = true;
        self.end = Some(FlowEnd::TargetFailed(error));
    }

    /// What the bugs do that are planted for a test.
    #[cfg(feature = "planted-bug")]
    fn misunderstand(
        &self,
        kernel: &K,
        step: &Result<Step, Error>,
        (from, to): (&mut Socket, &Socket),
    ) {
        if *step != Ok(Step::Wait(Side::Target)) {
            return;
        }
        if is_planted(Bug::FullTakenForDry) {
            from.is_dry();
        }
        if is_planted(Bug::EndBeforeLastByte) && from.has_mark {
            // It is a bug whatever the answer is.
            let _ = kernel.shutdown_write(to.fd);
        }
    }

    /// Gives pipe and buffer back.
    fn put_away(&mut self, kernel: &K, process: &Process) {
        if let Some(mut transfer) = self.transfer.take() {
            transfer.close(kernel, process);
        }
        if self.end.is_some() {
            (self.preface, self.pace) = (Box::default(), None);
        }
    }
}

impl Stride {
    fn mechanism(self) -> Mechanism {
        match self {
            Stride::Message => Mechanism::Copy,
            Stride::Bulk(_) => Mechanism::Splice,
        }
    }

    /// The stride behind a turn that has moved so much.
    fn behind(self, moved: u64) -> Stride {
        match (self, moved) {
            (stride, 0) => stride,
            (_, BULK_BYTES_MIN..) => Stride::Bulk(0),
            (Stride::Bulk(small_turns), _) if small_turns < SMALL_TURNS_MAX => {
                Stride::Bulk(small_turns + 1)
            }
            _ => Stride::Message,
        }
    }
}

/// Whether what kept a mechanism from serving may be gone with the next turn: there was no pipe to be
/// had, or urgent data were in the way.
fn may_pass(errno: Errno) -> bool {
    matches!(errno, Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::ENOBUFS | Errno::ENODATA)
}
