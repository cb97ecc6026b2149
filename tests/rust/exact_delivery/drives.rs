//! The drivers of the property: the blocking one, one step at a time without a memory, and step by
//! step with whatever may happen between two steps.

use std::time::Duration;

use nix::errno::Errno;
use proptest::prelude::*;
use zerocopy_nio::driver::{Limits, blocking, prepare, stepped};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Fd, Kernel, Side};
use zerocopy_nio::mechanism::Patience;
use zerocopy_nio::transfer::pipes::IDLE_NS_MAX;
use zerocopy_nio::transfer::{End, Step, Transfer};

use super::scenario::{Interlude, Leave, Limit, SourceEnd, Steps};
use super::stage::Stage;
use crate::simulated_kernel::{Feed, Mode, Name, Object, Pipe, Record, SimulatedKernel};

/// What stopped a run.
pub type Stop = Result<End, Error>;

/// How much is drained at once where nothing can be made to give it away in.
pub const DRAINED_BYTES: usize = 1_000;

/// Each turn makes a call or takes a whim, and the calls have a bound of their own.
const TURNS_MAX: u64 = 1_000_000;

impl Stage<'_> {
    pub fn run_blocking(&mut self, limit: Limit) -> Result<(), TestCaseError> {
        let limits = self.limits(limit);
        // Ends: a run that does not end the transfer has met a whim, or meets its error for good.
        loop {
            self.turn();
            let whims_before = self.kernel.whims_left();
            let from = self.kernel.record_count();
            let run = blocking::run(&self.kernel, &self.process, &self.request, &limits, None);
            self.advance(run.account.delivered)?;
            self.take_undelivered(run.undelivered, from, &run.account)?;
            self.check_books(&run.account, from, None)?;
            if self.is_over(run.outcome, whims_before, limit)? {
                break;
            }
            // What was handed back is the caller's, and half of a header can't be sent again.
            if self.handed_back + self.lost > 0 || !self.is_bare() {
                break;
            }
            self.go_on_behind(run.account.delivered);
        }
        if let Some(cancel) = limits.cancel {
            self.kernel.close(cancel);
        }
        Ok(())
    }

    pub fn run_stateless(&mut self) -> Result<(), TestCaseError> {
        // Ends: as above, and each step that moves takes from a finite count.
        loop {
            self.turn();
            let whims_before = self.kernel.whims_left();
            let outcome = match stepped::step(&self.kernel, &self.process, &self.request) {
                Err(error) => Err(error),
                Ok(report) => {
                    self.request.resume = report.mechanism.or(self.request.resume);
                    match report.step {
                        Step::Moved(moved) => {
                            prop_assert!(report.mechanism.is_some(), "something moved the bytes");
                            self.advance(moved)?;
                            self.go_on_behind(moved);
                            continue;
                        }
                        Step::Interrupted => continue,
                        Step::Wait(side) => {
                            self.wait(side);
                            continue;
                        }
                        Step::Pause(_) => panic!("no pace was asked for"),
                        Step::Done(end) => Ok(end),
                    }
                }
            };
            if self.is_over(outcome, whims_before, Limit::None)? {
                return Ok(());
            }
        }
    }

    pub fn run_steps(&mut self, steps: &Steps) -> Result<(), TestCaseError> {
        self.request.options.patience =
            if steps.must_return { Patience::Return } else { Patience::Sleep };
        let Some(mut transfer) = self.prepared()? else { return Ok(()) };
        let turns = steps.budgets.iter().cycle().zip(steps.interludes.iter().cycle());
        // Ends: as above.
        for (index, (budget, interlude)) in turns.enumerate() {
            if let Some((_, leave)) = steps.left_after.filter(|(after, _)| index >= *after) {
                self.leave(&mut transfer, leave)?;
                break;
            }
            self.turn();
            let whims_before = self.kernel.whims_left();
            let outcome = self.step(&mut transfer, *budget)?;
            match outcome {
                Ok(Step::Moved(_) | Step::Interrupted) => {}
                Ok(Step::Wait(side)) => self.wait(side),
                Ok(Step::Pause(ns)) => self.kernel.advance_clock(ns),
                Ok(Step::Done(end)) => {
                    prop_assert!(self.is_over(Ok(end), whims_before, Limit::None)?, "it is");
                    break;
                }
                Err(error) => {
                    self.check_promises()?;
                    if self.is_over(Err(error), whims_before, Limit::None)? {
                        self.leave(&mut transfer, Leave::GiveAway)?;
                        break;
                    }
                }
            }
            self.interlude(&mut transfer, *interlude)?;
        }
        transfer.close(&self.kernel, &self.process);
        Ok(())
    }

    /// The transfer, prepared until no whim disturbs that. `None` where it can't be.
    fn prepared(&mut self) -> Result<Option<Transfer<SimulatedKernel>>, TestCaseError> {
        // Ends: each turn leaves or has met a whim of a finite number.
        loop {
            let whims_before = self.kernel.whims_left();
            match prepare(&self.kernel, &self.process.memory, &self.request) {
                Ok(transfer) => return Ok(Some(transfer)),
                Err(error) if self.is_over(Err(error), whims_before, Limit::None)? => {
                    return Ok(None);
                }
                Err(_) => {}
            }
        }
    }

    /// One step, and what the books say of it.
    fn step(
        &mut self,
        transfer: &mut Transfer<SimulatedKernel>,
        budget: u64,
    ) -> Result<Result<Step, Error>, TestCaseError> {
        let before = transfer.account().clone();
        let from = self.kernel.record_count();
        let outcome = transfer.step(&self.kernel, &self.process, budget);
        let account = transfer.account().clone();
        let moved = account.delivered - before.delivered;
        self.advance(moved)?;
        let on_their_way = account.consumed - account.delivered;
        prop_assert_eq!(on_their_way, transfer.undelivered_bytes(), "bytes on their way");
        self.check_books(&account, from, Some(&before))?;
        match outcome {
            Ok(Step::Moved(said)) if self.is_bare() => prop_assert_eq!(said, moved),
            Ok(Step::Moved(said)) => {
                prop_assert!(said >= moved && said > 0, "{} of {}", moved, said)
            }
            Ok(Step::Done(_)) => prop_assert_eq!(on_their_way, 0, "bytes on their way"),
            _ => prop_assert!(moved == 0 || self.has_failed(&[Name::SetPosition]), "unsaid"),
        }
        Ok(outcome)
    }

    fn interlude(
        &mut self,
        transfer: &mut Transfer<SimulatedKernel>,
        interlude: Interlude,
    ) -> Result<(), TestCaseError> {
        match interlude {
            Interlude::Nothing => {}
            Interlude::Settle => {
                transfer.settle(&self.kernel);
                self.check_promises()?;
            }
            Interlude::Rest => self.kernel.advance_clock(IDLE_NS_MAX),
            Interlude::Fork => self.kernel.fork(),
        }
        Ok(())
    }

    /// Leaves a transfer before its end.
    fn leave(
        &mut self,
        transfer: &mut Transfer<SimulatedKernel>,
        leave: Leave,
    ) -> Result<(), TestCaseError> {
        let left = transfer.undelivered_bytes();
        match leave {
            Leave::Drain { piece } => {
                let mut buffer = vec![0; piece];
                // Ends: each turn takes bytes of a finite number, or meets a whim.
                loop {
                    match transfer.drain_undelivered(&self.kernel, &mut buffer) {
                        Ok(0) => break,
                        Ok(count) => self.hand_back(&buffer[..count])?,
                        Err(errno) => self.check_was_whim(errno)?,
                    }
                }
            }
            Leave::GiveAway => {
                // Ends: as above; what a filter refuses is refused for ever.
                loop {
                    match transfer.give_away_undelivered(&self.kernel, &self.process) {
                        Ok(given) => {
                            prop_assert_eq!(given.is_some(), left > 0, "something is left");
                            self.take_given(given)?;
                            break;
                        }
                        Err(errno) if self.is_filtered(Name::MemoryFile, errno) => {
                            return self.leave(transfer, Leave::Drain { piece: DRAINED_BYTES });
                        }
                        Err(errno) => self.check_was_whim(errno)?,
                    }
                }
            }
            Leave::Close => self.lost += left,
        }
        let left = transfer.undelivered_bytes();
        prop_assert_eq!(if leave == Leave::Close { 0 } else { left }, 0, "something is still left");
        transfer.close(&self.kernel, &self.process);
        Ok(())
    }

    fn check_was_whim(&self, errno: Errno) -> Result<(), TestCaseError> {
        let last = self.kernel.with_records(0, |records| records.last().map(|it| it.answer));
        prop_assert_eq!(last, Some(Err(errno)), "the system did not say so");
        Ok(())
    }

    /// What a blocking run could not deliver, by its descriptor.
    fn take_undelivered(
        &mut self,
        given: Option<Fd>,
        from: usize,
        account: &zerocopy_nio::transfer::Account,
    ) -> Result<(), TestCaseError> {
        let left = account.consumed - account.delivered;
        if given.is_none() && left > 0 {
            // Where neither the bytes can be read back nor a file be made for them.
            let is_refused = self.kernel.with_records(from, |records| {
                let names = [Name::MemoryFile, Name::Read, Name::Write, Name::Pipe];
                records.iter().any(|it| names.contains(&it.name) && it.answer.is_err())
            });
            prop_assert!(is_refused, "{} bytes are gone", left);
            self.lost += left;
            return Ok(());
        }
        let before = self.handed_back;
        self.take_given(given)?;
        prop_assert_eq!(self.handed_back - before, left, "what was not delivered");
        Ok(())
    }

    fn take_given(&mut self, given: Option<Fd>) -> Result<(), TestCaseError> {
        let Some(fd) = given else { return Ok(()) };
        let bytes = self.kernel.with_object(fd, |object| {
            let is_open = matches!(object, Object::Pipe(pipe) if pipe.is_writer_open);
            prop_assert!(!is_open, "nobody would ever find the end of it");
            Ok(object.arrived()[object.taken()..].to_vec())
        })?;
        self.kernel.close(fd);
        self.hand_back(&bytes)
    }

    fn limits(&self, limit: Limit) -> Limits {
        let mut limits = Limits::default();
        match limit {
            Limit::None => {}
            Limit::Timeout { ms } => limits.timeout = Some(Duration::from_millis(ms)),
            Limit::IdleTimeout { ms } => limits.idle_timeout = Some(Duration::from_millis(ms)),
            Limit::Cancel { after } => {
                let mut feeds = vec![Feed::Pause; after];
                feeds.push(Feed::Bytes(1));
                limits.cancel = Some(self.kernel.add(Object::Pipe(Pipe::fed(&feeds)), Mode::READ));
            }
        }
        limits
    }

    fn turn(&mut self) {
        self.turns += 1;
        assert!(self.turns < TURNS_MAX, "it does not end");
    }

    /// The next run of a file goes on where this one came to.
    fn go_on_behind(&mut self, moved: u64) {
        if let Some(offset) = &mut self.request.source_offset {
            *offset += moved;
        } else if let SourceEnd::File { offset, .. } = self.scenario.source {
            // A whim may have kept the transfer from moving it.
            self.kernel.set_position_of(self.request.source, offset + self.delivered);
        }
        if let Some(offset) = &mut self.request.target_offset {
            *offset += moved;
        }
        if self.request.count != u64::MAX {
            self.request.count -= moved;
        }
    }

    fn wait(&self, side: Side) {
        let fd = match side {
            Side::Source => self.request.source,
            Side::Target => self.request.target,
        };
        let is_file = self.kernel.with_object(fd, |object| matches!(object, Object::File(_)));
        let is_source_file = side == Side::Source && is_file;
        let last_refused = self.kernel.with_records(0, |records| {
            let is_refused = |it: &&Record| it.answer == Err(Errno::EAGAIN);
            records.iter().rev().find(is_refused).map(|it| it.name)
        });
        let is_unclear = matches!(last_refused, Some(Name::Splice | Name::Sendfile));
        assert!(!(is_source_file && is_unclear), "a file is always ready: this wait has no end");
        // An error of poll is one more whim; the next step finds out.
        let _ = self.kernel.poll(&[(fd, side)], None);
    }
}
