//! The property that everything else rests on: whatever the kernel does to its calls, a transfer
//! loses no byte, doubles none, keeps their order, and its books say what happened.
//!
//! Used by `state_machine.rs`, which expects it to hold, and by `planted_bug.rs`, which expects it to
//! fail.

use nix::errno::Errno;
use proptest::collection::vec;
use proptest::prelude::*;
use zerocopy_nio::driver::{Request, blocking, stepped};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Call, Kernel, Side};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet, Target, TargetKind};
use zerocopy_nio::plan::{self, Question};
use zerocopy_nio::probe::Memory;
use zerocopy_nio::transfer::{Account, End, FileSource, Step, Transfer};

use crate::simulated_kernel::{
    DATAGRAM_BYTES_MAX, Datagrams, File, Mode, Name, Object, Pipe, Record, SimulatedKernel, Stream,
    Whim, pattern, refusals, schedules,
};

/// What files hold that are written over; no byte of the pattern.
const OLD_BYTE: u8 = 0xff;

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

/// One transfer, its endpoints, its driver and everything that happens to it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub source_bytes: usize,
    pub knows_its_size: bool,
    pub can_be_spliced: bool,
    pub offset: u64,
    pub count: u64,
    pub target: Endpoint,
    pub is_blocking: bool,
    pub allowed: MechanismSet,
    /// What every sendfile of the process is answered.
    pub filter: Option<Errno>,
    pub drive: Drive,
    pub whims: Vec<Whim>,
}

/// Where the bytes go.
#[derive(Debug, Clone)]
pub enum Endpoint {
    Tcp { capacity: usize, reader_takes: usize },
    Unix { capacity: usize, reader_takes: usize, send_buffer_bytes: u64 },
    Datagrams { queued_max: usize },
    Pipe { reader_takes: usize },
    File { old_bytes: usize, is_appended: bool, offset: Option<u64> },
}

/// Who makes the steps.
#[derive(Debug, Clone)]
pub enum Drive {
    Blocking,
    Stepped,
    /// The state machine itself, with these budgets in turn.
    Direct(Vec<u64>),
}

pub fn scenarios() -> impl Strategy<Value = Scenario> {
    let sizes = prop_oneof![3 => 0..10_000_usize, 1 => 0..200_000_usize];
    let offsets = prop_oneof![3 => Just(0), 3 => 0..20_000_u64, 1 => 0..400_000_u64];
    let counts =
        prop_oneof![0..9_000_u64, 0..400_000_u64, Just(u64::MAX), Just(4096_u64), Just(4097_u64),];
    let allowed = prop_oneof![
        3 => Just(MechanismSet::ALL),
        1 => Just(only(Mechanism::Copy)),
        1 => Just(only(Mechanism::Sendfile)),
    ];
    let filter = prop_oneof![8 => Just(None), 1 => refusals().prop_map(Some)];
    let drive = prop_oneof![
        Just(Drive::Blocking),
        Just(Drive::Stepped),
        vec(prop_oneof![1 => 1..200_u64, 4 => 1_000..100_000_u64], 2..6).prop_map(Drive::Direct),
    ];
    let source = (sizes, prop::bool::weighted(0.8), prop::bool::weighted(0.8), offsets, counts);
    let target = (endpoints(), any::<bool>());
    (source, target, allowed, filter, drive, schedules()).prop_map(
        |(source, (target, is_blocking), allowed, filter, drive, whims)| {
            let (source_bytes, knows_its_size, can_be_spliced, offset, count) = source;
            Scenario {
                source_bytes,
                knows_its_size,
                can_be_spliced,
                offset,
                count,
                target,
                is_blocking,
                allowed,
                filter,
                drive,
                whims,
            }
        },
    )
}

fn endpoints() -> impl Strategy<Value = Endpoint> {
    let capacity = prop_oneof![1..6_000_usize, 1..200_000_usize];
    let room = (capacity, 1..60_000_usize);
    let send_buffer_bytes = prop_oneof![Just(212_992_u64), Just(4_194_304_u64)];
    prop_oneof![
        room.clone().prop_map(|(capacity, reader_takes)| Endpoint::Tcp { capacity, reader_takes }),
        (room, send_buffer_bytes).prop_map(|((capacity, reader_takes), send_buffer_bytes)| {
            Endpoint::Unix { capacity, reader_takes, send_buffer_bytes }
        }),
        (1..5_usize).prop_map(|queued_max| Endpoint::Datagrams { queued_max }),
        (1..60_000_usize).prop_map(|reader_takes| Endpoint::Pipe { reader_takes }),
        (0..3_000_usize, any::<bool>(), prop::option::of(0..5_000_u64)).prop_map(
            |(old_bytes, is_appended, offset)| Endpoint::File { old_bytes, is_appended, offset }
        ),
    ]
}

