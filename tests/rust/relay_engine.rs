//! The relay engine between real sockets: every byte arrives once and in its order, ends and resets are
//! passed on, and nothing is left behind.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod real;

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use real::HANG_BOUND;
use real::relays::{engine, exchange, outcome, pattern, tcp, unix};
use zerocopy_nio::driver::PROCESS;
use zerocopy_nio::driver::relay_engine::{
    FlowEnd, Relay, RelayEngine, RelayOptions, Sink, TURN_BYTES,
};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Linux, socket};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};

/// Goal: what is sent arrives, each way at the same time, whatever the sizes are. Method: two ends send
/// a pattern each, in pieces of their own, end their streams and read to the end.
#[test]
fn both_directions_deliver_every_byte_and_the_end() {
    let engine = engine();
    for bytes in [0, 1, 700, 16 << 10, 16385, 300_000, 20 << 20] {
        let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
        let id = engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
        let there = thread::spawn(move || exchange(b, &pattern(bytes, 7)));
        let to_a = exchange(a, &pattern(bytes, 3));
        assert!(to_a == pattern(bytes, 7), "{bytes} bytes from b to a");
        assert!(there.join().unwrap() == pattern(bytes, 3), "{bytes} bytes from a to b");
        let outcome = outcome(&engine);
        assert_eq!(outcome.id, id);
        assert_eq!(outcome.ends, [FlowEnd::Ended; 2]);
        for books in &outcome.books {
            assert_eq!((books.delivered, books.consumed), (bytes as u64, bytes as u64));
            assert!(books.fallbacks.is_empty(), "{:?}", books.fallbacks);
            assert_eq!(books.mechanisms.contains(Mechanism::Splice), bytes > 16 << 10);
            let [copied, spliced] =
                [Mechanism::Copy, Mechanism::Splice].map(|it| books.delivered_by(it));
            assert_eq!(copied + spliced, books.delivered);
            assert_eq!(spliced > 0, bytes > 16 << 10, "{books:?}");
            assert_eq!(copied > 0, bytes > 0, "the first read is a small one: {books:?}");
        }
    }
}

/// Goal: a reset is passed on as a reset, so that a stream that was cut is not taken for a whole one.
/// Method: one end resets after a few bytes; the other end reads them and then the reset.
#[test]
fn reset_is_passed_on() {
    let engine = engine();
    let ((a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
    engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
    (&a).write_all(b"half of it").unwrap();
    let mut read = [0; 10];
    b.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"half of it");
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    setsockopt(&a, sockopt::Linger, &at_once).unwrap();
    drop(a);
    assert_eq!(b.read(&mut read).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let outcome = outcome(&engine);
    let is_reset =
        |end| matches!(end, FlowEnd::SourceFailed(Error::System { errno: Errno::ECONNRESET, .. }));
    assert!(is_reset(outcome.ends[0]), "{:?}", outcome.ends);
}

/// Goal: a direction goes on after the other one has ended. Method: one end ends its stream first and
/// gets an answer after that.
#[test]
fn answer_arrives_after_half_close() {
    let engine = engine();
    let ((mut a, a_fd), (mut b, b_fd)) = (unix(), tcp());
    engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
    a.write_all(b"question").unwrap();
    a.shutdown(Shutdown::Write).unwrap();
    let mut read = Vec::new();
    b.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"question");
    b.write_all(b"answer").unwrap();
    drop(b);
    read.clear();
    a.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"answer");
    assert_eq!(outcome(&engine).ends, [FlowEnd::Ended; 2]);
}

/// Goal: a relay ends by itself where nothing moves, where it lasts too long, and where it is closed.
/// Method: each of the three with silent ends, and the end of the stream at both.
#[test]
fn silent_relay_ends_by_its_limits_and_by_closing() {
    let engine = engine();
    let short = Some(Duration::from_millis(50));
    let cases = [
        (RelayOptions { idle_timeout: short, ..RelayOptions::default() }, FlowEnd::IdleTimedOut),
        (RelayOptions { timeout: short, ..RelayOptions::default() }, FlowEnd::TimedOut),
        (RelayOptions::default(), FlowEnd::Closed),
    ];
    for (options, end) in cases {
        let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
        let id = engine.relay([a_fd, b_fd], options).unwrap();
        if end == FlowEnd::Closed {
            engine.close_relay(id);
        }
        assert_eq!(a.read(&mut [0]).unwrap(), 0);
        assert_eq!(b.read(&mut [0]).unwrap(), 0);
        assert_eq!(outcome(&engine).ends, [end; 2]);
    }
}

