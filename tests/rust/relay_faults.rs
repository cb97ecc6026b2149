//! Peers of relays that break connections, never read, dawdle, or send what is not bytes: every byte
//! that can arrive does, nothing stalls and nobody else notices.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod real;

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, send, sendmsg, setsockopt, sockopt};
use real::HANG_BOUND;
use real::relays::{engine, exchange, given, outcome, pattern, tcp, tcp_pair, unix};
use zerocopy_nio::driver::PROCESS;
use zerocopy_nio::driver::relay_engine::{
    FlowEnd, Relay, RelayEngine, RelayOptions, Relays, Sink, TURN_BYTES,
};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Fd, Kernel, Linux, SocketKind};

const MIB: usize = 1 << 20;

/// More than all socket buffers on the way of a relay and what is on its way in the engine.
const MORE_THAN_IS_BUFFERED: usize = 64 * MIB;

fn reset(stream: TcpStream) {
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    setsockopt(&stream, sockopt::Linger, &at_once).unwrap();
    drop(stream);
}

/// Starts a relay without options.
fn relay(engine: &RelayEngine, sockets: [Fd; 2]) -> u64 {
    engine.relay(sockets, RelayOptions::default()).unwrap()
}

/// Sends until nothing more is taken for a while; how many bytes that were.
fn fill(stream: &TcpStream) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let piece = vec![5; MIB];
    let mut filled = 0;
    loop {
        match (&*stream).write(&piece) {
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return filled,
            Err(error) => panic!("{error}"),
        }
        assert!(filled < MORE_THAN_IS_BUFFERED, "somebody keeps all of it");
    }
}

