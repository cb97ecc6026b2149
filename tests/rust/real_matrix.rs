//! Goal: between any two ends, by any mechanism, the bytes arrive as they are or the refusal is one
//! of those that stand in [`expected`].
//!
//! Method: every source with every target, by every mechanism alone and by the plan, at sizes around
//! every border that the code has; 64 MiB twice for each pair, by one mechanism after the other.
//! Feeders, drainers and file systems are real. What comes is compared with what was sent, byte by
//! byte; positions and accounts are compared too.
#![allow(clippy::unwrap_used)]

mod real;

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use real::ends::{SourceEnd, TargetEnd, read_to_end};
use real::places::{Place, Places};
use real::run::{Ended, run_blocking, run_stepped};
use real::{Real, content, without_hanging};
use zerocopy_nio::driver::{DirectIo, Request};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Fd, Kernel, Linux};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet, Patience};
use zerocopy_nio::probe::probe;
use zerocopy_nio::transfer::End;

const SIZES: [usize; 7] = [0, 1, 4095, 4096, 4097, 65_535, (1 << 20) + 1];

/// The sizes for the driver that is stepped from outside.
const STEPPED_SIZES: [usize; 3] = [1, 4097, (1 << 20) + 1];

/// How many mechanisms move [`content::CONTENT_BYTES`] between two ends. They take turns, so that each
/// has its turn in every row.
const LARGE_CELLS_OF_A_PAIR: usize = 2;

/// What O_DIRECT is aligned to on the file systems here.
const BLOCK_BYTES: usize = 512;

/// Up to this count pread and send is planned for TCP: see the planner.
const SMALL_BYTES: usize = 4096;

/// How a transfer has to come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Delivers,
    /// No plan for these ends has the mechanism.
    NotPlanned,
    /// The kernel refuses before the first byte.
    Refused(Errno),
    /// Which of the two depends on where the pieces end: O_DIRECT takes whole blocks only.
    DeliversOr(Errno),
}

/// The table of what is refused. Nothing else may be.
fn expected(
    source: SourceEnd,
    target: TargetEnd,
    forced: Option<Mechanism>,
    bytes: usize,
) -> Expected {
    use Expected::*;
    let appends = target == TargetEnd::Appended;
    let is_planned = match forced {
        None | Some(Mechanism::Copy) => true,
        // From memory to sockets: no transfer has it.
        Some(Mechanism::MsgZerocopy) => false,
        Some(Mechanism::Splice) if source.is_file() => target == TargetEnd::Pipe,
        Some(Mechanism::Splice) => !appends,
        Some(Mechanism::Mapped) => source.is_file(),
        Some(Mechanism::Sendfile) => source.is_file() && !appends,
        Some(Mechanism::CopyFileRange) => source.is_file() && target.is_file() && !appends,
        Some(Mechanism::DirectIo) => {
            let is_tcp = matches!(target, TargetEnd::Tcp4 | TargetEnd::Tcp6);
            let is_stream = is_tcp || target == TargetEnd::Unix;
            let knows_size = source.is_file() && source != SourceEnd::Proc;
            knows_size && is_stream && !(is_tcp && bytes <= SMALL_BYTES)
        }
    };
    if !is_planned {
        return NotPlanned;
    }
    let kernel_says = refusal(source, target, forced);
    // A file of procfs has what it has, and that is no block.
    let is_unaligned = bytes % BLOCK_BYTES != 0 || source == SourceEnd::Proc;
    match kernel_says {
        Some(errno) => Refused(errno),
        // Memory has taken O_DIRECT since Linux 6.12.
        None if forced == Some(Mechanism::DirectIo) && source.is_in_memory() => {
            DeliversOr(Errno::EINVAL)
        }
        // Streams come in pieces of any size, and sockets take such.
        None if target == TargetEnd::Direct && (is_unaligned || !source.is_file()) => {
            DeliversOr(Errno::EINVAL)
        }
        None if source == SourceEnd::Direct
            && !matches!(forced, None | Some(Mechanism::Mapped | Mechanism::DirectIo))
            && (is_unaligned || !target.is_file()) =>
        {
            DeliversOr(Errno::EINVAL)
        }
        None => Delivers,
    }
}

