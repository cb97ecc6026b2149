//! Relays where the system refuses something: no descriptor for a pipe, no splice(2); and engines that
//! are stopped while they work. The copy serves, the books name why, and nothing is left behind.
#![allow(clippy::unwrap_used, unsafe_code, reason = "a test that can't go on has failed")]

mod real;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::time::ClockId;
use real::child::in_child;
use real::relays::{engine, exchange, outcome, pattern, tcp};
use real::seccomp::{Refused, refuse, why_no_filter};
use zerocopy_nio::driver::PROCESS;
use zerocopy_nio::driver::relay_engine::{FlowEnd, RelayEngine, RelayOptions, Sink, TURN_BYTES};
use zerocopy_nio::mechanism::Mechanism;
use zerocopy_nio::transfer::Fallback;

const MIB: usize = 1 << 20;

/// Sends `bytes` by the one end while the other one reads: without a descriptor more.
fn send(mut from: &TcpStream, mut to: &TcpStream, bytes: usize) {
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut read = vec![0; bytes];
            to.read_exact(&mut read).unwrap();
            assert!(read == pattern(bytes, 4), "other bytes than were sent");
        });
        from.write_all(&pattern(bytes, 4)).unwrap();
    });
}

/// Goal: with splice refused every byte is copied, and the books say why.
/// Method: a filter of seccomp, in a child, with each errno that a sandbox answers.
#[test]
fn copies_where_splice_is_refused() {
    if let Some(why) = why_no_filter() {
        eprintln!("skipped: {why}");
        return;
    }
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        in_child(|| {
            refuse(Refused::Calls(&[libc::SYS_splice]), errno as i32);
            let engine = engine();
            let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
            engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
            let there = thread::spawn(move || exchange(b, b"answer"));
            assert_eq!(exchange(a, &pattern(5 * MIB, 4)), b"answer");
            assert!(there.join().unwrap() == pattern(5 * MIB, 4));
            let outcome = outcome(&engine);
            assert_eq!(outcome.ends, [FlowEnd::Ended; 2]);
            let books = &outcome.books[0];
            assert_eq!(books.mechanisms, Mechanism::Copy.into());
            assert_eq!(books.fallbacks, [Fallback { mechanism: Mechanism::Splice, errno }]);
        });
    }
}

/// Goal: without a descriptor for a pipe relays go on by copying, say so, and splice again afterwards.
/// Method: in a child the limit is lowered to what is open, and raised again, while a relay works.
#[test]
fn copies_while_no_descriptor_is_to_be_had() {
    in_child(|| {
        let engine = engine();
        let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
        engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
        send(&a, &b, 1_000);
        let before = limit_descriptors(3);
        send(&a, &b, 9 * MIB);
        let copied = engine.delivered(1).unwrap();
        limit_descriptors(before);
        assert_eq!(copied, [1_000 + 9 * MIB as u64, 0]);
        send(&b, &a, 1_000);
        send(&a, &b, 9 * MIB);
        drop((a, b));
        let outcome = outcome(&engine);
        let books = &outcome.books[0];
        let no_pipe = Fallback { mechanism: Mechanism::Splice, errno: Errno::EMFILE };
        assert_eq!(books.fallbacks, [no_pipe]);
        assert!(books.mechanisms.contains(Mechanism::Copy));
        assert!(books.mechanisms.contains(Mechanism::Splice), "it never splices again");
        assert_eq!(books.delivered, 1_000 + 18 * MIB as u64);
    });
}

/// Goal: an engine of several threads that is stopped while all of its relays work ends every one of
/// them, closes their sockets, and leaves neither a pipe nor a thread.
/// Method: in a child, which has no other threads: 20 relays in bulk on two threads.
#[test]
fn engine_that_is_stopped_under_load_leaves_nothing() {
    in_child(|| {
        let descriptors_before = count_of("/proc/self/fd");
        let engine = RelayEngine::start(&PROCESS, 2, TURN_BYTES, Sink::Queue).unwrap();
        let mut threads = Vec::new();
        for _ in 0..20 {
            let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
            engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
            threads.push(thread::spawn(move || while a.write_all(&[1; 65_536]).is_ok() {}));
            threads.push(thread::spawn(move || {
                let mut piece = vec![0; 65_536];
                while b.read(&mut piece).is_ok_and(|count| count > 0) {}
                let _ = b.shutdown(Shutdown::Both);
            }));
        }
        thread::sleep(Duration::from_millis(300));
        engine.stop();
        let outcomes = engine.completions().take(100);
        assert_eq!(outcomes.len(), 20);
        for outcome in outcomes {
            assert_eq!(outcome.ends, [FlowEnd::Closed; 2]);
            assert!(outcome.books[0].delivered > 0 && outcome.books[1].delivered == 0);
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        drop(engine);
        PROCESS.pipes.close_all(&zerocopy_nio::kernel::Linux);
        assert_eq!(count_of("/proc/self/fd"), descriptors_before);
    });
}

/// Goal: urgent data at rest cost nothing: the engine sleeps. Method: in a child an urgent byte in the
/// middle of small and of bulk bytes, then silence; the processor time of the silence is looked at.
#[test]
fn engine_sleeps_behind_urgent_data() {
    use nix::sys::socket::{MsgFlags, send as send_urgent};
    in_child(|| {
        let engine = engine();
        for bytes in [100, 4 * MIB] {
            let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
            engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
            send(&a, &b, bytes);
            send_urgent(std::os::fd::AsRawFd::as_raw_fd(&a), b"!", MsgFlags::MSG_OOB).unwrap();
            thread::sleep(Duration::from_millis(50));
            let spent = || ClockId::CLOCK_PROCESS_CPUTIME_ID.now().map(Duration::from).unwrap();
            let before = spent();
            thread::sleep(Duration::from_millis(400));
            let spent = spent() - before;
            assert!(spent < Duration::from_millis(200), "{spent:?} of the processor for silence");
            send(&a, &b, bytes);
        }
    });
}

/// Lets no descriptor be made from this number on; returns the number before.
fn limit_descriptors(first_refused: libc::rlim_t) -> libc::rlim_t {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is ours to write to, and to read from.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        let before = std::mem::replace(&mut limit.rlim_cur, first_refused);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
        before
    }
}

fn count_of(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