/// Goal: a reset in the middle of a bulk stream is a reset at the other end, and never an end, and
/// both directions are over, whichever of the two was full.
/// Method: both ends send without end; one of them resets after its peer has got some.
#[test]
fn reset_in_the_middle_of_bulk_is_passed_on() {
    let engine = engine();
    for are_both_sending in [false, true] {
        let ((a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
        relay(&engine, [a_fd, b_fd]);
        let (is_enough, enough) = mpsc::channel();
        let sending = thread::spawn(move || {
            while enough.try_recv().is_err() {
                (&a).write_all(&[7; 65_536]).unwrap();
            }
            reset(a);
        });
        let mut answers = b.try_clone().unwrap();
        let answering = are_both_sending.then(|| {
            thread::spawn(move || {
                loop {
                    if let Err(error) = answers.write_all(&[7; 65_536]) {
                        return error.kind();
                    }
                }
            })
        });
        let mut read = vec![0; 8 * MIB];
        b.read_exact(&mut read).unwrap();
        is_enough.send(()).unwrap();
        let end = loop {
            match b.read(&mut read) {
                Ok(0) => break None,
                Ok(_) => {}
                Err(error) => break Some(error.kind()),
            }
        };
        sending.join().unwrap();
        // A reset is told once, to whichever of the two calls that is that comes first.
        let told = [end, answering.map(|it| it.join().unwrap())];
        assert!(told.contains(&Some(ErrorKind::ConnectionReset)), "{told:?}");
        let outcome = outcome(&engine);
        assert!(matches!(outcome.ends[0], FlowEnd::SourceFailed(_)), "{:?}", outcome.ends);
        assert!(matches!(outcome.ends[1], FlowEnd::TargetFailed(_)), "{:?}", outcome.ends);
    }
}

/// Goal: the same from the other side: who only reads resets, and the sender gets to know.
/// Method: the reader takes some and resets; the sender's writes fail.
#[test]
fn reset_of_a_reader_reaches_the_sender() {
    let engine = engine();
    let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    relay(&engine, [a_fd, b_fd]);
    let reading = thread::spawn(move || {
        b.read_exact(&mut vec![0; 8 * MIB]).unwrap();
        reset(b);
    });
    let error = loop {
        if let Err(error) = a.write_all(&[7; 65_536]) {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    reading.join().unwrap();
    let outcome = outcome(&engine);
    assert!(matches!(outcome.ends[0], FlowEnd::TargetFailed(_)), "{:?}", outcome.ends);
    assert!(outcome.books[0].delivered >= 8 << 20);
}

/// Goal: a connection that is half closed for ever ends by the idle time-out, and what had ended
/// before stays ended. Method: one end ends its stream, the other one is silent.
#[test]
fn half_closed_connection_ends_by_the_idle_timeout() {
    let engine = engine();
    let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    let options =
        RelayOptions { idle_timeout: Some(Duration::from_millis(100)), ..RelayOptions::default() };
    engine.relay([a_fd, b_fd], options).unwrap();
    a.write_all(b"all").unwrap();
    a.shutdown(Shutdown::Write).unwrap();
    let mut read = Vec::new();
    b.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"all");
    assert_eq!(a.read(&mut [0]).unwrap(), 0);
    assert_eq!(outcome(&engine).ends, [FlowEnd::Ended, FlowEnd::IdleTimedOut]);
}

/// Goal: a reader that never reads stops its sender after what the sockets hold, and nobody else.
/// Method: 8 such relays in bulk; the sender of each gets stuck; another relay moves 20 MB on the same
/// thread; then a stuck reader reads after all, and gets every byte.
#[test]
fn reader_that_never_reads_stops_only_its_sender() {
    let engine = engine();
    let stuck: Vec<_> = (0..8)
        .map(|_| {
            let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
            let id = relay(&engine, [a_fd, b_fd]);
            (id, a, b)
        })
        .collect();
    let filling: Vec<_> = stuck
        .iter()
        .map(|(_, a, _)| {
            let a = a.try_clone().unwrap();
            thread::spawn(move || fill(&a))
        })
        .collect();
    let filled: Vec<usize> = filling.into_iter().map(|it| it.join().unwrap()).collect();
    let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
    let busy = relay(&engine, [a_fd, b_fd]);
    let there = thread::spawn(move || exchange(b, b"answer"));
    assert_eq!(exchange(a, &pattern(20 * MIB, 1)), b"answer");
    assert!(there.join().unwrap() == pattern(20 * MIB, 1));
    let ended = outcome(&engine);
    assert_eq!((ended.id, ended.ends), (busy, [FlowEnd::Ended; 2]));
    for (index, (id, a, mut b)) in stuck.into_iter().enumerate() {
        a.shutdown(Shutdown::Write).unwrap();
        if index % 2 == 0 {
            let mut read = Vec::new();
            b.read_to_end(&mut read).unwrap();
            assert_eq!(read.len(), filled[index]);
            b.shutdown(Shutdown::Write).unwrap();
            assert_eq!(outcome(&engine).ends, [FlowEnd::Ended; 2]);
        } else {
            engine.close_relay(id);
            let closed = outcome(&engine);
            assert_eq!((closed.id, closed.ends), (id, [FlowEnd::Closed; 2]));
            let lost = closed.books[0].consumed - closed.books[0].delivered;
            assert!(lost <= 2 << 20, "{lost} bytes were held for a reader that does not read");
        }
    }
}

/// Goal: a sender of single bytes is served. Method: 20,000 of them, each in a segment of its own.
#[test]
fn single_bytes_arrive() {
    let engine = engine();
    let ((mut a, a_fd), (b, b_fd)) = (tcp(), tcp());
    relay(&engine, [a_fd, b_fd]);
    a.set_nodelay(true).unwrap();
    let there = thread::spawn(move || exchange(b, &[]));
    let bytes = pattern(20_000, 9);
    for byte in &bytes {
        a.write_all(&[*byte]).unwrap();
    }
    a.shutdown(Shutdown::Write).unwrap();
    assert!(there.join().unwrap() == bytes);
    let outcome = outcome(&engine);
    assert_eq!((outcome.ends, outcome.books[0].delivered), ([FlowEnd::Ended; 2], 20_000));
}

/// Goal: urgent data stop nothing: the urgent byte is no part of the stream, all others arrive.
/// Method: one urgent byte between two parts, small ones and large ones, at once or after a while; the
/// last part has to arrive before the stream ends.
#[test]
fn bytes_around_urgent_data_arrive() {
    let engine = engine();
    for part in [10, 5_000, 40_000, 6 * MIB] {
        for pause_ms in [0, 30] {
            let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
            relay(&engine, [a_fd, b_fd]);
            let bytes = pattern(2 * part, 3);
            let expected = bytes.clone();
            let there = thread::spawn(move || {
                let mut read = vec![0; 2 * part];
                b.read_exact(&mut read).unwrap();
                assert!(read == expected, "other bytes than were sent");
                b
            });
            a.write_all(&bytes[..part]).unwrap();
            send(a.as_raw_fd(), b"!", MsgFlags::MSG_OOB).unwrap();
            thread::sleep(Duration::from_millis(pause_ms));
            a.write_all(&bytes[part..]).unwrap();
            drop(there.join().unwrap());
            drop(a);
            let books = &outcome(&engine).books[0];
            assert_eq!((books.delivered, books.consumed), (2 * part as u64, 2 * part as u64));
        }
    }
}

/// Goal: descriptors that a UNIX stream brings along are closed, and every byte arrives.
/// Method: messages with the write end of a pipe between plain ones, small ones and large ones; each
/// pipe reads as ended, which it does when the last descriptor of its write end is closed.
#[test]
fn descriptors_of_a_unix_stream_are_dropped() {
    let engine = engine();
    for part in [1, 700, 30_000, 300_000] {
        let ((mut a, a_fd), (b, b_fd)) = (unix(), tcp());
        relay(&engine, [a_fd, b_fd]);
        let there = thread::spawn(move || exchange(b, &[]));
        let (mut expected, mut read_ends) = (Vec::new(), Vec::new());
        for round in 0..20 {
            let bytes = pattern(part, round + 1);
            a.write_all(&bytes).unwrap();
            let (read_end, write_end) = std::io::pipe().unwrap();
            send_with(&a, b"with", write_end.into());
            a.write_all(&bytes).unwrap();
            expected.extend([&bytes, b"with".as_slice(), &bytes].concat());
            read_ends.push(read_end);
        }
        a.shutdown(Shutdown::Write).unwrap();
        assert!(there.join().unwrap() == expected, "{part}: other bytes than were sent");
        assert_eq!(outcome(&engine).ends, [FlowEnd::Ended; 2]);
        for mut read_end in read_ends {
            assert_eq!(read_end.read(&mut [0]).unwrap(), 0);
        }
    }
}

/// Sends `bytes` with a descriptor, which is closed here.
fn send_with(stream: &UnixStream, bytes: &[u8], descriptor: OwnedFd) {
    let descriptors = [descriptor.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&descriptors)];
    let number = stream.as_raw_fd();
    let sent = sendmsg::<()>(number, &[IoSlice::new(bytes)], &message, MsgFlags::empty(), None);
    assert_eq!(sent, Ok(bytes.len()));
}

/// Goal: any mix of families and of buffers serves. Method: TCP and UNIX in all pairs, with buffers as
/// small as the kernel makes them, where it is slow without a relay too, and as it makes them by itself.
#[test]
fn mixed_families_and_tiny_buffers_deliver_every_byte() {
    let engine = engine();
    for (is_a_tcp, is_b_tcp, is_tiny) in [
        (true, true, true),
        (true, false, false),
        (true, false, true),
        (false, true, true),
        (false, false, false),
        (false, false, true),
    ] {
        let [(a, a_fd), (b, b_fd)] = [is_a_tcp, is_b_tcp].map(|is_tcp| connection(is_tcp, is_tiny));
        relay(&engine, [a_fd, b_fd]);
        let bytes = if is_tiny { 20_000 } else { 3 * MIB };
        let there = thread::spawn(move || exchange(b, &pattern(bytes, 5)));
        assert!(exchange(a, &pattern(bytes, 6)) == pattern(bytes, 5));
        assert!(there.join().unwrap() == pattern(bytes, 6));
        let outcome = outcome(&engine);
        assert_eq!(outcome.ends, [FlowEnd::Ended; 2]);
        for books in &outcome.books {
            assert_eq!((books.delivered, books.consumed), (bytes as u64, bytes as u64));
        }
    }
}

/// What is used of the standard library's streams serves UNIX sockets as well.
fn connection(is_tcp: bool, is_tiny: bool) -> (TcpStream, Fd) {
    let (ours, theirs) = match is_tcp {
        true => tcp_pair(),
        false => {
            let (ours, theirs) = UnixStream::pair().unwrap();
            (OwnedFd::from(ours).into(), OwnedFd::from(theirs).into())
        }
    };
    for socket in [&ours, &theirs] {
        if is_tiny {
            setsockopt(socket, sockopt::SndBuf, &1).unwrap();
            setsockopt(socket, sockopt::RcvBuf, &1).unwrap();
        }
    }
    (ours, given(theirs))
}

/// Goal: a relay whose one end is reset at once, with the other silent or full, is over on both sides.
/// Method: a reset before, or right behind, the first bytes.
#[test]
fn reset_at_the_beginning_ends_both_sides() {
    let engine = engine();
    for bytes in [0, 3, MIB] {
        let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
        relay(&engine, [a_fd, b_fd]);
        a.write_all(&pattern(bytes, 2)).unwrap();
        reset(a);
        let ended = loop {
            match b.read(&mut [0; 65_536]) {
                Ok(0) => panic!("a stream that was cut looks whole"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
        let end = outcome(&engine).ends[0];
        let is_reset =
            matches!(end, FlowEnd::SourceFailed(Error::System { errno: Errno::ECONNRESET, .. }));
        assert!(is_reset, "{end:?}");
    }
}

/// Goal: a program that has set SO_LINGER does not have the engine wait for its peer when a relay is
/// closed, because all others would wait too. Method: a socket that lingers for longer than the test, with
/// bytes in its send buffer that its peer has no room for; and the outcome.
#[test]
fn closing_does_not_linger() {
    let engine = engine();
    let ((theirs, source), (silent, target)) = (tcp(), tcp_pair());
    setsockopt(&silent, sockopt::RcvBuf, &4096).unwrap();
    setsockopt(&target, sockopt::SndBuf, &(4 * MIB)).unwrap();
    let long = nix::libc::linger { l_onoff: 1, l_linger: 3600 };
    setsockopt(&target, sockopt::Linger, &long).unwrap();
    let id = relay(&engine, [source, given(target)]);
    (&theirs).write_all(&[5; MIB]).unwrap();
    let begun = Instant::now();
    while engine.delivered(id).unwrap()[0] < MIB as u64 {
        assert!(begun.elapsed() < HANG_BOUND, "the send buffer does not take all of it");
        thread::sleep(Duration::from_millis(1));
    }
    engine.close_relay(id);
    assert_eq!(outcome(&engine).ends, [FlowEnd::Closed; 2]);
    drop(silent);
}

/// Goal: a stream that is cut by closing its relay does not look whole. Method: bytes that the engine
/// has not taken yet, because the reader takes none, and a reader that reads to the end afterwards.
#[test]
fn closing_with_unread_bytes_resets() {
    let engine = engine();
    let ((a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    let id = relay(&engine, [a_fd, b_fd]);
    fill(&a);
    engine.close_relay(id);
    outcome(&engine);
    let mut read = Vec::new();
    assert_eq!(b.read_to_end(&mut read).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// Goal: whoever waits for a relay hears of its end though the thread has panicked; its peers see a reset,
/// and what is started then is refused.
/// Method: a function that is told of the first relay panics on the thread that has a second one.
#[test]
fn panic_of_a_thread_ends_all_of_its_relays() {
    let (teller, told) = mpsc::channel();
    let sink = Sink::Call(Box::new(move |outcome| {
        let tag = outcome.tag;
        teller.send(outcome).unwrap();
        assert!(tag != 1, "a panic that the test wants");
    }));
    let engine = RelayEngine::start(&PROCESS, 1, TURN_BYTES, sink).unwrap();
    let tagged = |tag| RelayOptions { tag, ..RelayOptions::default() };
    let ((_a, a_fd), (_b, b_fd)) = (tcp(), tcp());
    let ((mut c, c_fd), (mut d, d_fd)) = (tcp(), tcp());
    engine.relay([c_fd, d_fd], tagged(2)).unwrap();
    let first = engine.relay([a_fd, b_fd], tagged(1)).unwrap();
    engine.close_relay(first);
    assert_eq!(told.recv_timeout(HANG_BOUND).unwrap().tag, 1);
    let other = told.recv_timeout(HANG_BOUND).unwrap();
    assert_eq!(other.tag, 2);
    assert!(other.ends.iter().all(|end| matches!(end, FlowEnd::SourceFailed(_))), "{other:?}");
    for stream in [&mut c, &mut d] {
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    let ((_a, a_stream), (_b, b_stream)) = (tcp_pair(), tcp_pair());
    let fds = [&a_stream, &b_stream].map(|it| Fd::new(it.as_raw_fd()).unwrap());
    let refused = engine.relay(fds, RelayOptions::default());
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
}

/// Goal: a relay is idle where its peers are silent, and not where its thread had no time for it.
/// Method: the first turn is taken long after the time-out, with a byte that waits; then none comes.
#[test]
fn late_turn_is_no_idle_one() {
    let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    let sockets = [a_fd, b_fd].map(|fd| (fd, SocketKind::Stream));
    let options =
        RelayOptions { idle_timeout: Some(Duration::from_secs(1)), ..RelayOptions::default() };
    let now_ns = Linux.now_ns();
    let late = |seconds: u64| now_ns + seconds * 1_000_000_000;
    let (mut relays, mut finished) = (Relays::new(TURN_BYTES), Vec::new());
    relays.add(Relay::new(1, sockets, options, Arc::default(), now_ns));
    a.write_all(&[7]).unwrap();
    relays.round(&Linux, &PROCESS, late(60), &mut finished);
    b.read_exact(&mut [0]).unwrap();
    relays.round(&Linux, &PROCESS, late(120), &mut finished);
    let idle = [FlowEnd::IdleTimedOut; 2];
    assert_eq!(finished.pop().unwrap().close(&Linux, late(120)).ends, idle);
}

/// Goal: a relay that is closed resets the peer that would take a stream for whole whose sender has reset.
/// Method: the pace keeps the relay from the reset, which only its closing finds.
#[test]
fn reset_that_closing_finds_is_passed_on() {
    let engine = engine();
    let ((a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    let options = RelayOptions { bytes_per_second: NonZeroU64::new(1), ..RelayOptions::default() };
    let id = engine.relay([a_fd, b_fd], options).unwrap();
    (&a).write_all(&[7]).unwrap();
    b.read_exact(&mut [0]).unwrap();
    reset(a);
    engine.close_relay(id);
    assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(outcome(&engine).ends[0], FlowEnd::Closed);
}
