//! Goal: whatever a kernel, a file system or a sandbox refuses a mechanism with, the transfer
//! delivers every byte by another one and names the cause; and what no other mechanism could do
//! better on is the error, with not a byte too many.
//! Method: a seccomp filter in a child answers the system calls of one mechanism with each errno,
//! at the beginning and in the middle of a transfer between real endpoints; the parent reads.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::{Read, Write};
use std::thread;

use libc::{
    E2BIG, EAGAIN, EBADF, ECONNRESET, EDQUOT, EFBIG, EINVAL, EIO, EMFILE, ENFILE, ENODEV, ENOMEM,
    ENOSPC, ENOSYS, EOPNOTSUPP, EOVERFLOW, EPERM, ESPIPE, ETXTBSY, EXDEV,
};
use nix::errno::Errno;
use real::Real;
use real::child::Child;
use real::sample::{Sample, build_folder, content};
use real::seccomp::{Refused, refuse, why_no_filter};
use zerocopy_nio::driver::{DirectIo, Limits, Options, Request, blocking, prepare};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Call, Fd, Kernel, Linux};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::probe::probe;
use zerocopy_nio::transfer::{Account, End, Fallback, Process, Step};

/// `ENOTSUPP` of the kernel, which no C library knows.
const ENOTSUPP: i32 = 524;

/// More than any buffer on the way holds, the 4 MiB of direct reads included, so that there is
/// always a call to refuse after the first step.
const BYTES: usize = 6_000_001;

/// The answers that mean of every call that it is not there, or not for these descriptors.
const MISSING: [i32; 5] = [ENOSYS, EPERM, EINVAL, EOPNOTSUPP, ENOTSUPP];

/// What a transfer goes between. The other end of both is the parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    FileToTcp,
    FileToPipe,
    FileToFile,
    TcpToTcp,
    PipeToFile,
    PipeToUnix,
    DiskToTcp,
}

/// A mechanism, and the calls without which it does not work.
#[derive(Debug, Clone, Copy)]
struct Case {
    mechanism: Mechanism,
    ends: Ends,
    refused: Refused,
    /// The errnos beside those of [`MISSING`] on which another mechanism has to take over.
    taken_over: &'static [i32],
    /// The errnos that are errors of the transfer.
    errors: &'static [i32],
}

const SENDFILE: Case = Case {
    mechanism: Mechanism::Sendfile,
    ends: Ends::FileToTcp,
    refused: Refused::Calls(&[libc::SYS_sendfile]),
    taken_over: &[ESPIPE, EOVERFLOW],
    errors: &[EIO, ENOSPC, EDQUOT, ECONNRESET, ENOMEM],
};

const SPLICE: Case = Case {
    mechanism: Mechanism::Splice,
    ends: Ends::FileToPipe,
    refused: Refused::Calls(&[libc::SYS_splice]),
    taken_over: &[ESPIPE, EOVERFLOW],
    errors: &[EIO, ENOSPC, EDQUOT, ECONNRESET, ENOMEM],
};

const COPY_FILE_RANGE: Case = Case {
    mechanism: Mechanism::CopyFileRange,
    ends: Ends::FileToFile,
    refused: Refused::Calls(&[libc::SYS_copy_file_range]),
    taken_over: &[EXDEV, EBADF, EIO, ETXTBSY, EOVERFLOW],
    errors: &[ENOSPC, EDQUOT, EFBIG],
};

const MAPPED: Case = Case {
    mechanism: Mechanism::Mapped,
    ends: Ends::FileToTcp,
    refused: Refused::Mappings,
    taken_over: &[ENODEV, ENOMEM, EOVERFLOW, EAGAIN],
    errors: &[EIO, E2BIG],
};

const DIRECT_IO: Case = Case {
    mechanism: Mechanism::DirectIo,
    ends: Ends::DiskToTcp,
    refused: Refused::Calls(&[libc::SYS_io_uring_setup]),
    taken_over: &[ENOMEM, EMFILE, ENFILE],
    errors: &[EIO],
};

const CASES: [Case; 8] = [
    SENDFILE,
    SPLICE,
    Case { ends: Ends::TcpToTcp, ..SPLICE },
    Case { ends: Ends::PipeToFile, ..SPLICE },
    Case { ends: Ends::PipeToUnix, ..SPLICE },
    COPY_FILE_RANGE,
    MAPPED,
    DIRECT_IO,
];

