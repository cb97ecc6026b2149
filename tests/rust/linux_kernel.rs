//! Goal: the real kernel behind the trait does what the trait says, and whole transfers run on it.
//! Method: files, pipes and sockets of this machine; the bytes that come out are compared.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use real::run::run_blocking;
use real::{Real, without_hanging};
use zerocopy_nio::driver::Request;
use zerocopy_nio::kernel::{Fd, FileKind, Kernel, Linux, Side, SocketKind};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::probe::probe;
use zerocopy_nio::transfer::End;

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| (place % 251) as u8).collect()
}

fn wait(fd: Fd, side: Side) -> Result<u32, Errno> {
    without_hanging(move || Linux.poll(&[(fd, side)], None))
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Goal: fstat tells files, pipes, sockets and the rest apart, and knows the size of files only.
/// Method: one of each; a file of procfs says that it is a file of 0 bytes.
#[test]
fn file_status_tells_the_kinds_apart() {
    let real = Real::default();
    let (read_end, write_end) = real.pipe(true);
    let device = real.own(File::open("/dev/null").unwrap());
    let folder = real.own(File::open("/proc/self").unwrap());
    for (fd, kind, size) in [
        (real.file(&content(1234)), FileKind::Regular, 1234),
        (real.own(File::open("/proc/self/maps").unwrap()), FileKind::Regular, 0),
        (read_end, FileKind::Pipe, 0),
        (write_end, FileKind::Pipe, 0),
        (real.tcp(true).1, FileKind::Socket, 0),
        (real.unix(true).1, FileKind::Socket, 0),
        (device, FileKind::Other, 0),
        (folder, FileKind::Other, 0),
    ] {
        let status = Linux.file_status(fd).unwrap();
        assert_eq!((status.kind, status.size), (kind, size));
    }
}

/// Goal: the kind of a socket decides how it is written to, and of a UNIX stream the send buffer.
/// Method: TCP, UDP, UNIX stream, datagram and sequenced packets; a buffer that was set.
#[test]
fn socket_kind_tells_streams_from_what_keeps_borders() {
    let real = Real::default();
    assert_eq!(Linux.socket_kind(real.tcp(true).1), Ok(SocketKind::Stream));
    assert_eq!(Linux.socket_kind(real.udp(false).1), Ok(SocketKind::Datagram));
    let datagram = real.own(UnixDatagram::unbound().unwrap());
    assert_eq!(Linux.socket_kind(datagram), Ok(SocketKind::Datagram));
    let pair: (OwnedFd, OwnedFd) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC).unwrap();
    assert_eq!(Linux.socket_kind(real.own(pair.0)), Ok(SocketKind::Datagram));

    let (_, unix) = real.unix(true);
    setsockopt(&real.handle(unix), sockopt::SndBuf, &50_000).unwrap();
    let send_buffer_bytes = 100_000;
    assert_eq!(Linux.socket_kind(unix), Ok(SocketKind::UnixStream { send_buffer_bytes }));
}

/// Goal: pread gives exactly what was read and leaves the position of the file alone.
/// Method: a buffer longer than what is left.
#[test]
fn pread_fills_as_much_as_there_is() {
    let real = Real::default();
    let file = real.file(&content(1000));
    let mut buffer = [0; 100];
    assert_eq!(Linux.pread(file, &mut buffer, 950), Ok(50));
    assert_eq!(buffer[..50], content(1000)[950..]);
    assert_eq!(Linux.pread(file, &mut buffer, 1000), Ok(0));
    assert_eq!(Linux.position(file), Ok(0));
}

/// Goal: a poll returns when there is room, not before, and at once when the peer is gone.
/// Method: fill a pipe; another thread drains it after a while; then its reader closes.
#[test]
fn poll_returns_when_the_target_takes_again() {
    let real = Real::default();
    let (read_end, write_end) = real.pipe(false);
    while Linux.write(write_end, &[0; 4096]).is_ok() {}
    let mut reader = File::from(real.handle(read_end));
    let drained = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        std::io::Read::read_exact(&mut reader, &mut [0; 65_536]).unwrap();
    });
    assert_eq!(wait(write_end, Side::Target), Ok(1));
    assert_eq!(Linux.write(write_end, b"room"), Ok(4));
    drained.join().unwrap();
    assert_eq!(wait(read_end, Side::Source), Ok(1));

    real.close(read_end);
    assert_eq!(wait(write_end, Side::Target), Ok(1));
    assert_eq!(Linux.write(write_end, b"nobody"), Err(Errno::EPIPE));
}

