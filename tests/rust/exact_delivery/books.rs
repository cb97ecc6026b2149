//! What the account of a transfer says, held against the calls that were made; and whether a transfer
//! may end like it did.

use nix::errno::Errno;
use proptest::prelude::*;
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::Call;
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::transfer::{Account, End};

use super::drives::{DRAINED_BYTES, Stop};
use super::scenario::{Drive, Leave, Limit, Scenario, SourceEnd, Steps, TargetEnd, sum};
use super::stage::Stage;
use crate::simulated_kernel::{DATAGRAM_BYTES_MAX, Feed, Name, Object, Record, Whim};

/// An error is what one of so many last calls was answered: behind it others may have made sure that
/// nothing is lost.
const RECENT_CALLS: usize = 100;

impl Stage<'_> {
    /// Holds `account` against the calls that were made since `from`, when it was `before`. Without
    /// that they are also those of the driver, and only what is certain is looked at.
    pub fn check_books(
        &self,
        account: &Account,
        from: usize,
        before: Option<&Account>,
    ) -> Result<(), TestCaseError> {
        let nothing = Account::default();
        let earlier = before.unwrap_or(&nothing);
        let records = self.kernel.with_records(from, without_probes);
        let is_pool =
            |it: &&Record| matches!(it.name, Name::Pipe | Name::SetPipeSize | Name::Close);
        let calls = records.iter().filter(|it| !is_pool(it)).count() as u64;
        let counted = account.system_calls - earlier.system_calls;
        if before.is_some() {
            prop_assert_eq!(counted, calls, "the system calls");
        } else {
            prop_assert!(counted <= calls, "{} calls counted of {}", counted, calls);
        }
        self.check_mechanisms(account, &records, before.is_none())?;
        self.check_fallbacks(account, earlier)?;
        self.kernel.with_records(0, |records| self.check_clamp(records))
    }

    /// The mechanisms that moved bytes are those whose calls did, and none that is not allowed.
    fn check_mechanisms(
        &self,
        account: &Account,
        records: &[Record],
        are_all: bool,
    ) -> Result<(), TestCaseError> {
        let used = self.used(records);
        let is_in = |set: MechanismSet, of: MechanismSet| set.without(of) == MechanismSet::EMPTY;
        if self.is_bare() {
            prop_assert!(is_in(used, account.mechanisms), "{:?} used unsaid", used);
        }
        if are_all {
            prop_assert!(is_in(account.mechanisms, used), "{:?} claimed", account.mechanisms);
        }
        prop_assert!(is_in(account.mechanisms, self.scenario.allowed), "must not be used");
        Ok(())
    }

    /// The mechanisms whose calls gave bytes to the target.
    fn used(&self, records: &[Record]) -> MechanismSet {
        let target = Some(self.request.target);
        let mut used = MechanismSet::EMPTY;
        let mut is_direct = false;
        for record in records {
            if record.name == Name::DirectBytes {
                is_direct = matches!(record.answer, Ok(1..));
            }
            let mechanism = match record.name {
                Name::Sendfile => Mechanism::Sendfile,
                Name::Splice => Mechanism::Splice,
                Name::CopyFileRange => Mechanism::CopyFileRange,
                Name::WriteMapped => Mechanism::Mapped,
                Name::Send | Name::Sendmsg | Name::Write | Name::Writev | Name::Pwrite => {
                    if std::mem::take(&mut is_direct) {
                        Mechanism::DirectIo
                    } else {
                        Mechanism::Copy
                    }
                }
                _ => continue,
            };
            if record.fd == target && matches!(record.answer, Ok(1..)) {
                used = used.with(mechanism);
            }
        }
        used
    }

    /// What was left for another mechanism was refused by a call, or doubted.
    fn check_fallbacks(&self, account: &Account, before: &Account) -> Result<(), TestCaseError> {
        const CHOICES_MAX: usize = 4;
        prop_assert!(account.fallbacks.len() < CHOICES_MAX, "{:?}", account.fallbacks);
        prop_assert!(account.fallbacks.starts_with(&before.fallbacks), "a fallback is forgotten");
        for fallback in &account.fallbacks {
            // A copy_file_range that finds no bytes where there are some, and a file without a size.
            let is_doubt = matches!(fallback.errno, Errno::ENODATA | Errno::ENODEV);
            let is_said = self.kernel.with_records(0, |records| {
                records.iter().any(|record| record.answer == Err(fallback.errno))
            });
            prop_assert!(is_doubt || is_said, "{:?} was not said by anybody", fallback);
            let is_twice = account.fallbacks.iter().filter(|it| it.mechanism == fallback.mechanism);
            prop_assert_eq!(is_twice.count(), 1, "a mechanism that was left is tried again");
        }
        Ok(())
    }

    /// sendfile never asks past the end of a file whose size is known, as far as fstat can tell.
    fn check_clamp(&self, records: &[Record]) -> Result<(), TestCaseError> {
        let SourceEnd::File { bytes, knows_its_size: true, .. } = self.scenario.source else {
            return Ok(());
        };
        let is_restless =
            |whim: &Whim| matches!(whim, Whim::TruncateSource { .. } | Whim::GrowSource(_));
        if bytes == 0 || self.scenario.whims.iter().any(is_restless) {
            return Ok(());
        }
        let mut is_copied_first = false;
        for record in records {
            // Nobody has looked at the size before a small copy.
            is_copied_first |= record.name == Name::Pread;
            if record.name == Name::Sendfile && !is_copied_first {
                let end = record.offset + record.count;
                prop_assert!(end <= bytes as u64, "asked up to {} of {}", end, bytes);
            }
        }
        Ok(())
    }

    /// Whether the transfer has come to its end, and whether it may end like this.
    pub fn is_over(
        &mut self,
        stop: Stop,
        whims_before: usize,
        limit: Limit,
    ) -> Result<bool, TestCaseError> {
        match stop {
            Ok(End::Complete) => {
                prop_assert_eq!(self.delivered, self.scenario.count, "complete");
                self.is_complete = true;
                Ok(true)
            }
            Ok(End::SourceEnded) => {
                prop_assert!(self.delivered < self.scenario.count, "more was asked for");
                self.check_source_ended()?;
                self.is_complete = true;
                Ok(true)
            }
            Err(Error::TimedOut) => {
                prop_assert!(matches!(limit, Limit::Timeout { .. }), "no time-out was set");
                Ok(true)
            }
            Err(Error::IdleTimedOut) => {
                prop_assert!(matches!(limit, Limit::IdleTimeout { .. }), "no time-out was set");
                Ok(true)
            }
            Err(Error::Cancelled) => {
                prop_assert!(matches!(limit, Limit::Cancel { .. }), "nobody can cancel");
                Ok(true)
            }
            Err(error) => {
                self.check_said(&error)?;
                // A whim may have been the cause, so it is tried again.
                if self.kernel.whims_left() < whims_before && !self.is_reset(&error) {
                    return Ok(false);
                }
                prop_assert!(self.is_lasting(&error), "unexpected: {}", error);
                Ok(true)
            }
        }
    }

    fn check_source_ended(&self) -> Result<(), TestCaseError> {
        let feeds = match &self.scenario.source {
            SourceEnd::File { offset, .. } => {
                let end = offset + self.delivered;
                let smallest = self.kernel.smallest_source();
                prop_assert!(smallest <= end, "ended at {} of at least {}", end, smallest);
                return Ok(());
            }
            SourceEnd::Datagrams { .. } => panic!("datagrams have no end"),
            SourceEnd::Stream { feeds, .. } | SourceEnd::Pipe { feeds, .. } => feeds,
        };
        prop_assert_eq!(feeds.last(), Some(&Feed::Close), "nobody closed the other end");
        prop_assert_eq!(self.delivered, sum(feeds) as u64, "it had more");
        Ok(())
    }

    /// The errno of an error is what the system has just said.
    fn check_said(&self, error: &Error) -> Result<(), TestCaseError> {
        let Error::System { errno, .. } = *error else { return Ok(()) };
        let is_said = self.kernel.with_records(0, |records| {
            records.iter().rev().take(RECENT_CALLS).any(|record| record.answer == Err(errno))
        });
        let is_doubt = matches!(errno, Errno::ENODATA | Errno::ENODEV);
        prop_assert!(is_said || is_doubt, "nobody said {}", error);
        Ok(())
    }

    /// Whether the source's other end has broken the connection, which is said once.
    fn is_reset(&self, error: &Error) -> bool {
        let SourceEnd::Stream { feeds, .. } = &self.scenario.source else { return false };
        let is_at_end = self.kernel.with_object(self.request.source, |object| match object {
            Object::Stream(stream) => !stream.is_writer_open && stream.unread() == 0,
            _ => false,
        });
        let is_said = matches!(error, Error::System { errno: Errno::ECONNRESET, .. });
        is_said && is_at_end && feeds.last() == Some(&Feed::Reset)
    }

    pub fn is_filtered(&self, name: Name, errno: Errno) -> bool {
        self.scenario.filter == Some((name, errno))
    }

    /// Whether a transfer without whims fails like this.
    fn is_lasting(&self, error: &Error) -> bool {
        let scenario = self.scenario;
        match *error {
            Error::System { errno: Errno::EPIPE, .. } => {
                scenario.whims.contains(&Whim::ReaderCloses)
            }
            Error::System { errno: Errno::ECONNRESET, .. } => self.is_reset(error),
            Error::System { errno: Errno::EMSGSIZE, call: Call::Send | Call::Sendmsg, .. } => {
                let extras = scenario.extras.header_bytes + scenario.extras.trailer_bytes;
                let grown: u64 = scenario.whims.iter().map(grows).sum();
                let bytes = scenario.source_bytes() + grown + extras as u64;
                let is_long = bytes > DATAGRAM_BYTES_MAX as u64;
                is_long && matches!(scenario.target, TargetEnd::Datagrams { .. })
            }
            // What could not be delivered could not be given away either.
            Error::System { errno, call: Call::MemfdCreate, mechanism: None } => {
                self.is_filtered(Name::MemoryFile, errno)
            }
            Error::System { errno, mechanism: Some(mechanism), .. } => {
                self.is_refused(errno, mechanism)
            }
            // No mechanism that is allowed is known to work, or can serve the ends.
            Error::Unsupported(_) => {
                let is_filtered = scenario.filter.is_some();
                is_filtered || scenario.allowed != MechanismSet::ALL || self.was_refused()
            }
            _ => false,
        }
    }

    /// Whether a mechanism may be the last one that is left and be refused for good.
    fn is_refused(&self, errno: Errno, mechanism: Mechanism) -> bool {
        let is_filtered = self.scenario.filter.is_some_and(|(_, refusal)| refusal == errno);
        let is_only = !self.scenario.allowed.contains(Mechanism::Copy) || self.was_refused();
        let is_refusal = matches!(
            errno,
            Errno::EINVAL | Errno::EBADF | Errno::EXDEV | Errno::ENODATA | Errno::ENODEV
        );
        mechanism != Mechanism::Copy && (is_filtered || is_refusal) && is_only
    }

    /// Whether a whim has refused the copy, which then has made place for another mechanism.
    fn was_refused(&self) -> bool {
        let refused = |whim: &Whim| matches!(whim, Whim::Fail(Errno::EINVAL | Errno::ENOSYS));
        self.scenario.whims.iter().any(refused)
    }
}