/// The two ends in this process, and their other ends.
struct Endpoints {
    real: Real,
    disk: Option<Sample>,
    source: Fd,
    feeder: Option<Fd>,
    target: Fd,
    reader: Option<Fd>,
}

impl Endpoints {
    fn new(ends: Ends, bytes: &[u8]) -> Endpoints {
        let real = Real::default();
        let disk = (ends == Ends::DiskToTcp).then(|| Sample::new(build_folder(), bytes));
        let (feeder, source) = match ends {
            Ends::FileToTcp | Ends::FileToPipe | Ends::FileToFile => (None, real.file(bytes)),
            Ends::DiskToTcp => (None, disk.as_ref().unwrap().fd()),
            Ends::TcpToTcp => some_first(real.tcp(true)),
            Ends::PipeToUnix | Ends::PipeToFile => {
                let (read_end, write_end) = real.pipe(true);
                (Some(write_end), read_end)
            }
        };
        let (reader, target) = match ends {
            Ends::FileToTcp | Ends::TcpToTcp | Ends::DiskToTcp => some_first(real.tcp(true)),
            Ends::FileToPipe => some_first(real.pipe(true)),
            Ends::FileToFile | Ends::PipeToFile => (None, real.file(&[])),
            Ends::PipeToUnix => some_first(real.unix(true)),
        };
        Endpoints { real, disk, source, feeder, target, reader }
    }

    /// Feeds the source and returns what comes out of the target after `child` has ended. All other
    /// copies of the ends have to be closed, or the ends of the streams would never come.
    fn received(self, child: Child, bytes: &[u8]) -> Vec<u8> {
        let Endpoints { real, disk, source, feeder, target, reader } = self;
        let feeding = feeder.map(|feeder| {
            let mut feeder_file = File::from(real.handle(feeder));
            let bytes = bytes.to_vec();
            real.close(feeder);
            real.close(source);
            // It stops where the child has failed and closed the source.
            thread::spawn(move || feeder_file.write_all(&bytes))
        });
        let received = match reader {
            None => {
                child.succeed();
                real.content(target)
            }
            Some(reader) => {
                let mut reader = File::from(real.handle(reader));
                real.close(target);
                let mut received = Vec::new();
                // Bytes of the source that nobody read make a reset of the end of a TCP stream.
                let ended = reader.read_to_end(&mut received);
                assert!(ended.is_ok() || feeding.is_some());
                child.succeed();
                received
            }
        };
        drop(disk);
        if let Some(feeding) = feeding {
            let _ = feeding.join().unwrap();
        }
        received
    }
}

fn some_first((first, second): (Fd, Fd)) -> (Option<Fd>, Fd) {
    (Some(first), second)
}

/// The mechanism first, as far as it is up to the caller.
fn request(case: Case, source: Fd, target: Fd) -> Request {
    let is_direct = case.mechanism == Mechanism::DirectIo;
    let direct_io = if is_direct { DirectIo::Above(0) } else { DirectIo::Never };
    let before = match case.mechanism {
        Mechanism::Mapped => MechanismSet::EMPTY.with(Mechanism::Sendfile),
        _ => MechanismSet::EMPTY,
    };
    let is_file = matches!(
        case.ends,
        Ends::FileToTcp | Ends::FileToPipe | Ends::FileToFile | Ends::DiskToTcp
    );
    Request {
        source_offset: is_file.then_some(0),
        allowed: MechanismSet::ALL.without(before),
        options: Options { direct_io, ..Options::default() },
        ..Request::new(source, target)
    }
}

fn errno_of(number: i32) -> Errno {
    Errno::from_raw(number)
}

fn skip() -> bool {
    why_no_filter().inspect(|reason| eprintln!("SKIPPED {reason}")).is_some()
}

/// Asserts that everything was delivered, and that the refusal is in the books with its cause.
fn was_taken_over(case: Case, errno: i32, outcome: Result<End, Error>, account: &Account) {
    assert_eq!(outcome, Ok(End::SourceEnded), "{case:?} {errno}");
    assert_eq!(account.delivered, BYTES as u64, "{case:?} {errno}");
    let fallback = Fallback { mechanism: case.mechanism, errno: errno_of(errno) };
    assert_eq!(account.fallbacks.first(), Some(&fallback), "{case:?}");
}