/// Goal: what a transfer can do works here, what it can't is not claimed, and trying costs no
/// descriptor.
/// Method: probe each mechanism; count the open files of this process before and after.
#[test]
fn probes_tell_the_truth_and_close_what_they_opened() {
    let before = open_files();
    for _ in 0..200 {
        for mechanism in
            [Mechanism::Sendfile, Mechanism::Splice, Mechanism::Mapped, Mechanism::Copy]
        {
            assert_eq!(probe(&Linux, mechanism), Ok(()));
        }
        for mechanism in [Mechanism::CopyFileRange, Mechanism::MsgZerocopy, Mechanism::DirectIo] {
            // What these answer depends on the machine; that they are closed does not.
            let _ = probe(&Linux, mechanism);
        }
    }
    // The other tests of this process have a few files open at a time.
    assert!(open_files() < before + 200, "probes leave descriptors open");
}

/// Moves `count` bytes from `offset` of a file with `bytes` to `target` and holds what `receive`
/// gets against the file.
fn transfer(
    real: &Real,
    bytes: &[u8],
    (offset, count): (u64, u64),
    allowed: MechanismSet,
    target: Fd,
    receive: impl FnOnce(usize) -> Vec<u8> + Send + 'static,
) {
    let wanted = (bytes.len() as u64).saturating_sub(offset).min(count);
    let received = thread::spawn(move || receive(wanted as usize));
    let request = Request {
        source_offset: Some(offset),
        count,
        allowed,
        ..Request::new(real.file(bytes), target)
    };
    let ended = without_hanging(move || run_blocking(&request));
    let end = if wanted == count { End::Complete } else { End::SourceEnded };
    assert_eq!((ended.outcome, ended.account.delivered), (Ok(end), wanted));
    let begin = (offset as usize).min(bytes.len());
    assert!(received.join().unwrap() == bytes[begin..begin + wanted as usize]);
}

/// Goal: parts of files arrive on real targets, blocking or not, by every mechanism.
/// Method: TCP, UNIX stream and pipe; offsets that no page begins at; a part behind the end; a thread
/// that reads meanwhile.
#[test]
fn parts_of_files_arrive_whole() {
    let bytes = content((1 << 20) + 1);
    let sendfile = MechanismSet::EMPTY.with(Mechanism::Sendfile);
    let mapped = MechanismSet::EMPTY.with(Mechanism::Mapped);
    let copy = MechanismSet::EMPTY.with(Mechanism::Copy);
    for allowed in [MechanismSet::ALL, sendfile, mapped, copy] {
        for is_blocking in [true, false] {
            for part in [(0, 1), (1, 4096), (3, 4097), (5, 1 << 20), (7, u64::MAX), (2 << 20, 1)] {
                let real = Real::default();
                for (reader, target) in
                    [real.tcp(is_blocking), real.unix(is_blocking), real.pipe(is_blocking)]
                {
                    let mut reader = File::from(real.handle(reader));
                    transfer(&real, &bytes, part, allowed, target, move |count| {
                        let mut received = vec![0; count];
                        std::io::Read::read_exact(&mut reader, &mut received).unwrap();
                        received
                    });
                }
            }
        }
    }
}

/// Goal: files are written at their position, at an offset, or at their end, as they were opened;
/// only a position that was used is moved.
/// Method: the three into a file with old content, by each mechanism that can.
#[test]
fn files_are_written_where_they_were_asked_to_be() {
    use Mechanism::{Copy, CopyFileRange, Mapped, Sendfile};
    for (mechanism, is_appended, target_offset, at) in [
        (CopyFileRange, false, None, 0),
        (CopyFileRange, false, Some(2), 2),
        (Sendfile, false, None, 0),
        (Mapped, false, None, 0),
        (Mapped, false, Some(2), 2),
        (Mapped, true, None, 3),
        (Copy, false, None, 0),
        (Copy, false, Some(2), 2),
        (Copy, true, None, 3),
    ] {
        let real = Real::default();
        let source = real.file(&content(10_000));
        let file = real.file(b"old");
        let target = real.reopen(file, false, true, is_appended);
        let request = Request {
            source_offset: Some(100),
            target_offset,
            allowed: MechanismSet::EMPTY.with(mechanism),
            ..Request::new(source, target)
        };
        let ended = run_blocking(&request);
        assert_eq!((ended.outcome, ended.account.delivered), (Ok(End::SourceEnded), 9_900));
        let mut expected = b"old"[..at].to_vec();
        expected.extend_from_slice(&content(10_000)[100..]);
        assert!(real.content(file) == expected, "{mechanism:?} {target_offset:?}");
        let position = if target_offset.is_some() { 0 } else { expected.len() as u64 };
        assert_eq!(Linux.position(target), Ok(position));
        assert_eq!(Linux.position(source), Ok(0));
    }
}
