//! Goal: the real kernel behind the trait does what the trait says, and whole transfers run on it.
//! Method: files, pipes and sockets of this machine; the bytes that come out are compared.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use real::{Real, without_hanging};
use zerocopy_nio::driver::{Request, blocking};
use zerocopy_nio::kernel::{Fd, FileKind, Kernel, Linux, Side, SocketKind};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::probe::{Memory, probe};
use zerocopy_nio::transfer::{End, FileSource};

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
    let mut buffer = [MaybeUninit::uninit(); 100];
    assert_eq!(Linux.pread(file, &mut buffer, 950).unwrap(), &content(1000)[950..]);
    assert_eq!(Linux.pread(file, &mut buffer, 1000), Ok(&[][..]));
    assert_eq!(Linux.position(file), Ok(0));
}

/// Goal: a wait returns when there is room, not before, and at once when the peer is gone.
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

/// Goal: every mechanism of this version works here, and trying it costs no descriptor.
/// Method: probe each; count the open files of this process before and after.
#[test]
fn probes_succeed_and_close_what_they_opened() {
    let before = open_files();
    for _ in 0..200 {
        for mechanism in Mechanism::ALL {
            assert_eq!(probe(&Linux, mechanism), Ok(()));
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
    let source = FileSource { fd: real.file(bytes), offset };
    let wanted = (bytes.len() as u64).saturating_sub(offset).min(count);
    let received = thread::spawn(move || receive(wanted as usize));
    let request = Request {
        source,
        target,
        target_kind: None,
        target_offset: None,
        count,
        allowed,
        resume: None,
    };
    let run = without_hanging(move || blocking::run(&Linux, &Memory::new(), &request));
    let end = if wanted == count { End::Complete } else { End::SourceEnded };
    assert_eq!((run.outcome, run.account.delivered), (Ok(end), wanted));
    let begin = (offset as usize).min(bytes.len());
    assert!(received.join().unwrap() == bytes[begin..begin + wanted as usize]);
}

/// Goal: whole transfers arrive on real targets, blocking or not, by every mechanism.
/// Method: TCP, UNIX stream and pipe; sizes around the thresholds and several buffers long; a thread
/// that reads meanwhile.
#[test]
fn transfers_to_real_sockets_and_pipes_arrive_whole() {
    let bytes = content((1 << 20) + 1);
    let sendfile = MechanismSet::EMPTY.with(Mechanism::Sendfile);
    let copy = MechanismSet::EMPTY.with(Mechanism::Copy);
    for allowed in [MechanismSet::ALL, sendfile, copy] {
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

/// Goal: files are written at their position, at an offset, or at their end, as they were opened.
/// Method: the three into a file with old content; the mechanism is the one that can.
#[test]
fn transfers_to_real_files_go_where_the_file_is_written() {
    let real = Real::default();
    let source = real.file(&content(10_000));
    let copied = MechanismSet::EMPTY.with(Mechanism::Copy);
    let sent = MechanismSet::EMPTY.with(Mechanism::Sendfile);
    for (is_appended, target_offset, at, mechanisms) in
        [(false, None, 0, sent), (false, Some(2), 2, copied), (true, None, 3, copied)]
    {
        let file = real.file(b"old");
        let request = Request {
            source: FileSource { fd: source, offset: 100 },
            target: real.reopen(file, false, true, is_appended),
            target_kind: None,
            target_offset,
            count: u64::MAX,
            allowed: MechanismSet::ALL,
            resume: None,
        };
        let run = blocking::run(&Linux, &Memory::new(), &request);
        assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 9_900));
        assert_eq!(run.account.mechanisms, mechanisms);
        assert_eq!(run.account.fallback.map(|it| it.errno), is_appended.then_some(Errno::EINVAL));
        let mut expected = b"old"[..at].to_vec();
        expected.extend_from_slice(&content(10_000)[100..]);
        assert!(real.content(file) == expected);
    }
}

/// Goal: a file of procfs that can't be spliced is copied whole, and the cause is named.
/// Method: /proc/self/cmdline, which stays the same, to a pipe.
#[test]
fn file_of_procfs_is_copied() {
    let real = Real::default();
    let (reader, target) = real.pipe(true);
    let path = "/proc/self/cmdline";
    let request = Request {
        source: FileSource { fd: real.own(File::open(path).unwrap()), offset: 0 },
        target,
        target_kind: None,
        target_offset: None,
        count: u64::MAX,
        allowed: MechanismSet::ALL,
        resume: None,
    };
    let run = blocking::run(&Linux, &Memory::new(), &request);
    assert_eq!(run.outcome, Ok(End::SourceEnded));
    assert_eq!(run.account.fallback.map(|it| it.errno), Some(Errno::EINVAL));
    assert_eq!(real.read(reader, 1 << 16), std::fs::read(path).unwrap());
}
