//! Goal: what the calls of the kernel do beside moving bytes does not reach the user of a transfer.
//! Each test is named after the trap that it walks into.
//!
//! Method: real sockets, pipes and files, in the state that springs the trap.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, getsockopt, send, setsockopt, sockopt};
use real::ends::{TargetEnd, filled, memory_file, read_to_end};
use real::places::{Place, Places};
use real::run::{owned, run_blocking, run_stepped, step_to_end};
use real::tcp::tcp_info;
use real::{Real, content, without_hanging};
use zerocopy_nio::driver::{Limits, PROCESS, Pump, Request, blocking};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Call, Fd, Kernel, Linux, Side};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet, Patience};
use zerocopy_nio::transfer::{End, Fallback, Process, Step};

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

fn bytes(count: usize) -> &'static [u8] {
    &content::dense()[..count]
}

fn handle(real: &Real, fd: Fd) -> File {
    File::from(real.handle(fd))
}

/// A header is sent with MSG_MORE and the kernel holds it back for up to 200 ms. The file that should
/// follow was truncated to nothing meanwhile.
///
/// Method: the size is looked at, then the file is emptied, then the transfer runs; nothing may be
/// unsent at its end, and TCP_NODELAY is what it was.
#[test]
fn msg_more_is_not_left_behind_by_a_truncated_file() {
    for no_delay in [false, true] {
        for mechanism in [Mechanism::Sendfile, Mechanism::Mapped] {
            let real = Real::default();
            let (peer, socket) = real.tcp(true);
            let socket_handle = real.handle(socket);
            setsockopt(&socket_handle, sockopt::TcpNoDelay, &no_delay).unwrap();
            let source = real.file(bytes(10_000));
            let mut request = Request { allowed: only(mechanism), ..Request::new(source, socket) };
            request.options.header = (*b"header").into();
            let mut pump = Pump::new(Linux, &PROCESS, &request).unwrap();
            real.truncate(source, 0);
            assert_eq!(step_to_end(&mut pump), Ok(End::SourceEnded));
            assert_eq!(tcp_info(&socket_handle).not_sent_bytes, 0, "{mechanism:?} {no_delay}");
            assert_eq!(getsockopt(&socket_handle, sockopt::TcpNoDelay), Ok(no_delay));
            assert_eq!(real.read(peer, 6), b"header");
        }
    }
}

/// The same where the file is not truncated but can't be read: an error, too, sends what is held back.
///
/// Method: a source that was closed for reading, by a mechanism that then fails.
#[test]
fn msg_more_is_not_left_behind_by_an_error() {
    let real = Real::default();
    let (peer, socket) = real.tcp(true);
    let file = real.file(bytes(10_000));
    let source = real.reopen(file, false, true, false);
    let mut request =
        Request { allowed: only(Mechanism::Sendfile), ..Request::new(source, socket) };
    request.options.header = (*b"header").into();
    let ended = run_blocking(&request);
    let refusal = Error::System {
        errno: Errno::EBADF,
        call: Call::Sendfile,
        mechanism: Some(Mechanism::Sendfile),
    };
    assert_eq!(ended.outcome, Err(refusal));
    assert_eq!(tcp_info(&real.handle(socket)).not_sent_bytes, 0);
    assert_eq!(real.read(peer, 6), b"header");
}

/// sendfile that is asked past the end of a file leaves the last bytes behind as if more were to come,
/// on kernels before 6.5.
///
/// Method: a file of procfs, which has no size, and a file that shrinks when its size was looked at,
/// in one transfer and by steps that keep nothing: behind two sendfile, or one and a look at the size,
/// TCP_NODELAY is set, which sends what is held back, and is then what it was before.
#[test]
fn end_that_sendfile_was_asked_past_is_sent_at_once() {
    for no_delay in [false, true] {
        let push_calls = if no_delay { 2 } else { 3 };
        for has_size in [false, true] {
            let real = Real::default();
            let (peer, socket) = real.tcp(true);
            let socket_handle = real.handle(socket);
            setsockopt(&socket_handle, sockopt::TcpNoDelay, &no_delay).unwrap();
            let (source, count) = if has_size {
                (real.file(bytes(10_000)), 5_000)
            } else {
                let version = File::open("/proc/version").unwrap();
                let count = std::fs::read("/proc/version").unwrap().len();
                (real.own(version), count)
            };
            let request = Request {
                source_offset: Some(0),
                allowed: only(Mechanism::Sendfile),
                ..Request::new(source, socket)
            };
            let mut pump = Pump::new(Linux, &PROCESS, &request).unwrap();
            if has_size {
                real.truncate(source, count as u64);
            }
            assert_eq!(step_to_end(&mut pump), Ok(End::SourceEnded));
            assert_eq!(pump.account().system_calls, 2 + push_calls, "{no_delay} {has_size}");
            assert_eq!(pump.account().delivered, count as u64);
            assert_eq!(tcp_info(&socket_handle).not_sent_bytes, 0);
            assert_eq!(getsockopt(&socket_handle, sockopt::TcpNoDelay), Ok(no_delay));
            real.read(peer, count);
        }
    }
}

