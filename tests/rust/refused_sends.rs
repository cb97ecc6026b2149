//! Goal: whatever a kernel or a sandbox refuses a sender with, MSG_ZEROCOPY itself, its socket option
//! or its error queue, every byte is delivered by a copy and the completion names the cause; or the
//! message fails with the very error, with not a byte too many. Nothing hangs, and memory is free
//! only when the kernel has let go of it.
//! Method: a seccomp filter in a child answers one of the calls with each errno, before the first
//! send or between two, on a connection inside this machine; the parent reads.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::{Read, Write};
use std::time::Instant;

use libc::{
    EACCES, EBADF, ECONNRESET, EINVAL, EIO, EMSGSIZE, ENOBUFS, ENOMEM, ENOPROTOOPT, ENOSYS,
    EOPNOTSUPP, EPERM, EPIPE, MSG_ERRQUEUE, MSG_ZEROCOPY, SO_ZEROCOPY, SYS_recvmsg, SYS_sendmsg,
    SYS_setsockopt,
};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use real::child::Child;
use real::sample::content;
use real::seccomp::{Refused, refuse, why_no_filter};
use real::{HANG_BOUND, Real};
use zerocopy_nio::kernel::Fd;
use zerocopy_nio::kernel::zerocopy::{LinuxSocket, Pages, Region, wait};
use zerocopy_nio::sender::policy::Causes;
use zerocopy_nio::sender::{Finished, Outcome, Progress, Sender, Settings, Submission};

/// `ENOTSUPP` of the kernel, which no C library knows.
const ENOTSUPP: i32 = 524;

/// The answers that mean of every call that it is not there, or not for this socket.
const MISSING: [i32; 5] = [ENOSYS, EPERM, EINVAL, EOPNOTSUPP, ENOTSUPP];

/// The answers to a send on which a copy does not do better.
const ERRORS: [i32; 7] = [EIO, ECONNRESET, EPIPE, ENOMEM, EBADF, EACCES, EMSGSIZE];

const OPTION: Refused =
    Refused::ThirdArgument { number: SYS_setsockopt, bits: u32::MAX, value: SO_ZEROCOPY as u32 };

const SEND: Refused = flagged(SYS_sendmsg, MSG_ZEROCOPY);

const ERROR_QUEUE: Refused = flagged(SYS_recvmsg, MSG_ERRQUEUE);

/// More than the largest part of a message, and not a multiple of it.
const BYTES: usize = 700_001;

/// More than a connection of [`SMALL_BUFFER_BYTES`] takes before its peer reads.
const LARGE_BYTES: usize = 2_000_001;

const SMALL_BUFFER_BYTES: usize = 32 << 10;

const fn flagged(number: libc::c_long, flag: i32) -> Refused {
    Refused::ThirdArgument { number, bits: flag as u32, value: flag as u32 }
}

/// What the causes and the errno of the refusal have to be where a copy takes over.
fn expectation(errno: i32) -> (Causes, Option<Errno>) {
    match errno {
        ENOBUFS => (Causes::NO_BUFFERS, None),
        // What 5.10 lets out by mistake has the name that later kernels have for it.
        ENOTSUPP => (Causes::UNSUPPORTED, Some(Errno::EOPNOTSUPP)),
        _ => (Causes::UNSUPPORTED, Some(Errno::from_raw(errno))),
    }
}

fn skip() -> bool {
    why_no_filter().inspect(|reason| eprintln!("SKIPPED {reason}")).is_some()
}

/// Lets `act` send in a child, while the parent reads. Returns all that came.
fn received(act: impl FnOnce(Fd)) -> Vec<u8> {
    let real = Real::default();
    let ends = real.tcp(true);
    received_from(real, ends, |socket, told| {
        told.write_all(&[0]).unwrap();
        act(socket);
    })
}

/// The same on a connection that is soon full: the parent begins to read when it is told.
fn received_late(act: impl FnOnce(Fd, &mut File)) -> Vec<u8> {
    let real = Real::default();
    let ends = real.tcp(true);
    setsockopt(&real.handle(ends.1), sockopt::SndBuf, &SMALL_BUFFER_BYTES).unwrap();
    received_from(real, ends, act)
}