fn was_the_error(case: Case, errno: i32, outcome: Result<End, Error>, account: &Account) {
    match outcome {
        Err(Error::System { errno: named, mechanism, .. }) => {
            assert_eq!((named, mechanism), (errno_of(errno), Some(case.mechanism)), "{case:?}");
        }
        other => panic!("{case:?} {errno}: {other:?}"),
    }
    assert!(account.fallbacks.is_empty(), "{case:?} {errno}: {:?}", account.fallbacks);
}

/// Goal: a mechanism that is refused from the beginning is left before its first byte. ENOSYS and
/// EPERM are remembered, because descriptors of our own get them too; all else is not.
/// Method: each errno of each case; a second transfer of the same kind.
#[test]
fn another_mechanism_takes_over_before_the_first_byte() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    for case in CASES {
        for errno in MISSING.iter().chain(case.taken_over) {
            let ends = Endpoints::new(case.ends, &bytes);
            let (source, target, feeder) = (ends.source, ends.target, ends.feeder);
            let child = Child::start(|| {
                feeder.inspect(|feeder| Linux.close(*feeder));
                refuse(case.refused, *errno);
                let process = Process::new();
                let request = request(case, source, target);
                let limits = Limits::default();
                let run = blocking::run(&Linux, &process, &request, &limits, None);
                was_taken_over(case, *errno, run.outcome, &run.account);
                assert!(!run.account.mechanisms.contains(case.mechanism));
                let is_remembered = process.memory.unusable().contains(case.mechanism);
                assert_eq!(is_remembered, matches!(*errno, ENOSYS | EPERM), "{case:?} {errno}");
                let probed = probe(&Linux, case.mechanism);
                let is_asked_of_the_file =
                    case.mechanism == Mechanism::DirectIo && *errno == EINVAL;
                assert!(probed.is_err() || is_asked_of_the_file, "{case:?} {errno}");
            });
            assert!(ends.received(child, &bytes) == bytes, "{case:?} {errno}");
        }
    }
}

/// Goal: what no other mechanism would do better on is the error, and nothing was moved.
/// Method: each errno of each case.
#[test]
fn other_errors_end_the_transfer() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    for case in CASES {
        for errno in case.errors {
            let ends = Endpoints::new(case.ends, &bytes);
            let (source, target, feeder) = (ends.source, ends.target, ends.feeder);
            let child = Child::start(|| {
                feeder.inspect(|feeder| Linux.close(*feeder));
                refuse(case.refused, *errno);
                let process = Process::new();
                let request = request(case, source, target);
                let limits = Limits::default();
                let run = blocking::run(&Linux, &process, &request, &limits, None);
                was_the_error(case, *errno, run.outcome, &run.account);
                assert_eq!((run.account.delivered, run.account.consumed), (0, 0));
                assert_eq!(run.undelivered, None);
                assert_eq!(process.memory.unusable(), MechanismSet::EMPTY);
            });
            assert!(ends.received(child, &bytes).is_empty(), "{case:?} {errno}");
        }
    }
}

