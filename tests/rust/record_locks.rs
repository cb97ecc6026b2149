//! Goal: record locks that this process holds on a file before a transfer it holds after it. They
//! are dropped by closing any descriptor of the file: see fcntl(2), "Record locking".
//! Method: a lock on both files of a transfer by each mechanism; the list of the kernel.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::thread;

use real::Real;
use real::sample::{Sample, build_folder, content};
use zerocopy_nio::driver::{DirectIo, Limits, Options, Request, blocking};
use zerocopy_nio::kernel::{Fd, Linux};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::transfer::{End, Process};

/// More than one window, pipe or piece of each mechanism.
const BYTES: usize = 9_000_001;

/// All of `source` to `target` by `mechanism` alone.
fn run(source: Fd, target: Fd, mechanism: Mechanism) {
    let is_direct = mechanism == Mechanism::DirectIo;
    let direct_io = if is_direct { DirectIo::Above(0) } else { DirectIo::Never };
    let request = Request {
        source_offset: Some(0),
        allowed: MechanismSet::EMPTY.with(mechanism),
        options: Options { direct_io, ..Options::default() },
        ..Request::new(source, target)
    };
    let limits = Limits::default();
    let run = blocking::run(&Linux, &Process::new(), &request, &limits, None);
    assert_eq!(run.outcome, Ok(End::SourceEnded), "{mechanism:?}");
    assert_eq!(run.account.delivered, BYTES as u64, "{mechanism:?}");
    assert_eq!(run.account.mechanisms, MechanismSet::EMPTY.with(mechanism));
}

#[test]
fn transfers_keep_the_locks_of_both_files() {
    let sample = Sample::new(build_folder(), &content(BYTES));
    sample.lock();
    for mechanism in [Mechanism::Sendfile, Mechanism::CopyFileRange, Mechanism::Copy] {
        let target = Sample::new(build_folder(), &[]);
        target.lock();
        run(sample.fd(), target.fd(), mechanism);
        assert!(sample.is_locked() && target.is_locked(), "{mechanism:?} dropped a lock");
    }
    for mechanism in [Mechanism::Sendfile, Mechanism::Mapped, Mechanism::DirectIo, Mechanism::Copy]
    {
        let real = Real::default();
        let (reader, target) = real.tcp(true);
        drain(&real, reader, || run(sample.fd(), target, mechanism));
        assert!(sample.is_locked(), "{mechanism:?} dropped the lock");
    }
    let real = Real::default();
    let (reader, target) = real.pipe(true);
    drain(&real, reader, || run(sample.fd(), target, Mechanism::Splice));
    assert!(sample.is_locked(), "splice dropped the lock");
}

/// Reads all bytes while `act` sends them.
fn drain(real: &Real, reader: Fd, act: impl FnOnce()) {
    let mut reader = File::from(real.handle(reader));
    let draining = thread::spawn(move || {
        std::io::Read::read_exact(&mut reader, &mut vec![0; BYTES]).unwrap();
    });
    act();
    draining.join().unwrap();
}