fn received_from(real: Real, (peer, socket): (Fd, Fd), act: impl FnOnce(Fd, &mut File)) -> Vec<u8> {
    let (ready, told) = real.pipe(true);
    let child = Child::start(|| act(socket, &mut File::from(real.handle(told))));
    real.close(socket);
    real.close(told);
    // A child that has failed tells nothing, and ends.
    let _ = File::from(real.take(ready)).read(&mut [0]).unwrap();
    let mut bytes = Vec::new();
    let ended = File::from(real.take(peer)).read_to_end(&mut bytes);
    child.succeed();
    ended.unwrap();
    bytes
}

/// A sender, the memory of its messages, and those that have ended.
struct Sending {
    sender: Sender<LinuxSocket>,
    memories: Vec<Pages>,
    ended: Vec<Finished<Region>>,
}

impl Sending {
    fn on(socket: Fd) -> Sending {
        let socket = LinuxSocket::duplicate(socket).unwrap();
        let settings = Settings { in_flight_bytes_max: 2 * LARGE_BYTES, ..Settings::default() };
        let sender = Sender::new(socket, true, settings);
        Sending { sender, memories: Vec::new(), ended: Vec::new() }
    }

    /// Sends what fits in without waiting, as one message more.
    fn send(&mut self, bytes: &[u8]) -> Progress {
        let pages = Pages::map(bytes.len()).unwrap();
        let address: *mut u8 = pages.address().cast();
        #[allow(unsafe_code, reason = "it is memory that only the kernel reads until it is free")]
        // SAFETY: the pages are that long, and stay mapped as long as the sender.
        let memory = unsafe {
            address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            Region::new(address, bytes.len())
        };
        self.memories.push(pages);
        self.sender.submit_always(Submission { memory, bytes: bytes.len(), segment_bytes: None });
        self.sender.advance()
    }

    /// Takes what has ended, and writes other things to its memory at once.
    fn collect(&mut self) {
        while let Some(finished) = self.sender.next_finished() {
            if finished.outcome != Outcome::Abandoned {
                let pages = &self.memories[finished.number as usize - 1];
                let address: *mut u8 = pages.address().cast();
                #[allow(unsafe_code, reason = "the kernel has let go of this memory")]
                // SAFETY: the pages are that long.
                unsafe {
                    address.write_bytes(0xee, pages.bytes());
                }
            }
            self.ended.push(finished);
        }
    }

    /// Sends and reaps until nothing is left, and says how every message ended.
    fn settle(&mut self) -> Vec<Finished<Region>> {
        let end = Instant::now() + HANG_BOUND;
        while !self.sender.is_settled() {
            assert!(Instant::now() < end, "it hangs: {:?}", self.sender);
            let for_room = self.sender.advance() == Progress::WaitForRoom;
            wait(self.sender.socket().fd(), for_room, 10).unwrap();
            self.sender.reap().unwrap();
        }
        self.collect();
        std::mem::take(&mut self.ended)
    }
}

/// Asserts of a message that it was sent, and why it was copied.
fn was_sent(finished: &Finished<Region>, bytes: usize, causes: Causes) {
    assert_eq!((finished.outcome, finished.bytes), (Outcome::Sent, bytes));
    assert_eq!((finished.zero_copy_bytes, finished.causes), (0, causes));
}

/// Goal: without the socket option there is no zero-copy, and nothing else is lost by that.
/// Method: setsockopt(SO_ZEROCOPY) is refused with each errno.
#[test]
fn refused_option_is_a_copy_with_its_cause() {
    if skip() {
        return;
    }
    let bytes = content(2 * BYTES);
    for errno in MISSING.into_iter().chain(ERRORS).chain([ENOPROTOOPT, ENOBUFS]) {
        let received = received(|socket| {
            refuse(OPTION, errno);
            let mut sending = Sending::on(socket);
            let refusal = if errno == ENOTSUPP { EOPNOTSUPP } else { errno };
            assert_eq!(sending.sender.refusal(), Some(Errno::from_raw(refusal)));
            sending.send(&bytes[..BYTES]);
            sending.send(&bytes[BYTES..]);
            for finished in sending.settle() {
                was_sent(&finished, BYTES, Causes::UNSUPPORTED);
            }
        });
        assert!(received == bytes, "{errno}");
    }
}

