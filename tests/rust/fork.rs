//! Goal: a process knows after fork(2) that it is another one than before, and shares no pipe.
//! Method: real children, and children of those.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use real::Real;
use real::child::{Child, in_child};
use zerocopy_nio::driver::{Limits, Request, blocking, prepare};
use zerocopy_nio::kernel::{Fd, Kernel, Linux, Side};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::transfer::{End, Process, Step};

/// Goal: the number stays the same in a process, is another one in a child and in its child, and
/// that of the parent does not change by it.
/// Method: ask before, in, and after two generations of children, from two threads.
#[test]
fn generation_is_another_one_in_each_child() {
    let mine = Linux.fork_generation();
    in_child(|| {
        let childs = Linux.fork_generation();
        assert_ne!(childs, mine);
        in_child(|| {
            let grandchilds = Linux.fork_generation();
            assert!(grandchilds != mine && grandchilds != childs);
        });
        assert_eq!(Linux.fork_generation(), childs);
    });
    assert_eq!(Linux.fork_generation(), mine);
    let threads = std::thread::spawn(|| Linux.fork_generation()).join().unwrap();
    assert_eq!(threads, mine);
}

const BYTES: usize = 50_000;

fn fd(socket: &UnixStream) -> Fd {
    Fd::new(socket.as_raw_fd()).unwrap()
}

fn by_splice(source: Fd, target: Fd) -> Request {
    Request {
        count: BYTES as u64,
        allowed: MechanismSet::EMPTY.with(Mechanism::Splice),
        ..Request::new(source, target)
    }
}

/// Moves bytes that are all `byte` from socket to socket through a pipe of `process`, and holds
/// what comes out against what went in.
fn relay(process: &Process, byte: u8) {
    let (mut feeder, source) = UnixStream::pair().unwrap();
    let (mut reader, target) = UnixStream::pair().unwrap();
    feeder.write_all(&[byte; BYTES]).unwrap();
    let limits = Limits::default();
    let run = blocking::run(&Linux, process, &by_splice(fd(&source), fd(&target)), &limits, None);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::Complete), BYTES as u64));
    reader.set_nonblocking(true).unwrap();
    let mut received = vec![0; BYTES];
    reader.read_exact(&mut received).unwrap();
    let strangers = received.iter().filter(|it| **it != byte).count();
    assert_eq!(strangers, 0, "{strangers} bytes of another process");
}

/// Calls `meanwhile` while bytes that are all `byte` are in a pipe of `process`, because the target
/// is full; then lets them go and holds what comes out against what went in.
fn relay_with_a_pause(process: &Process, byte: u8, meanwhile: impl FnOnce()) {
    let (mut feeder, source) = UnixStream::pair().unwrap();
    feeder.write_all(&[byte; BYTES]).unwrap();
    // Not a UNIX stream: up to Linux 6.1 splice(2) puts pages into one that is full.
    let real = Real::default();
    let (reader, target) = real.tcp(false);
    let (mut reader, mut filler) =
        (File::from(real.handle(reader)), File::from(real.handle(target)));
    let mut filling = 0;
    while let Ok(count) = filler.write(&[0; 4096]) {
        filling += count;
    }
    let request = by_splice(fd(&source), target);
    let mut transfer = prepare(&Linux, &process.memory, &request).unwrap();
    let stepped = transfer.step(&Linux, process, u64::MAX);
    assert_eq!(stepped, Ok(Step::Wait(Side::Target)));
    assert!(transfer.undelivered_bytes() > 0, "they are in the pipe");

    meanwhile();

    reader.read_exact(&mut vec![0; filling]).unwrap();
    // Ends: there is room for all that is left, as soon as the peer says so.
    loop {
        match transfer.step(&Linux, process, u64::MAX).unwrap() {
            Step::Done(_) => break,
            Step::Wait(side) => {
                Linux.poll(&[(transfer.side_fd(side), side)], None).unwrap();
            }
            _ => {}
        }
    }
    transfer.close(&Linux, process);
    let mut received = vec![0; BYTES];
    reader.read_exact(&mut received).unwrap();
    let strangers = received.iter().filter(|it| **it != byte).count();
    assert_eq!(strangers, 0, "{strangers} bytes of another process");
}

/// Goal: parent and child both have the descriptors of a pipe that lies in the pool; no byte
/// crosses from the one to the other.
/// Method: use the pool and fork with a free pipe in it; the parent relays while bytes of the child
/// are in a pipe, and the other way round.
#[test]
fn no_byte_crosses_by_a_pipe_that_both_processes_have() {
    let process = Process::new();
    relay(&process, 1);
    assert_eq!(process.pipes.idle_count(), 1, "a free pipe is shared with the child");
    let (mut mine, mut childs) = UnixStream::pair().unwrap();
    mine.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    childs.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let child = Child::start(|| {
        relay_with_a_pause(&process, 2, || {
            childs.write_all(b"1").unwrap();
            childs.read_exact(&mut [0]).unwrap();
        });
        relay(&process, 3);
        assert_eq!(process.pipes.idle_count(), 1, "a pipe of its own");
        childs.write_all(b"2").unwrap();
    });
    mine.read_exact(&mut [0]).unwrap();
    relay(&process, 4);
    relay_with_a_pause(&process, 5, || {
        mine.write_all(b"1").unwrap();
        mine.read_exact(&mut [0]).unwrap();
    });
    child.succeed();
    assert_eq!(process.pipes.idle_count(), 1);
}