/// Runs the scenario to its end, over every error that goes by, and checks each stage of it.
pub fn check(scenario: &Scenario) -> Result<(), TestCaseError> {
    let mut stage = Stage::set(scenario);
    match &scenario.drive {
        Drive::Blocking => stage.run_blocking(),
        Drive::Stepped => stage.run_stepped(),
        Drive::Direct(budgets) => stage.run_directly(budgets),
    }?;
    stage.check_whole()?;
    stage.check_memory()?;
    prop_assert_eq!(stage.kernel.open_descriptors(), 2, "a probe left a descriptor open");
    Ok(())
}

struct Stage<'s> {
    scenario: &'s Scenario,
    kernel: SimulatedKernel,
    memory: Memory,
    request: Request,
    /// What `Question` needs to know of the target.
    kind: TargetKind,
    /// Where in everything that arrived the transfer begins.
    arrives_at: usize,
    /// What was delivered in all runs until now.
    delivered: u64,
}

/// What stopped a run.
type Stop = Result<End, Error>;

impl<'s> Stage<'s> {
    fn set(scenario: &'s Scenario) -> Stage<'s> {
        let kernel = SimulatedKernel::new();
        let file = File {
            can_be_spliced: scenario.can_be_spliced,
            knows_its_size: scenario.knows_its_size,
            ..File::pattern(scenario.source_bytes)
        };
        let source = kernel.add(Object::File(file), Mode::READ);
        let mode = Mode::WRITE.blocking_if(scenario.is_blocking);
        let mut target_offset = None;
        let (object, mode, kind, arrives_at) = match scenario.target {
            Endpoint::Tcp { capacity, reader_takes } => {
                let stream = Stream::tcp(capacity, reader_takes);
                (Object::Stream(stream), mode, TargetKind::TcpStream, 0)
            }
            Endpoint::Unix { capacity, reader_takes, send_buffer_bytes } => {
                let stream = Stream::unix(capacity, reader_takes, send_buffer_bytes);
                (Object::Stream(stream), mode, TargetKind::UnixStream { send_buffer_bytes }, 0)
            }
            Endpoint::Datagrams { queued_max } => {
                let socket = Datagrams::connected(queued_max, 1);
                (Object::Datagrams(socket), mode, TargetKind::Datagram, 0)
            }
            Endpoint::Pipe { reader_takes } => {
                (Object::Pipe(Pipe::new(reader_takes)), mode, TargetKind::Pipe, 0)
            }
            Endpoint::File { old_bytes, is_appended, offset } => {
                target_offset = offset;
                let at = match offset {
                    _ if is_appended => old_bytes,
                    Some(offset) => offset as usize,
                    None => 0,
                };
                let file = File { bytes: vec![OLD_BYTE; old_bytes], ..File::pattern(0) };
                let mode = Mode { append: is_appended, ..mode };
                (Object::File(file), mode, TargetKind::File, at)
            }
        };
        let target = kernel.add(object, mode);
        kernel.expose(source, target);
        kernel.refuse(Name::Sendfile, scenario.filter);
        kernel.set_whims(&scenario.whims);
        let request = Request {
            source: FileSource { fd: source, offset: scenario.offset },
            target,
            // Half of the faces know the kind, the others have it looked at.
            target_kind: (scenario.count % 2 == 0).then_some(kind),
            target_offset,
            count: scenario.count,
            allowed: scenario.allowed,
            resume: None,
        };
        let memory = Memory::new();
        Stage { scenario, kernel, memory, request, kind, arrives_at, delivered: 0 }
    }

    fn run_blocking(&mut self) -> Result<(), TestCaseError> {
        // Ends: a run that does not end the transfer has met a whim, or meets its error for good.
        loop {
            let whims_before = self.kernel.whims_left();
            let from = self.kernel.record_count();
            let usable = self.usable();
            let run = blocking::run(&self.kernel, &self.memory, &self.request);
            self.advance(run.account.delivered)?;
            self.check_books(&run.account, from, usable, true)?;
            if self.is_over(run.outcome, whims_before)? {
                return Ok(());
            }
        }
    }

    fn run_stepped(&mut self) -> Result<(), TestCaseError> {
        // Ends: as above, and each step that moves takes from a finite count.
        loop {
            let whims_before = self.kernel.whims_left();
            let from = self.kernel.record_count();
            let usable = self.usable();
            let outcome = match stepped::step(&self.kernel, &self.memory, &self.request) {
                Err(error) => {
                    self.advance(0)?;
                    Err(error)
                }
                Ok(report) => {
                    let mut account = Account { fallback: report.fallback, ..Account::default() };
                    account.system_calls = self.movers(from).len() as u64;
                    if let Step::Moved(moved) = report.step {
                        account.delivered = moved;
                        let mechanism = report.mechanism.expect("something moved the bytes");
                        account.mechanisms = account.mechanisms.with(mechanism);
                    } else {
                        prop_assert_eq!(
                            report.mechanism.is_some(),
                            report.fallback.is_some(),
                            "a mechanism without bytes is one that was fallen back to"
                        );
                    }
                    self.advance(account.delivered)?;
                    self.check_books(&account, from, usable, true)?;
                    self.request.resume = report.mechanism.or(self.request.resume);
                    match report.step {
                        Step::Moved(_) | Step::Interrupted => continue,
                        Step::Wait(side) => {
                            self.wait(side);
                            continue;
                        }
                        Step::Done(end) => Ok(end),
                    }
                }
            };
            if self.is_over(outcome, whims_before)? {
                return Ok(());
            }
        }
    }

    fn run_directly(&mut self, budgets: &[u64]) -> Result<(), TestCaseError> {
        let request = self.request;
        let available = (self.scenario.source_bytes as u64).saturating_sub(request.source.offset);
        let (count, end) = if self.scenario.knows_its_size && available < request.count {
            (available, End::SourceEnded)
        } else {
            (request.count, End::Complete)
        };
        let usable = request.allowed;
        let target_has_offset = request.target_offset.is_some();
        let plan = plan::plan(Question { target: self.kind, target_has_offset, count, usable });
        let target = Target { fd: request.target, kind: self.kind, offset: request.target_offset };
        let mut transfer = Transfer::new(request.source, target, count, end, plan);
        // Ends: as above.
        for budget in budgets.iter().cycle() {
            let whims_before = self.kernel.whims_left();
            let before = transfer.account().delivered;
            let outcome = transfer.step(&self.kernel, &self.memory, *budget);
            let account = *transfer.account();
            let moved = account.delivered - before;
            prop_assert!(moved <= *budget, "{} bytes moved, more than the budget", moved);
            self.advance(moved)?;
            let outcome = match outcome {
                Ok(Step::Moved(said)) => {
                    prop_assert_eq!(said, moved);
                    continue;
                }
                Ok(Step::Interrupted) => continue,
                Ok(Step::Wait(side)) => {
                    self.wait(side);
                    continue;
                }
                Ok(Step::Done(end)) => Ok(end),
                Err(error) => Err(error),
            };
            prop_assert_eq!(moved, 0, "a step that moves says so");
            self.check_books(&account, 0, usable, false)?;
            if self.is_over(outcome, whims_before)? {
                return Ok(());
            }
        }
        unreachable!("the budgets come again and again");
    }

    fn wait(&self, side: Side) {
        let fd = match side {
            Side::Source => self.request.source.fd,
            Side::Target => self.request.target,
        };
        // An error of poll is one more whim; the next step finds out.
        let _ = self.kernel.poll(&[(fd, side)], None);
    }

    /// The mechanisms that the next run may use.
    fn usable(&self) -> MechanismSet {
        self.request.allowed.without(self.memory.unusable())
    }

    /// Goes on behind `moved` bytes, after looking that they arrived and nothing else did.
    fn advance(&mut self, moved: u64) -> Result<(), TestCaseError> {
        self.delivered += moved;
        self.request.source.offset += moved;
        self.request.count -= moved;
        if let Some(offset) = &mut self.request.target_offset {
            *offset += moved;
        }
        let place = (self.request.source.offset - moved) as usize;
        let expected = pattern(place, moved as usize);
        let end = self.arrives_at + self.delivered as usize;
        let old_bytes = match self.scenario.target {
            Endpoint::File { old_bytes, .. } => old_bytes,
            _ => 0,
        };
        self.kernel.with_object(self.request.target, |object| {
            let arrived = object.arrived();
            let size = if self.delivered == 0 { old_bytes } else { end.max(old_bytes) };
            prop_assert_eq!(arrived.len(), size, "as many bytes arrive as are delivered");
            let begin = end - expected.len();
            prop_assert!(moved == 0 || arrived[begin..end] == expected[..], "the bytes differ");
            Ok(())
        })
    }

    /// Looks once more at the whole, for what a later step may have done to what was there.
    fn check_whole(&self) -> Result<(), TestCaseError> {
        let expected = pattern(self.scenario.offset as usize, self.delivered as usize);
        let end = self.arrives_at + expected.len();
        self.kernel.with_object(self.request.target, |object| {
            let arrived = object.arrived();
            if self.delivered > 0 {
                prop_assert!(arrived[self.arrives_at..end] == expected[..], "the bytes differ");
            }
            if let Endpoint::File { old_bytes, .. } = self.scenario.target {
                let is_old = |bytes: &[u8]| bytes.iter().all(|byte| *byte == OLD_BYTE);
                prop_assert!(is_old(&arrived[..old_bytes.min(self.arrives_at)]), "before them");
                prop_assert!(is_old(&arrived[end.min(arrived.len())..]), "behind them");
            }
            Ok(())
        })
    }

    /// The calls between the two ends of the transfer since `from`. Those of a probe are not among
    /// them.
    fn movers(&self, from: usize) -> Vec<(Mechanism, Record)> {
        let (source, target) = (self.request.source.fd, self.request.target);
        let mover = |record: &Record| match record.name {
            Name::Sendfile if record.fd == Some(target) => {
                assert_eq!(record.source, Some(source));
                Some((Mechanism::Sendfile, *record))
            }
            Name::Pread if record.fd == Some(source) => Some((Mechanism::Copy, *record)),
            Name::Send | Name::Write | Name::Pwrite if record.fd == Some(target) => {
                Some((Mechanism::Copy, *record))
            }
            _ => None,
        };
        self.kernel.with_records(from, |records| records.iter().filter_map(mover).collect())
    }

    /// Holds the account against the calls that were made since `from`.
    fn check_books(
        &self,
        account: &Account,
        from: usize,
        usable: MechanismSet,
        is_clamped: bool,
    ) -> Result<(), TestCaseError> {
        let movers = self.movers(from);
        prop_assert_eq!(account.system_calls, movers.len() as u64, "the system calls");
        let mut delivered = 0;
        let mut mechanisms = MechanismSet::EMPTY;
        for (mechanism, record) in &movers {
            prop_assert!(usable.contains(*mechanism), "{:?} must not be used", mechanism);
            if let (true, Ok(moved @ 1..)) = (record.name != Name::Pread, record.answer) {
                delivered += moved;
                mechanisms = mechanisms.with(*mechanism);
            }
        }
        prop_assert_eq!(account.delivered, delivered, "the bytes");
        prop_assert_eq!(account.mechanisms, mechanisms, "the mechanisms");
        self.check_fallback(account, &movers)?;
        if is_clamped { self.check_clamp(from) } else { Ok(()) }
    }

    /// The mechanism changes only after a refusal, at most once, and never without a record.
    fn check_fallback(
        &self,
        account: &Account,
        movers: &[(Mechanism, Record)],
    ) -> Result<(), TestCaseError> {
        let mut changes = Vec::new();
        for pair in movers.windows(2) {
            let [(left, last), (arrived, _)] = pair else { unreachable!("windows of 2") };
            if left != arrived {
                let errno = last.answer.expect_err("a mechanism that serves is not left");
                prop_assert!(is_refusal(last.name, errno), "left for {}", errno);
                changes.push((*left, errno));
            }
        }
        if let (Some((mechanism, last)), true) = (movers.last(), changes.is_empty()) {
            let is_refused = last.answer.is_err_and(|errno| is_refusal(last.name, errno));
            prop_assert!(!is_refused || self.is_last_choice(*mechanism), "no fallback was tried");
        }
        prop_assert!(changes.len() <= 1, "a mechanism that was left is not tried again");
        let noted = account.fallback.map(|fallback| (fallback.mechanism, fallback.errno));
        prop_assert_eq!(noted, changes.first().copied(), "the fallback");
        Ok(())
    }

    /// Whether the plan may end with `mechanism`: the caller allows no other, no other can serve the
    /// target, or the steps before had left the other.
    fn is_last_choice(&self, mechanism: Mechanism) -> bool {
        let other = match mechanism {
            Mechanism::Sendfile => Mechanism::Copy,
            Mechanism::Copy => Mechanism::Sendfile,
        };
        let can_serve = match self.scenario.target {
            Endpoint::Datagrams { .. } => other == Mechanism::Copy,
            Endpoint::File { offset: Some(_), .. } => other == Mechanism::Copy,
            _ => true,
        };
        !self.usable().contains(other) || !can_serve || self.request.resume == Some(mechanism)
    }

    /// sendfile never asks past the end of a file whose size is known, as far as fstat can tell.
    fn check_clamp(&self, from: usize) -> Result<(), TestCaseError> {
        self.kernel.with_records(from, |records| self.check_clamp_against(records))
    }

    fn check_clamp_against(&self, records: &[Record]) -> Result<(), TestCaseError> {
        let mut size = None;
        let mut is_copied_first = false;
        for record in records {
            match record.name {
                Name::FileStatus if record.fd == Some(self.request.source.fd) => {
                    size = record.answer.ok();
                }
                // Nobody has looked at the size before a copy.
                Name::Pread if record.fd == Some(self.request.source.fd) => is_copied_first = true,
                Name::Sendfile if record.fd == Some(self.request.target) && !is_copied_first => {
                    let size = size.expect("the size is looked at before a sendfile");
                    let end = record.offset + record.count;
                    prop_assert!(size == 0 || end <= size, "asked up to {} of {}", end, size);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the transfer has come to its end, and whether it may end like this.
    fn is_over(&self, stop: Stop, whims_before: usize) -> Result<bool, TestCaseError> {
        match stop {
            Ok(End::Complete) => {
                prop_assert_eq!(self.delivered, self.scenario.count, "complete");
                Ok(true)
            }
            Ok(End::SourceEnded) => {
                prop_assert!(self.delivered < self.scenario.count, "more was asked for");
                let end = self.scenario.offset + self.delivered;
                let smallest = self.kernel.smallest_source();
                prop_assert!(smallest <= end, "ended at {} of at least {}", end, smallest);
                Ok(true)
            }
            // A whim may have been the cause, so it is tried again.
            Err(_) if self.kernel.whims_left() < whims_before => Ok(false),
            Err(error) => {
                prop_assert!(self.is_lasting(&error), "unexpected: {}", error);
                Ok(true)
            }
        }
    }

    /// Whether a transfer without whims fails like this.
    fn is_lasting(&self, error: &Error) -> bool {
        let scenario = self.scenario;
        let is_appended = matches!(scenario.target, Endpoint::File { is_appended: true, .. });
        match error {
            Error::System { errno: Errno::EPIPE, .. } => {
                scenario.whims.contains(&Whim::ReaderCloses)
            }
            Error::System { errno: Errno::EMSGSIZE, call: Call::Send, .. } => {
                let is_long = self.request.count > DATAGRAM_BYTES_MAX as u64;
                is_long && matches!(scenario.target, Endpoint::Datagrams { .. })
            }
            Error::System { errno, mechanism: Some(Mechanism::Sendfile), .. } => {
                let is_refused = !scenario.can_be_spliced || is_appended;
                scenario.filter == Some(*errno) || (*errno == Errno::EINVAL && is_refused)
            }
            // Only sendfile is allowed, and it is known not to work or can't serve the target.
            Error::Unsupported(_) => !scenario.allowed.contains(Mechanism::Copy),
            _ => false,
        }
    }

    /// sendfile is given up for good after ENOSYS, and after EPERM where a try on our own pipe
    /// fails too; the copy never is.
    fn check_memory(&self) -> Result<(), TestCaseError> {
        self.kernel.with_records(0, |records| self.check_memory_against(records))
    }

    fn check_memory_against(&self, records: &[Record]) -> Result<(), TestCaseError> {
        let mut expected = false;
        for (index, record) in records.iter().enumerate() {
            if record.name == Name::Sendfile && record.fd == Some(self.request.target) {
                expected |= match record.answer {
                    Err(Errno::ENOSYS) => true,
                    Err(Errno::EPERM) => is_probe_refused(&records[index + 1..]),
                    _ => false,
                };
            }
        }
        let unusable = if expected { only(Mechanism::Sendfile) } else { MechanismSet::EMPTY };
        prop_assert_eq!(self.memory.unusable(), unusable, "what is remembered");
        Ok(())
    }
}

/// Whether the probe whose calls come first in `records` was made and refused.
fn is_probe_refused(records: &[Record]) -> bool {
    let answers: Vec<_> = records.iter().take(3).map(|it| (it.name, it.answer)).collect();
    matches!(
        answers[..],
        [
            (Name::MemoryFile, Ok(_)),
            (Name::Pipe, Ok(_)),
            (Name::Sendfile, Err(Errno::EPERM | Errno::ENOSYS)),
        ]
    )
}

fn is_refusal(name: Name, errno: Errno) -> bool {
    match name {
        Name::Sendfile => matches!(
            errno,
            Errno::EINVAL
                | Errno::ESPIPE
                | Errno::EPERM
                | Errno::ENOSYS
                | Errno::EOPNOTSUPP
                | Errno::EOVERFLOW
                | Errno::UnknownErrno
        ),
        Name::Pread => errno == Errno::EINVAL,
        _ => false,
    }
}