/// Goal: a zero-copy send that is refused as missing, or for want of memory that may be locked, is a
/// plain send of the same bytes; the first is remembered with what the system said, the second is
/// not.
/// Method: sendmsg(MSG_ZEROCOPY) is refused with each errno from the beginning.
#[test]
fn refused_send_is_a_copy_with_its_cause() {
    if skip() {
        return;
    }
    let bytes = content(2 * BYTES);
    for errno in MISSING.into_iter().chain([ENOBUFS]) {
        let received = received(|socket| {
            refuse(SEND, errno);
            let (causes, refusal) = expectation(errno);
            let mut sending = Sending::on(socket);
            assert_eq!(sending.sender.refusal(), None);
            sending.send(&bytes[..BYTES]);
            sending.send(&bytes[BYTES..]);
            assert_eq!(sending.sender.refusal(), refusal);
            assert!(sending.sender.is_copying());
            assert_eq!(sending.sender.next_id(), 0);
            let ended = sending.settle();
            assert_eq!(ended.len(), 2);
            for finished in ended {
                was_sent(&finished, BYTES, causes);
            }
        });
        assert!(received == bytes, "{errno}");
    }
}

/// Begins a message that the connection has no room for, lets `refused` be answered with `errno`,
/// and then lets the parent read. Returns how much of it was sent before.
fn refused_midway(
    (socket, told): (Fd, &mut File),
    (refused, errno): (Refused, i32),
    bytes: &[u8],
) -> (Sending, usize) {
    let mut sending = Sending::on(socket);
    assert_eq!(sending.send(bytes), Progress::WaitForRoom);
    let accepted = bytes.len() - sending.sender.bytes_unsent();
    assert!(accepted > 0 && sending.sender.next_id() > 0, "it begins by zero-copy");
    refuse(refused, errno);
    told.write_all(&[0]).unwrap();
    (sending, accepted)
}

/// Goal: the same in the middle of a message, of which the kernel still reads the beginning: it ends
/// when both are done, and names both causes.
/// Method: the filter is set when the connection is full.
#[test]
fn send_refused_midway_goes_on_by_copies() {
    if skip() {
        return;
    }
    let bytes = content(LARGE_BYTES);
    for errno in MISSING.into_iter().chain([ENOBUFS]) {
        let received = received_late(|socket, told| {
            let (mut sending, _) = refused_midway((socket, told), (SEND, errno), &bytes);
            let (cause, refusal) = expectation(errno);
            let ended = sending.settle();
            assert_eq!(sending.sender.refusal(), refusal);
            assert_eq!(ended.len(), 1);
            let causes = ended[0].causes;
            assert!(causes.contain(cause) && causes.contain(Causes::COPIED_BY_KERNEL));
            was_sent(&ended[0], LARGE_BYTES, causes);
        });
        assert!(received == bytes, "{errno}");
    }
}

/// Goal: what a copy would not do better on is the message's error, with exactly the bytes before
/// it delivered, and nothing behind them. The memory is free when the kernel has sent those.
/// Method: the filter is set when the connection is full; a second message waits.
#[test]
fn error_midway_leaves_what_was_before() {
    if skip() {
        return;
    }
    let bytes = content(LARGE_BYTES);
    for errno in ERRORS {
        let received = received_late(|socket, told| {
            let (mut sending, accepted) = refused_midway((socket, told), (SEND, errno), &bytes);
            sending.send(&bytes[..BYTES]);
            let ended = sending.settle();
            let failed = Outcome::Failed(Errno::from_raw(errno));
            let outcomes: Vec<_> = ended.iter().map(|it| (it.number, it.outcome)).collect();
            assert!(outcomes.contains(&(1, failed)) && outcomes.contains(&(2, failed)));
            let sent: Vec<_> = ended.iter().map(|it| it.bytes).filter(|it| *it > 0).collect();
            assert_eq!(sent, [accepted], "{errno}");
        });
        assert!(!received.is_empty() && received.len() < LARGE_BYTES, "{errno}");
        assert!(bytes.starts_with(&received), "{errno}");
    }
}