/// Goal: what was read before comes first. Method: a preface each way, larger than a socket takes.
#[test]
fn preface_comes_first() {
    let engine = engine();
    let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
    let prefaces = [pattern(8 << 20, 1).into_boxed_slice(), b"hello ".as_slice().into()];
    engine.relay([a_fd, b_fd], RelayOptions { prefaces, ..RelayOptions::default() }).unwrap();
    let there = thread::spawn(move || exchange(b, b"world"));
    assert_eq!(exchange(a, b"rest"), b"hello world");
    let arrived = there.join().unwrap();
    assert!(arrived[..8 << 20] == pattern(8 << 20, 1) && &arrived[8 << 20..] == b"rest");
    let outcome = outcome(&engine);
    assert_eq!(outcome.books[0].delivered, (8 << 20) + 4);
    // A preface is written; what follows so much is spliced, or copied where it comes later.
    assert!(outcome.books[0].copied >= 8 << 20, "{:?}", outcome.books[0]);
    assert_eq!(outcome.books[1].delivered, 11);
}

/// Goal: without splice the copy serves. Method: it is not allowed.
#[test]
fn copy_serves_where_splice_may_not() {
    let engine = engine();
    let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
    let allowed = MechanismSet::ALL.without(Mechanism::Splice.into());
    engine.relay([a_fd, b_fd], RelayOptions { allowed, ..RelayOptions::default() }).unwrap();
    let there = thread::spawn(move || exchange(b, &[]));
    exchange(a, &pattern(5 << 20, 9));
    assert!(there.join().unwrap() == pattern(5 << 20, 9));
    let outcome = outcome(&engine);
    assert_eq!(outcome.books[0].mechanisms, Mechanism::Copy.into());
    assert_eq!(outcome.books[0].copied, 5 << 20);
}

/// Goal: an idle relay takes less than 1 KiB. Method: its size; what it points to is there only while
/// something is on its way, but for two counters. tests/c/relay_memory.c measures the whole.
#[test]
fn idle_relay_is_small() {
    let bytes = size_of::<Relay<Linux>>();
    assert!(bytes < 1 << 10, "{bytes} bytes");
}

/// Goal: an engine knows its own threads, which must not wait for themselves. Method: the sink asks.
#[test]
fn engine_knows_its_own_threads() {
    let engine = Arc::new(OnceLock::<RelayEngine>::new());
    let (told, answers) = mpsc::channel();
    let asked = Arc::clone(&engine);
    let sink = Sink::Call(Box::new(move |_| {
        told.send(asked.get().map(RelayEngine::is_on_own_thread)).unwrap();
    }));
    let engine = engine.get_or_init(|| RelayEngine::start(&PROCESS, 2, TURN_BYTES, sink).unwrap());
    assert!(!engine.is_on_own_thread());
    for _ in 0..4 {
        let ((_a, a_fd), (_b, b_fd)) = (tcp(), unix());
        let id = engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
        engine.close_relay(id);
        assert_eq!(answers.recv_timeout(HANG_BOUND), Ok(Some(true)));
    }
    engine.stop();
}

/// Goal: what an engine refuses stays as it was. Method: an engine that was stopped, and one that may
/// use nothing that serves; the sockets are still in blocking mode.
#[test]
fn refused_sockets_stay_as_they_were() {
    let engine = engine();
    let ((_a, a_fd), (_b, b_fd)) = (tcp(), unix());
    let without = RelayOptions { allowed: Mechanism::Sendfile.into(), ..RelayOptions::default() };
    assert!(matches!(engine.relay([a_fd, b_fd], without), Err(Error::Unsupported(_))));
    engine.stop();
    let refused = engine.relay([a_fd, b_fd], RelayOptions::default());
    assert_eq!(refused, Err(Error::Unsupported("the engine is closed")));
    for fd in [a_fd, b_fd] {
        assert_eq!(socket::set_non_blocking(fd, false), Ok(false), "it was in blocking mode");
    }
}