/// What the kernel answers to a mechanism that is planned alone and can't serve these ends.
fn refusal(source: SourceEnd, target: TargetEnd, forced: Option<Mechanism>) -> Option<Errno> {
    match forced? {
        Mechanism::CopyFileRange => {
            let is_one = source.place().is_some() && source.place() == target.place();
            let is_memory = source == SourceEnd::Memory && target == TargetEnd::Memory;
            (!is_one && !is_memory).then_some(Errno::EXDEV)
        }
        // Its files can be neither spliced nor mapped.
        Mechanism::Sendfile | Mechanism::Splice if source == SourceEnd::Proc => Some(Errno::EINVAL),
        Mechanism::Mapped if source == SourceEnd::Proc => Some(Errno::ENODATA),
        _ => None,
    }
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy)]
struct Cell {
    source: SourceEnd,
    target: TargetEnd,
    forced: Option<Mechanism>,
    bytes: usize,
    /// Ends in non-blocking mode that are stepped from outside, instead of the blocking driver.
    is_stepped: bool,
    /// The count is given as "all there is".
    is_to_end: bool,
}

/// What one row has met.
#[derive(Debug, Default)]
struct Tally {
    delivered: usize,
    refused: usize,
    skipped: BTreeSet<String>,
}

impl Cell {
    fn request(&self, source: Fd, target: Fd) -> Request {
        let mut request = Request::new(source, target);
        request.count = if self.is_to_end { u64::MAX } else { self.bytes as u64 };
        if let Some(mechanism) = self.forced {
            request.allowed = MechanismSet::EMPTY.with(mechanism);
            if mechanism == Mechanism::DirectIo {
                request.options.direct_io = DirectIo::Above(0);
            }
        }
        if self.is_stepped {
            request.options.patience = Patience::Return;
        }
        request
    }

    /// Runs the cell, or says why it is skipped.
    fn run(
        &self,
        places: &Places,
        content: &'static [u8],
        tally: &mut Tally,
    ) -> Result<(), String> {
        let real = Real::default();
        // A file of procfs can't be made shorter.
        let is_whole = self.is_to_end && self.source == SourceEnd::Proc;
        let count = if is_whole { content.len() } else { self.bytes.min(content.len()) };
        let bytes = &content[..count];
        let source = self.source.open(&real, places, bytes)?;
        let target = self.target.open(&real, places, bytes)?;
        if self.is_stepped {
            for (fd, is_file) in
                [(source.fd, self.source.is_file()), (target.fd, self.target.is_file())]
            {
                if !is_file {
                    real.set_non_blocking(fd);
                }
            }
        }
        let request = self.request(source.fd, target.fd);
        let is_stepped = self.is_stepped;
        let ended = without_hanging(move || {
            if is_stepped { run_stepped(&request) } else { run_blocking(&request) }
        });
        self.check(&ended, bytes, tally);
        let delivered = usize::try_from(ended.account.delivered).unwrap();
        self.check_leftovers(ended, &bytes[delivered..]);
        if self.source.is_file() {
            let position = Linux.position(source.fd);
            assert_eq!(position, Ok(delivered as u64), "{self:?}: position of the source");
        }
        source.close(&real);
        target.close(&real, delivered);
        Ok(())
    }

    fn check(&self, ended: &Ended, bytes: &[u8], tally: &mut Tally) {
        // What asks for nothing needs no mechanism.
        let expected = if self.bytes == 0 && !self.is_to_end {
            Expected::Delivers
        } else {
            expected(self.source, self.target, self.forced, self.bytes)
        };
        let account = &ended.account;
        match (ended.outcome, expected) {
            (Ok(end), Expected::Delivers | Expected::DeliversOr(_)) => {
                let is_short = self.is_to_end || bytes.len() < self.bytes;
                assert_eq!(end, if is_short { End::SourceEnded } else { End::Complete });
                assert_eq!(account.delivered, bytes.len() as u64, "{self:?}");
                assert_eq!(account.consumed, account.delivered, "{self:?}");
                self.check_mechanisms(account.mechanisms, bytes.is_empty());
                assert!(account.system_calls > 0 || bytes.is_empty(), "{self:?}");
                tally.delivered += 1;
            }
            (Err(Error::Unsupported(_)), Expected::NotPlanned) => {
                assert_eq!((account.consumed, account.system_calls), (0, 0), "{self:?}");
                tally.refused += 1;
            }
            (Err(Error::System { errno, mechanism, .. }), Expected::Refused(refusal)) => {
                assert_eq!((errno, mechanism), (refusal, self.forced), "{self:?}");
                assert_eq!(account.consumed, 0, "{self:?}");
                tally.refused += 1;
            }
            (Err(Error::System { errno, mechanism, .. }), Expected::DeliversOr(refusal)) => {
                assert_eq!(errno, refusal, "{self:?}");
                assert!(self.forced.is_none() || mechanism == self.forced, "{self:?}");
                tally.refused += 1;
            }
            (
                Err(Error::NoBlock { mechanism, .. }),
                Expected::DeliversOr(Errno::EINVAL) | Expected::Refused(Errno::EINVAL),
            ) => {
                assert_eq!(self.target, TargetEnd::Direct, "{self:?}");
                assert!(self.forced.is_none_or(|forced| forced == mechanism), "{self:?}");
                tally.refused += 1;
            }
            (outcome, expected) => panic!("{self:?}: {outcome:?} where it {expected:?}"),
        }
    }