/// Goal: where a copy is refused as well, its answer is the message's error, and says nothing about
/// zero-copy. A send that takes nothing and says nothing is an error too, not a reason to wait.
/// Method: every sendmsg is refused.
#[test]
fn send_that_a_copy_does_not_do_better_is_the_error() {
    if skip() {
        return;
    }
    for (errno, told) in [(EPERM, EPERM), (EINVAL, EINVAL), (ENOBUFS, ENOBUFS), (0, EIO)] {
        let received = received(|socket| {
            refuse(Refused::Calls(&[SYS_sendmsg]), errno);
            let mut sending = Sending::on(socket);
            assert_eq!(sending.send(&content(BYTES)), Progress::Idle);
            assert_eq!(sending.sender.refusal(), None);
            let ended = sending.settle();
            assert_eq!(ended[0].outcome, Outcome::Failed(Errno::from_raw(told)));
            assert_eq!(ended[0].bytes, 0);
        });
        assert!(received.is_empty());
    }
}

/// Goal: a socket whose completions can't be read is not sent to by zero-copy at all.
/// Method: recvmsg(MSG_ERRQUEUE) is refused with each errno from the beginning.
#[test]
fn without_an_error_queue_everything_is_a_copy() {
    if skip() {
        return;
    }
    let bytes = content(2 * BYTES);
    for errno in MISSING.into_iter().chain(ERRORS) {
        let received = received(|socket| {
            refuse(ERROR_QUEUE, errno);
            let mut sending = Sending::on(socket);
            assert_eq!(sending.sender.refusal(), expectation(errno).1);
            sending.send(&bytes[..BYTES]);
            sending.send(&bytes[BYTES..]);
            assert_eq!(sending.sender.next_id(), 0);
            for finished in sending.settle() {
                was_sent(&finished, BYTES, Causes::UNSUPPORTED);
            }
        });
        assert!(received == bytes, "{errno}");
    }
}

/// Goal: if completions can't be read any more, the caller is told so by each try, what was in
/// flight stays the kernel's for ever, and everything after it goes out and ends as copies.
/// Method: recvmsg(MSG_ERRQUEUE) is refused with each errno when a message is in flight.
#[test]
fn error_queue_refused_midway_keeps_what_is_in_flight() {
    if skip() {
        return;
    }
    let bytes = content(LARGE_BYTES + BYTES);
    for errno in MISSING.into_iter().chain(ERRORS) {
        let received = received_late(|socket, told| {
            let (mut sending, _) =
                refused_midway((socket, told), (ERROR_QUEUE, errno), &bytes[..LARGE_BYTES]);
            let refusal = expectation(errno).1.unwrap();
            assert_eq!(sending.sender.reap(), Err(refusal));
            assert_eq!(sending.sender.refusal(), Some(refusal));
            let mut progress = sending.send(&bytes[LARGE_BYTES..]);
            let end = Instant::now() + HANG_BOUND;
            while progress != Progress::Idle {
                assert!(progress == Progress::WaitForRoom && Instant::now() < end);
                wait(sending.sender.socket().fd(), true, -1).unwrap();
                progress = sending.sender.advance();
            }
            assert_eq!(sending.sender.reap(), Err(refusal));
            sending.collect();
            assert_eq!(sending.ended.len(), 1, "the first is in flight");
            assert_eq!(sending.ended[0].number, 2);
            was_sent(&sending.ended[0], BYTES, Causes::UNSUPPORTED);
            assert!(sending.sender.bytes_in_flight() > 0);
            sending.sender.abandon();
            sending.collect();
            let first = &sending.ended[1];
            assert_eq!((first.number, first.outcome), (1, Outcome::Abandoned));
        });
        assert!(received == bytes, "{errno}");
    }
}