/// A header and a file that are sent one after the other are two segments on the wire.
///
/// Method: TCP_INFO counts the segments of 200 B + 1000 B, by each mechanism and by the plan.
#[test]
fn header_and_small_file_are_one_segment() {
    for allowed in [
        MechanismSet::ALL,
        only(Mechanism::Sendfile),
        only(Mechanism::Mapped),
        only(Mechanism::Copy),
    ] {
        let real = Real::default();
        let (peer, socket) = real.tcp(true);
        let source = real.file(&bytes(1200)[200..]);
        let mut request = Request { allowed, ..Request::new(source, socket) };
        request.options.header = bytes(200).into();
        assert_eq!(run_blocking(&request).outcome, Ok(End::SourceEnded));
        content::assert_same(&real.read(peer, 1200), bytes(1200), &allowed);
        assert_eq!(tcp_info(&real.handle(socket)).data_segments_out, 1, "{allowed:?}");
    }
}

/// sendfile and splice send the page and not a snapshot. `is_stable` is for those who can't have that.
///
/// Method: the file is overwritten when the call has returned and nothing was read yet. Without
/// `is_stable` the peer sees the new bytes, which is what the documents state; with it the old ones.
#[test]
fn pages_are_shared_unless_the_transfer_is_stable() {
    for (is_stable, seen) in [(false, 0xff), (true, 0x11)] {
        let real = Real::default();
        for (name, (reader, writer)) in
            [("tcp", real.tcp(true)), ("unix", real.unix(true)), ("pipe", real.pipe(true))]
        {
            let source = real.file(&[0x11; 16_384]);
            let mut request = Request::new(source, writer);
            request.options.is_stable = is_stable;
            let ended = run_blocking(&request);
            assert_eq!((ended.outcome, ended.account.delivered), (Ok(End::SourceEnded), 16_384));
            handle(&real, source).write_all_at(&[0xff; 16_384], 0).unwrap();
            assert!(real.read(reader, 16_384) == [seen; 16_384], "{name} {is_stable}");
        }
    }
}

/// A file that gets shorter answers 0 for ever; with a mapping it would be SIGBUS.
///
/// Method: the file loses its second half when its size was looked at, before the first step and in
/// the middle, by every mechanism and to each target that it is planned for.
#[test]
fn truncated_source_ends_the_transfer() {
    const SIZE: u64 = 400_000;
    for mechanism in [
        Mechanism::Sendfile,
        Mechanism::Splice,
        Mechanism::CopyFileRange,
        Mechanism::Mapped,
        Mechanism::Copy,
    ] {
        for first_step in [None, Some(100_000)] {
            let real = Real::default();
            let source = real.file(bytes(SIZE as usize));
            let (mut reader, target) = target_of(&real, mechanism);
            let request = Request { allowed: only(mechanism), ..Request::new(source, target) };
            let mut pump = Pump::new(Linux, &PROCESS, &request).unwrap();
            let drainer = thread::spawn(move || {
                let mut got = Vec::new();
                reader.read_to_end(&mut got).unwrap();
                got
            });
            if let Some(budget) = first_step {
                assert!(matches!(pump.step(budget), Ok(Step::Moved(1..))));
            }
            real.truncate(source, SIZE / 2);
            assert_eq!(step_to_end(&mut pump), Ok(End::SourceEnded), "{mechanism:?}");
            assert_eq!(pump.account().delivered, SIZE / 2);
            let is_file = Linux.file_status(target).unwrap().size > 0;
            let written = if is_file { real.content(target) } else { Vec::new() };
            real.close(target);
            let got = if is_file { written } else { drainer.join().unwrap() };
            content::assert_same(&got, bytes(SIZE as usize / 2), &mechanism);
        }
    }
}