    fn check_mechanisms(&self, used: MechanismSet, is_empty: bool) {
        match self.forced {
            _ if is_empty => assert_eq!(used, MechanismSet::EMPTY, "{self:?}"),
            Some(forced) => assert_eq!(used, MechanismSet::EMPTY.with(forced), "{self:?}"),
            None => assert_ne!(used, MechanismSet::EMPTY, "{self:?}"),
        }
    }

    /// What was consumed and not delivered is the next of the content, and all of it can be had.
    fn check_leftovers(&self, ended: Ended, rest: &[u8]) {
        let left = usize::try_from(ended.account.consumed - ended.account.delivered).unwrap();
        let undelivered: Option<OwnedFd> = ended.undelivered;
        content::assert_same(&read_to_end(undelivered), &rest[..left], self);
    }
}

/// The mechanisms that can be forced, and the plan's own choice.
fn mechanisms(tally: &mut Tally) -> Vec<Option<Mechanism>> {
    let mut mechanisms = vec![None];
    for mechanism in Mechanism::ALL {
        match probe(&Linux, mechanism) {
            Err(unusable) if mechanism == Mechanism::DirectIo => {
                tally.skipped.insert(unusable.to_string());
            }
            _ => mechanisms.push(Some(mechanism)),
        }
    }
    mechanisms
}

/// Runs one source against every target.
fn row(source: SourceEnd) {
    let content: &'static [u8] = Box::leak(source.content().into_boxed_slice());
    let places = Places::shared();
    let mut tally = Tally::default();
    let mechanisms = mechanisms(&mut tally);
    for (index, target) in TargetEnd::ALL.into_iter().enumerate() {
        let mut cell = Cell {
            source,
            target,
            forced: None,
            bytes: 0,
            is_stepped: false,
            is_to_end: index % 2 == 1,
        };
        let mut cells = Vec::new();
        for forced in mechanisms.iter().copied() {
            cell.forced = forced;
            cells.extend(SIZES.map(|bytes| Cell { bytes, ..cell }));
            cells.extend(STEPPED_SIZES.map(|bytes| Cell { bytes, is_stepped: true, ..cell }));
        }
        let large = content::CONTENT_BYTES;
        let mut able = mechanisms.clone();
        able.retain(|forced| expected(source, target, *forced, large) == Expected::Delivers);
        let turn = index % able.len().max(1);
        able.rotate_left(turn);
        for forced in able.into_iter().take(LARGE_CELLS_OF_A_PAIR) {
            cells.push(Cell { forced, bytes: large, ..cell });
        }
        for cell in cells {
            if let Err(reason) = cell.run(&places, content, &mut tally) {
                tally.skipped.insert(reason);
            }
        }
    }
    let Tally { delivered, refused, skipped } = tally;
    println!("{source:?}: {delivered} cells delivered, {refused} refused as documented");
    for reason in skipped {
        println!("{source:?}: skipped: {reason}");
    }
}

#[test]
fn file_of_ext4_goes_everywhere() {
    row(SourceEnd::File(Place::Ext4));
}

#[test]
fn file_of_tmpfs_goes_everywhere() {
    row(SourceEnd::File(Place::Tmpfs));
}

#[test]
fn file_of_btrfs_goes_everywhere() {
    row(SourceEnd::File(Place::Btrfs));
}

#[test]
fn file_of_xfs_goes_everywhere() {
    row(SourceEnd::File(Place::Xfs));
}

#[test]
fn file_with_o_direct_goes_everywhere() {
    row(SourceEnd::Direct);
}

#[test]
fn sparse_file_goes_everywhere() {
    row(SourceEnd::Sparse);
}

#[test]
fn memory_file_goes_everywhere() {
    row(SourceEnd::Memory);
}

#[test]
fn file_of_procfs_goes_everywhere() {
    row(SourceEnd::Proc);
}

#[test]
fn tcp_v4_goes_everywhere() {
    row(SourceEnd::Tcp4);
}

#[test]
fn tcp_v6_goes_everywhere() {
    row(SourceEnd::Tcp6);
}

#[test]
fn unix_stream_goes_everywhere() {
    row(SourceEnd::Unix);
}

#[test]
fn pipe_goes_everywhere() {
    row(SourceEnd::Pipe);
}
