//! Goal: what files do beside taking bytes does not reach the user of a transfer: limits, alignment,
//! appending. Each test is named after the trap that it walks into.
//!
//! Method: real files, in the state that springs the trap.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::Write;

use nix::errno::Errno;
use nix::libc;
use real::child::in_child;
use real::ends::{SourceEnd, TargetEnd, assert_stored, filled, memory_file, read_to_end};
use real::places::{Place, Places};
use real::run::run_blocking;
use real::{Real, content};
use zerocopy_nio::driver::Request;
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Kernel, Linux};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::transfer::End;

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

fn bytes(count: usize) -> &'static [u8] {
    &content::dense()[..count]
}

fn errno_of(outcome: Result<End, Error>) -> Errno {
    match outcome {
        Err(Error::System { errno, .. }) => errno,
        outcome => panic!("{outcome:?}"),
    }
}

/// A target that has reached RLIMIT_FSIZE takes a part, and then EFBIG comes with a signal.
///
/// Method: a child with the limit and without the signal; from a file, which can be read again, and
/// from a stream, whose rest has to be handed back.
#[test]
fn file_size_limit_leaves_nothing_behind() {
    const LIMIT: usize = 5000;
    let all = bytes(100_000);
    in_child(|| {
        limit_file_size(LIMIT as u64);
        for mechanism in
            [Mechanism::CopyFileRange, Mechanism::Sendfile, Mechanism::Mapped, Mechanism::Copy]
        {
            let real = Real::default();
            let target = real.own(memory_file());
            let source = real.own(source_of(&all[..LIMIT]));
            let request = Request { allowed: only(mechanism), ..Request::new(source, target) };
            let once = run_blocking(&request);
            assert_eq!((once.outcome, once.account.delivered), (Ok(End::SourceEnded), 5000));
            Linux.set_position(source, 0).unwrap();
            let again = run_blocking(&request);
            assert_eq!((errno_of(again.outcome), again.account.delivered), (Errno::EFBIG, 0));
            assert_eq!(Linux.position(source), Ok(0));
            content::assert_same(&real.content(target), &all[..LIMIT], &mechanism);
        }
        for mechanism in [Mechanism::Splice, Mechanism::Copy] {
            let real = Real::default();
            let (writer, source) = real.unix(true);
            File::from(real.take(writer)).write_all(all).unwrap();
            let target = real.own(memory_file());
            let request = Request { allowed: only(mechanism), ..Request::new(source, target) };
            let ended = run_blocking(&request);
            assert_eq!(errno_of(ended.outcome), Errno::EFBIG);
            assert_eq!(ended.account.delivered, LIMIT as u64);
            content::assert_same(&real.content(target), &all[..LIMIT], &mechanism);
            let mut rest = read_to_end(ended.undelivered);
            assert_eq!(rest.len() as u64, ended.account.consumed - LIMIT as u64);
            rest.extend(real.read(source, all.len() - LIMIT - rest.len()));
            content::assert_same(&rest, &all[LIMIT..], &mechanism);
        }
    });
}

fn source_of(bytes: &[u8]) -> File {
    filled(memory_file(), bytes)
}