/// A target that the mechanism alone is planned for, with what reads its other end.
fn target_of(real: &Real, mechanism: Mechanism) -> (File, Fd) {
    match mechanism {
        Mechanism::CopyFileRange => (File::open("/dev/null").unwrap(), real.own(memory_file())),
        Mechanism::Splice => {
            let (reader, writer) = real.pipe(true);
            (File::from(real.take(reader)), writer)
        }
        _ => {
            let (reader, writer) = real.tcp(true);
            (File::from(real.take(reader)), writer)
        }
    }
}

/// A pipe is full by its slots and not by its bytes: a queue of one-byte segments fills 64 KiB with
/// a few bytes, and then EAGAIN comes although the socket is readable.
///
/// Method: a writer of single bytes, each a segment, to every kind of target; both drivers.
#[test]
fn slots_are_not_bytes() {
    const COUNT: usize = 5000;
    for is_stepped in [false, true] {
        for end in [TargetEnd::Memory, TargetEnd::Tcp4, TargetEnd::Pipe] {
            let real = Real::default();
            let (writer, source) = real.tcp(!is_stepped);
            setsockopt(&real.handle(writer), sockopt::TcpNoDelay, &true).unwrap();
            let mut writer = File::from(real.take(writer));
            for byte in bytes(COUNT) {
                writer.write_all(&[*byte]).unwrap();
            }
            drop(writer);
            let target = end.open(&real, &Places::shared(), bytes(COUNT)).unwrap();
            let request =
                Request { allowed: only(Mechanism::Splice), ..Request::new(source, target.fd) };
            let ended = without_hanging(move || {
                if is_stepped { run_stepped(&request) } else { run_blocking(&request) }
            });
            assert_eq!(ended.outcome, Ok(End::SourceEnded));
            assert_eq!(ended.account.delivered, COUNT as u64);
            target.close(&real, COUNT);
        }
    }
}

/// splice(2) stands still before urgent data of TCP and says that the stream has ended, or is dry:
/// a peer could end a transfer early by one byte, or have it spin.
///
/// Method: one urgent byte in the middle, to both kinds of target; both drivers, with few calls.
/// Everything else arrives, as read(2) would give it.
#[test]
fn urgent_data_is_not_the_end() {
    const COUNT: usize = 2000;
    const PAUSE: Duration = Duration::from_millis(50);
    for is_stepped in [false, true] {
        for end in [TargetEnd::Tcp4, TargetEnd::Pipe] {
            let real = Real::default();
            let (writer, source) = real.tcp(!is_stepped);
            let writer = real.take(writer);
            let feeding = thread::spawn(move || {
                let (first, second) = bytes(COUNT).split_at(COUNT / 2);
                send(writer.as_raw_fd(), first, MsgFlags::empty()).unwrap();
                send(writer.as_raw_fd(), b"!", MsgFlags::MSG_OOB).unwrap();
                thread::sleep(PAUSE);
                send(writer.as_raw_fd(), second, MsgFlags::empty()).unwrap();
                thread::sleep(PAUSE);
            });
            let target = end.open(&real, &Places::shared(), bytes(COUNT)).unwrap();
            let request = Request::new(source, target.fd);
            let ended = without_hanging(move || {
                if is_stepped { run_stepped(&request) } else { run_blocking(&request) }
            });
            feeding.join().unwrap();
            assert_eq!(ended.outcome, Ok(End::SourceEnded));
            assert_eq!(ended.account.delivered, COUNT as u64);
            let splice = Fallback { mechanism: Mechanism::Splice, errno: Errno::ENODATA };
            assert_eq!(ended.account.fallbacks, [splice]);
            assert!(ended.account.system_calls < 40, "{}", ended.account.system_calls);
            target.close(&real, COUNT);
        }
    }
}