/// Each piece, each fragment and each whim costs a few calls, and so does the beginning. A piece
/// is what the smallest of all limits lets through at once; it goes into a pipe and out of it.
pub fn calls_max(scenario: &Scenario) -> usize {
    const CALLS_AT_FIRST: u64 = 60;
    const CALLS_A_PIECE: u64 = 10;
    let extras = &scenario.extras;
    let (fragments, source_limit) = match &scenario.source {
        SourceEnd::File { is_sparse, bytes, .. } => {
            (if *is_sparse { bytes / 4096 } else { 0 }, u64::MAX)
        }
        SourceEnd::Stream { feeds, .. } | SourceEnd::Datagrams { feeds, .. } => {
            (feeds.len(), u64::MAX)
        }
        SourceEnd::Pipe { feeds, .. } => (feeds.len(), 4096),
    };
    let target_limit = match scenario.target {
        TargetEnd::Tcp { capacity, reader_takes, .. }
        | TargetEnd::Unix { capacity, reader_takes, .. } => capacity.min(reader_takes),
        TargetEnd::Pipe { reader_takes, .. } => reader_takes.min(4096),
        TargetEnd::Datagrams { .. } | TargetEnd::File { .. } => usize::MAX,
    };
    let drained_at_once = match &scenario.drive {
        Drive::Steps(Steps { left_after: Some((_, Leave::Drain { piece })), .. }) => *piece as u64,
        _ => DRAINED_BYTES as u64,
    };
    let budget = match &scenario.drive {
        Drive::Steps(steps) => steps.budgets.iter().copied().min().unwrap_or(u64::MAX),
        _ => u64::MAX,
    };
    let rate = extras.bytes_per_second.map_or(u64::MAX, |rate| (rate / 8).max(1));
    let piece = [
        target_limit as u64,
        source_limit,
        budget,
        rate.min(64 << 10),
        extras.chunk_bytes.unwrap_or(u64::MAX),
        4096,
    ];
    let piece = piece.into_iter().min().unwrap_or(1).max(1);
    let grown: u64 = scenario.whims.iter().map(grows).sum();
    let bytes =
        scenario.source_bytes() + grown + (extras.header_bytes + extras.trailer_bytes) as u64;
    let pieces = bytes.div_ceil(piece) + fragments as u64 + scenario.whims.len() as u64;
    (CALLS_AT_FIRST + CALLS_A_PIECE * pieces + bytes.div_ceil(drained_at_once)) as usize
}

fn grows(whim: &Whim) -> u64 {
    if let Whim::GrowSource(bytes) = whim { *bytes } else { 0 }
}

/// The calls without those of probes: from the making of a file in memory to its closing.
fn without_probes(records: &[Record]) -> Vec<Record> {
    let mut others = Vec::new();
    let mut records = records.iter();
    while let Some(record) = records.next() {
        match (record.name, record.answer) {
            (Name::MemoryFile, Ok(made)) => {
                let is_its_close = |it: &&Record| {
                    it.name == Name::Close && it.fd.is_some_and(|fd| fd.number() as u64 == made)
                };
                assert!(records.find(is_its_close).is_some(), "a probe leaves its file open");
            }
            (Name::MemoryFile, Err(_)) => {}
            _ => others.push(*record),
        }
    }
    others
}