#[allow(unsafe_code, reason = "nix has these behind features that the project does not need")]
fn limit_file_size(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: `limit` is read during the call only, and no handler is installed.
    unsafe {
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// A file with O_DIRECT is read in whole blocks, and its tail is none.
///
/// Method: sizes with a tail to each kind of target, by the plan: every byte arrives.
#[test]
fn tail_of_a_source_with_o_direct_arrives() {
    let places = Places::shared();
    for count in [1, 511, 513, 10_001, 70_001] {
        for end in [TargetEnd::Tcp4, TargetEnd::Unix, TargetEnd::Pipe, TargetEnd::Memory] {
            let real = Real::default();
            let source = match SourceEnd::Direct.open(&real, &places, bytes(count)) {
                Ok(source) => source,
                Err(reason) => return println!("skipped: {reason}"),
            };
            let target = end.open(&real, &places, bytes(count)).unwrap();
            let ended = run_blocking(&Request::new(source.fd, target.fd));
            assert_eq!(ended.outcome, Ok(End::SourceEnded), "{count} to {end:?}");
            target.close(&real, count);
        }
    }
}

/// A file with O_DIRECT is written in whole blocks only. All of them are delivered, and the error says
/// where the rest would have gone.
///
/// Method: a size with a tail, by the plan and by each mechanism; then a size without one.
#[test]
fn tail_for_a_target_with_o_direct_is_refused() {
    let places = Places::shared();
    let real = Real::default();
    let ways = [Mechanism::CopyFileRange, Mechanism::Sendfile, Mechanism::Copy, Mechanism::Mapped];
    for allowed in ways.map(only).into_iter().chain([MechanismSet::ALL]) {
        for count in [70_001, 300] {
            let target = match TargetEnd::Direct.open(&real, &places, bytes(count)) {
                Ok(target) => target,
                Err(reason) => return println!("skipped: {reason}"),
            };
            let source = SourceEnd::File(Place::Ext4).open(&real, &places, bytes(count)).unwrap();
            let request = Request { allowed, ..Request::new(source.fd, target.fd) };
            let ended = run_blocking(&request);
            let block = Linux.block_bytes(target.fd).unwrap_or(4096);
            let delivered = count as u64 - count as u64 % block;
            let error = ended.outcome.unwrap_err();
            let is_right = matches!(error, Error::NoBlock { offset, block_bytes, .. }
                if (offset, block_bytes) == (delivered, block));
            assert!(is_right, "{error:?} by {allowed:?}");
            assert_eq!(ended.account.delivered, delivered, "by {allowed:?}");
            assert_eq!(ended.account.consumed, delivered);
            target.close(&real, usize::try_from(delivered).unwrap());
        }
    }

    let target = TargetEnd::Direct.open(&real, &places, bytes(8192)).unwrap();
    let source = SourceEnd::File(Place::Ext4).open(&real, &places, bytes(8192)).unwrap();
    assert_eq!(run_blocking(&Request::new(source.fd, target.fd)).outcome, Ok(End::SourceEnded));
    target.close(&real, 8192);
}

/// sendfile, splice and copy_file_range refuse a target with O_APPEND; nothing of that is tried.
///
/// Method: a file and a stream to the end of a file: copied, without a fallback.
#[test]
fn appended_target_is_copied_to_at_once() {
    let places = Places::shared();
    for end in [SourceEnd::Memory, SourceEnd::Unix] {
        let real = Real::default();
        let source = end.open(&real, &places, bytes(100_000)).unwrap();
        let target = match TargetEnd::Appended.open(&real, &places, bytes(100_000)) {
            Ok(target) => target,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let ended = run_blocking(&Request::new(source.fd, target.fd));
        assert_eq!(ended.outcome, Ok(End::SourceEnded));
        assert_eq!(ended.account.mechanisms, only(Mechanism::Copy));
        assert_eq!(ended.account.fallbacks, []);
        source.close(&real);
        target.close(&real, 100_000);
    }
}

/// copy_file_range refuses a range that overlaps with its own copy, and a copy forward would write
/// over what it has not read yet. Ranges that do not overlap are none of that.
///
/// Method: a file to its own end.
#[test]
fn file_is_copied_behind_itself() {
    let real = Real::default();
    let file = source_of(bytes(100_000));
    let kept = file.try_clone().unwrap();
    let fd = real.own(file);
    let request = Request {
        source_offset: Some(0),
        target_offset: Some(100_000),
        count: 100_000,
        ..Request::new(fd, fd)
    };
    assert_eq!(run_blocking(&request).outcome, Ok(End::Complete));
    assert_stored(&kept, 0, bytes(100_000));
    assert_stored(&kept, 100_000, bytes(100_000));
}