/// A stream whose target dies, with bytes in the pipe between.
fn transfer_that_loses_its_target(real: &Real, allowed: MechanismSet) -> (Request, OwnedFd) {
    let (writer, source) = real.unix(true);
    let (peer, target) = real.unix(true);
    handle(real, writer).write_all(bytes(100_000)).unwrap();
    real.close(writer);
    (Request { allowed, ..Request::new(source, target) }, real.take(peer))
}

/// A target that goes away leaves bytes in a pipe that nobody knows: they must come back, all of them.
///
/// Method: the peer of the target closes before the first byte; by splice and by copy.
#[test]
fn epipe_leaves_the_bytes_recoverable() {
    for mechanism in [Mechanism::Splice, Mechanism::Copy] {
        let real = Real::default();
        let (request, peer) = transfer_that_loses_its_target(&real, only(mechanism));
        drop(peer);
        let ended = run_blocking(&request);
        let Err(Error::System { errno, mechanism: used, .. }) = ended.outcome else {
            panic!("{:?}", ended.outcome)
        };
        assert_eq!((errno, used), (Errno::EPIPE, Some(mechanism)));
        assert_eq!(ended.account.delivered, 0);
        let mut got = read_to_end(ended.undelivered);
        assert_eq!(got.len() as u64, ended.account.consumed);
        assert!(!got.is_empty(), "{mechanism:?} took nothing");
        got.extend(real.read(request.source, 100_000 - got.len()));
        content::assert_same(&got, bytes(100_000), &mechanism);
    }
}

/// A pipe that goes back to the pool with bytes in it gives them to the next transfer.
///
/// Method: a transfer dies with a full pipe and is dropped; the next one of the same process gets its
/// own bytes only.
#[test]
fn dirty_pipe_is_not_reused() {
    static OWN: Process = Process::new();
    let real = Real::default();
    let (request, peer) = transfer_that_loses_its_target(&real, only(Mechanism::Splice));
    drop(peer);
    let mut pump = Pump::new(Linux, &OWN, &request).unwrap();
    assert!(pump.step(u64::MAX).is_err());
    assert!(pump.undelivered_bytes() > 0);
    drop(pump);
    assert_eq!(OWN.pipes.idle_count(), 0);

    let (writer, source) = real.unix(true);
    handle(&real, writer).write_all(b"clean").unwrap();
    real.close(writer);
    let target = real.own(memory_file());
    let request = Request { allowed: only(Mechanism::Splice), ..Request::new(source, target) };
    let mut pump = Pump::new(Linux, &OWN, &request).unwrap();
    assert_eq!(step_to_end(&mut pump), Ok(End::SourceEnded));
    assert_eq!(real.content(target), b"clean");
    assert_eq!(OWN.pipes.idle_count(), 1);
}

/// splice sleeps on an empty TCP socket in blocking mode whatever its flags are.
///
/// Method: a step that must not sleep, from empty streams and pipes in blocking mode to each target.
#[test]
fn empty_source_in_blocking_mode_is_not_slept_on() {
    for mechanism in [Mechanism::Splice, Mechanism::Copy] {
        let real = Real::default();
        let pipe = real.pipe(true);
        for (_writer, source) in [real.tcp(true), real.unix(true), (pipe.1, pipe.0)] {
            for target in [real.tcp(true).1, real.pipe(true).1, real.own(memory_file())] {
                let mut request =
                    Request { allowed: only(mechanism), ..Request::new(source, target) };
                request.options.patience = Patience::Return;
                let step = without_hanging(move || {
                    Pump::new(Linux, &PROCESS, &request).unwrap().step(u64::MAX)
                });
                assert_eq!(step, Ok(Step::Wait(Side::Source)));
            }
        }
    }
}

/// sendfile and splice sleep on a full socket in blocking mode: no flag is against it, only
/// SO_SNDTIMEO, which belongs to the user and has to be what it was.
///
/// Method: a time-out on targets that nobody reads; then the option is looked at.
#[test]
fn full_socket_in_blocking_mode_is_left_in_time() {
    let before = Duration::from_millis(7_300);
    for mechanism in [Mechanism::Sendfile, Mechanism::Mapped, Mechanism::Copy] {
        let real = Real::default();
        for (_peer, target) in [real.tcp(true), real.unix(true)] {
            Linux.set_send_timeout(target, before).unwrap();
            let source = real.file(bytes(content::CONTENT_BYTES));
            let request = Request { allowed: only(mechanism), ..Request::new(source, target) };
            let run = without_hanging(move || {
                let timeout = Some(Duration::from_millis(50));
                let limits = Limits { timeout, ..Limits::default() };
                blocking::run(&Linux, &PROCESS, &request, &limits, None)
            });
            assert_eq!(run.outcome, Err(Error::TimedOut), "{mechanism:?}");
            assert_eq!(Linux.send_timeout(target), Ok(before));
            assert_eq!(Linux.position(source), Ok(run.account.delivered));
        }
    }
}