/// Steps a transfer to its end, and lets its calls be refused once something was delivered. What
/// was taken from the source and not delivered has to follow what was.
fn run_refused_midway(
    case: Case,
    errno: i32,
    (source, target): (Fd, Fd),
    bytes: &[u8],
) -> (Result<End, Error>, Account) {
    let process = Process::new();
    let request = request(case, source, target);
    let mut transfer = prepare(&Linux, &process.memory, &request).unwrap();
    let mut is_refused = false;
    // Ends: each turn delivers bytes of a finite source, or waits for the parent, or leaves.
    let outcome = loop {
        match transfer.step(&Linux, &process, 100_000) {
            Ok(Step::Moved(_)) if !is_refused => {
                is_refused = true;
                let refused = match case.refused {
                    Refused::Calls(&[libc::SYS_io_uring_setup]) => {
                        Refused::Calls(&[libc::SYS_io_uring_enter])
                    }
                    refused => refused,
                };
                refuse(refused, errno);
            }
            Ok(Step::Wait(side)) => {
                Linux.poll(&[(transfer.side_fd(side), side)], None).unwrap();
            }
            Ok(Step::Done(end)) => break Ok(end),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    let account = transfer.account().clone();
    let (delivered, consumed) = (account.delivered as usize, account.consumed as usize);
    let mut undelivered = vec![0; transfer.undelivered_bytes() as usize];
    let mut drained = 0;
    while drained < undelivered.len() {
        drained += transfer.drain_undelivered(&Linux, &mut undelivered[drained..]).unwrap();
    }
    assert!(undelivered == bytes[delivered..consumed], "{case:?} {errno}");
    transfer.close(&Linux, &process);
    (outcome, account)
}

/// Goal: a mechanism that is refused in the middle is left too, and no byte is lost or sent twice:
/// neither of a file nor of a stream, of which some are in a pipe at that moment.
/// Method: the filter is set after the first step that moved something.
#[test]
fn another_mechanism_takes_over_in_the_middle() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    // A window is mapped once for all of these bytes, so mapping can't be refused any more.
    for case in CASES.into_iter().filter(|case| case.mechanism != Mechanism::Mapped) {
        for errno in MISSING {
            let ends = Endpoints::new(case.ends, &bytes);
            let (source, target, feeder) = (ends.source, ends.target, ends.feeder);
            let child = Child::start(|| {
                feeder.inspect(|feeder| Linux.close(*feeder));
                let (outcome, account) = run_refused_midway(case, errno, (source, target), &bytes);
                was_taken_over(case, errno, outcome, &account);
                assert!(account.mechanisms.contains(case.mechanism), "it moved the first bytes");
            });
            assert!(ends.received(child, &bytes) == bytes, "{case:?} {errno}");
        }
    }
}

/// Goal: an error in the middle ends the transfer with exactly the bytes before it delivered.
/// Method: as before, with the errnos that no other mechanism takes over on.
#[test]
fn error_in_the_middle_leaves_what_was_before() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    for case in CASES.into_iter().filter(|case| case.mechanism != Mechanism::Mapped) {
        for errno in case.errors {
            let ends = Endpoints::new(case.ends, &bytes);
            let (source, target, feeder) = (ends.source, ends.target, ends.feeder);
            let child = Child::start(|| {
                feeder.inspect(|feeder| Linux.close(*feeder));
                let (outcome, account) = run_refused_midway(case, *errno, (source, target), &bytes);
                was_the_error(case, *errno, outcome, &account);
                assert!(account.delivered > 0 && account.delivered < BYTES as u64);
            });
            let received = ends.received(child, &bytes);
            assert!(!received.is_empty() && bytes.starts_with(&received), "{case:?} {errno}");
        }
    }
}

/// Goal: a copy_file_range that copies nothing where there are bytes, as some kernels do, is not
/// taken for the end of the file.
/// Method: the filter answers it with 0.
#[test]
fn copy_of_nothing_is_not_the_end() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    let ends = Endpoints::new(COPY_FILE_RANGE.ends, &bytes);
    let (source, target) = (ends.source, ends.target);
    let child = Child::start(|| {
        refuse(COPY_FILE_RANGE.refused, 0);
        let request = request(COPY_FILE_RANGE, source, target);
        let limits = Limits::default();
        let run = blocking::run(&Linux, &Process::new(), &request, &limits, None);
        was_taken_over(COPY_FILE_RANGE, libc::ENODATA, run.outcome, &run.account);
    });
    assert!(ends.received(child, &bytes) == bytes);
}

/// Goal: EFAULT of a write from a mapping is the end of the file only where the file does end
/// there. Else a page could not be read, and the copy says why or does better.
/// Method: the filter answers each send with EFAULT; the file has all its bytes.
#[test]
fn page_that_can_not_be_read_is_not_the_end() {
    if skip() {
        return;
    }
    let bytes = content(BYTES);
    let ends = Endpoints::new(MAPPED.ends, &bytes);
    let (source, target) = (ends.source, ends.target);
    let child = Child::start(|| {
        refuse(Refused::Calls(&[libc::SYS_sendto]), libc::EFAULT);
        let request = request(MAPPED, source, target);
        let limits = Limits::default();
        let run = blocking::run(&Linux, &Process::new(), &request, &limits, None);
        // The copy fails by the same call, and so the transfer does.
        let error = Error::System {
            errno: Errno::EFAULT,
            call: Call::Send,
            mechanism: Some(Mechanism::Copy),
        };
        assert_eq!(run.outcome, Err(error));
        let left = Fallback { mechanism: Mechanism::Mapped, errno: Errno::EFAULT };
        assert_eq!(run.account.fallbacks, [left]);
    });
    assert!(ends.received(child, &bytes).is_empty());
}