/// The size of a file of procfs is 0 and says nothing; a mapping would take it for an empty file.
///
/// Method: a file that sendfile refuses, to a socket, where the next mechanism maps.
#[test]
fn size_0_of_procfs_is_not_believed() {
    let path = "/proc/self/environ";
    let real = Real::default();
    let (reader, target) = real.tcp(true);
    let request = Request::new(real.own(File::open(path).unwrap()), target);
    let ended = run_blocking(&request);
    assert_eq!(ended.outcome, Ok(End::SourceEnded));
    let expected = std::fs::read(path).unwrap();
    content::assert_same(&real.read(reader, expected.len()), &expected, &path);
    assert_eq!(ended.account.mechanisms, only(Mechanism::Copy));
    let fallback = |mechanism, errno| Fallback { mechanism, errno };
    assert_eq!(
        ended.account.fallbacks,
        [fallback(Mechanism::Sendfile, Errno::EINVAL), fallback(Mechanism::Mapped, Errno::ENODATA)]
    );
}

/// The size of a file of sysfs is a page, whatever is in it.
///
/// Method: a file of a few bytes to each kind of target.
#[test]
fn size_of_sysfs_is_not_believed() {
    let path = "/sys/kernel/mm/transparent_hugepage/enabled";
    let Ok(expected) = std::fs::read(path) else { return println!("skipped: there is no {path}") };
    let real = Real::default();
    for (reader, target) in [real.tcp(true), real.unix(true), real.pipe(true)] {
        let ended = run_blocking(&Request::new(real.own(File::open(path).unwrap()), target));
        assert_eq!(ended.outcome, Ok(End::SourceEnded));
        assert_eq!(ended.account.delivered, expected.len() as u64);
        assert_eq!(real.read(reader, expected.len()), expected);
    }
}

/// copy_file_range refuses what lies on two file systems, sendfile an appended target: both before
/// the first byte, and the transfer goes on by another mechanism.
///
/// Method: from a file in memory to an own mount; the fallback is named.
#[test]
fn two_file_systems_are_copied_between() {
    let real = Real::default();
    let target = match Places::shared().file(Place::Tmpfs) {
        Ok(file) => real.own(file),
        Err(reason) => return println!("skipped: {reason}"),
    };
    let source = real.own(filled(memory_file(), bytes(100_000)));
    let ended = run_blocking(&Request::new(source, target));
    assert_eq!(ended.outcome, Ok(End::SourceEnded));
    assert_eq!(ended.account.mechanisms, only(Mechanism::Sendfile));
    let cause = Fallback { mechanism: Mechanism::CopyFileRange, errno: Errno::EXDEV };
    assert_eq!(ended.account.fallbacks, [cause]);
    content::assert_same(&real.content(target), bytes(100_000), &"across file systems");
}

/// What is drained piece by piece is what was not delivered, in order.
///
/// Method: as the target dies, through the buffer of a pump and through the descriptor it gives away.
#[test]
fn undelivered_bytes_can_be_drained_in_pieces() {
    for mechanism in [Mechanism::Splice, Mechanism::Copy] {
        let real = Real::default();
        let (request, peer) = transfer_that_loses_its_target(&real, only(mechanism));
        drop(peer);
        let mut pump = Pump::new(Linux, &PROCESS, &request).unwrap();
        assert!(pump.step(50_000).is_err());
        let mut got = vec![0; 777];
        let count = pump.drain_undelivered(&mut got).unwrap();
        got.truncate(count);
        let rest = pump.give_away_undelivered().unwrap();
        got.extend(read_to_end(rest.map(owned)));
        assert_eq!(got.len() as u64, pump.account().consumed);
        content::assert_same(&got, bytes(got.len()), &mechanism);
        assert_eq!(pump.undelivered_bytes(), 0);
    }
}
