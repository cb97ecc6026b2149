//! Goal: a sender sends each byte that it was given once and in order, ends each message once and
//! not before the kernel has let go of its memory, and keeps to its bound, whatever the socket
//! does.
//! Method: a property over drawn schedules on the simulated socket, then single behaviours.
#![allow(clippy::unwrap_used)]

mod seeded;
mod sender_schedules;
mod simulated_socket;

use nix::errno::Errno;
use sender_schedules::{Run, THRESHOLD, check, pattern, schedules};
use simulated_socket::{SimulatedSocket, Whim};
use zerocopy_nio::kernel::zerocopy::Mode;
use zerocopy_nio::sender::buffers::Buffers;
use zerocopy_nio::sender::policy::Causes;
use zerocopy_nio::sender::{Outcome, Progress, Sender, Settings, Submission};

/// How many schedules are tried for every commit.
const SCHEDULES: u64 = 40_000;

/// Goal: the property. Method: schedules of short counts, would-blocks, signals, refusals and
/// failures, of completions in any order, joined or not, copied or not, on counters that wrap, with
/// a close or an error queue that can't be read at any moment.
#[test]
fn each_byte_is_sent_once_and_each_message_ends_once() {
    let found = seeded::run_cases("sender", SCHEDULES, || {}, schedules, |it| check(&it));
    if let Some(failure) = found.failure {
        panic!("seed {}: {}\n{:#?}", failure.seed, failure.reason, failure.case);
    }
    assert_eq!(found.cases, SCHEDULES);
}

/// A sender with the settings of the property and a message of `bytes`, advanced once.
fn sending(bytes: &[usize]) -> Run {
    let mut run = Run::new(0, false);
    for count in bytes {
        run.submit(*count, true).unwrap();
        run.sender.advance();
    }
    run
}

fn causes(run: &Run) -> Vec<Causes> {
    run.ended.values().map(|it| it.causes).collect()
}

/// Goal: what is shorter than the threshold costs no completion. Method: one byte less, and not.
#[test]
fn parts_below_the_threshold_are_copied() {
    let mut run = sending(&[THRESHOLD - 1, THRESHOLD]);
    run.collect().unwrap();
    assert_eq!(causes(&run), [Causes::SMALL]);
    let calls = run.socket.calls();
    assert_eq!(calls, [(THRESHOLD - 1, Mode::Copied), (THRESHOLD, Mode::ZeroCopy)]);
    assert_eq!(run.sender.bytes_in_flight(), THRESHOLD);
}

/// Goal: a large message is cut, so that its pages don't use up the limit of locked memory at once.
/// Method: 3 MiB with the default settings; look at the calls.
#[test]
fn large_messages_go_in_parts_of_512_kib_up_to_the_bound() {
    let socket = SimulatedSocket::new(0, false);
    let mut sender = Sender::new(socket.clone(), true, Settings::default());
    let memory = pattern(1, 9 << 19);
    sender.submit_always(Submission { memory, bytes: 9 << 19, segment_bytes: None });
    assert_eq!(sender.advance(), Progress::WaitForCompletions);
    assert_eq!(socket.calls(), [(512 << 10, Mode::ZeroCopy); 8]);
    socket.complete(&[0], false);
    sender.reap().unwrap();
    assert_eq!(sender.advance(), Progress::Idle);
    assert_eq!(socket.calls().len(), 9);
}

/// Goal: a connection on which the kernel copies is sent to plainly for a while, then tried again,
/// for twice as long after each failed try, and without a pause once it works.
/// Method: count the sends between two tries.
#[test]
fn copied_completions_make_longer_and_longer_pauses() {
    let mut run = Run::new(u32::MAX, false);
    let mut pauses = Vec::new();
    for copied in [true, true, true, false, true] {
        let mut sends = 0;
        while run.socket.in_flight().is_empty() {
            run.submit(THRESHOLD, true).unwrap();
            run.sender.advance();
            sends += 1;
        }
        pauses.push(sends - 1);
        run.socket.complete(&run.socket.in_flight(), copied);
        run.sender.reap().unwrap();
        assert_eq!(run.sender.is_copying(), copied);
        run.collect().unwrap();
    }
    assert_eq!(pauses, [0, 16, 32, 64, 0]);
}

/// Goal: calls that were in flight when the first came back copied do not lengthen the pause.
/// Method: three copied completions of one burst; count the sends until the next try.
#[test]
fn one_burst_of_copied_completions_is_one_pause() {
    let mut run = sending(&[THRESHOLD, THRESHOLD, THRESHOLD]);
    for id in [0, 1, 2] {
        run.socket.complete(&[id], true);
    }
    run.sender.reap().unwrap();
    for _ in 0..17 {
        run.submit(THRESHOLD, true).unwrap();
        run.sender.advance();
    }
    let tries = run.socket.calls().iter().filter(|call| call.1 == Mode::ZeroCopy).count();
    assert_eq!(tries, 4);
}

/// Goal: ENOBUFS is answered by a plain send of the same bytes, and zero-copy comes back with the
/// next completion; with nothing in flight, which brings none, after some sends.
/// Method: ENOBUFS with a call in flight, then without one.
#[test]
fn no_buffers_is_a_plain_send_and_not_for_good() {
    let mut run = sending(&[THRESHOLD]);
    run.socket.set_whims(&[Whim::NoBuffers]);
    run.submit(THRESHOLD, true).unwrap();
    assert_eq!(run.sender.advance(), Progress::Idle);
    run.collect().unwrap();
    assert_eq!(causes(&run), [Causes::NO_BUFFERS]);
    assert!(run.sender.is_copying());
    run.socket.complete(&[0], false);
    run.sender.reap().unwrap();
    assert!(!run.sender.is_copying());

    run.socket.set_whims(&[Whim::NoBuffers]);
    for _ in 0..17 {
        run.submit(THRESHOLD, true).unwrap();
        assert_eq!(run.sender.advance(), Progress::Idle);
    }
    assert_eq!(run.socket.calls().last(), Some(&(THRESHOLD, Mode::ZeroCopy)));
}

/// Goal: after a message of a stream was sent in part, nothing follows it; a message of which
/// nothing was sent fails alone. Method: a peer that is gone, after some bytes and before any.
#[test]
fn nothing_follows_a_message_that_was_cut() {
    for (first, sent_after) in [(Whim::Short(5), 5), (Whim::Behave, 40)] {
        let mut run = Run::new(0, false);
        run.socket.set_whims(&[first, Whim::Failed(Errno::EPIPE)]);
        for _ in 0..3 {
            run.submit(20, true).unwrap();
        }
        run.sender.advance();
        run.socket.complete(&run.socket.in_flight(), false);
        run.sender.reap().unwrap();
        run.collect().unwrap();
        assert_eq!(run.socket.received().len(), sent_after);
        let failed = run.ended.values().filter(|it| it.outcome == Outcome::Failed(Errno::EPIPE));
        assert_eq!(failed.count(), if sent_after == 5 { 3 } else { 1 });
    }
}

/// Goal: what refuses a copy of the same bytes too says nothing of zero-copy, which goes on with the
/// next message; what lets the copy pass is remembered.
/// Method: EPERM, as of a firewall, to both sends and then to the zero-copy send alone.
#[test]
fn only_a_copy_that_fares_better_rules_zero_copy_out() {
    let mut run = Run::new(0, true);
    run.socket.set_whims(&[Whim::Failed(Errno::EPERM), Whim::Failed(Errno::EPERM)]);
    run.submit(THRESHOLD, true).unwrap();
    run.submit(THRESHOLD, true).unwrap();
    assert_eq!(run.sender.advance(), Progress::Idle);
    run.collect().unwrap();
    assert_eq!(run.ended[&1].outcome, Outcome::Failed(Errno::EPERM));
    assert_eq!(run.sender.refusal(), None);
    assert_eq!(run.socket.calls(), [(THRESHOLD, Mode::ZeroCopy)]);

    run.socket.set_whims(&[Whim::Refused(Errno::EPERM)]);
    run.submit(THRESHOLD, true).unwrap();
    assert_eq!(run.sender.advance(), Progress::Idle);
    run.collect().unwrap();
    assert_eq!(run.ended[&3].causes, Causes::UNSUPPORTED);
    assert_eq!(run.sender.refusal(), Some(Errno::EPERM));
}

/// Goal: a socket that does not know SO_ZEROCOPY is never asked for notifications: a UNIX stream
/// answers with the data of its user. Method: one that refuses the option; reap.
#[test]
fn a_socket_without_an_error_queue_is_not_asked_for_it() {
    let socket = SimulatedSocket::without_zero_copy();
    socket.disturb();
    let mut sender = Sender::new(socket.clone(), true, Settings::default());
    assert_eq!(sender.refusal(), Some(Errno::EOPNOTSUPP));
    let memory = pattern(1, 1 << 20);
    sender.submit_always(Submission { memory, bytes: 1 << 20, segment_bytes: None });
    assert_eq!(sender.advance(), Progress::Idle);
    sender.reap().unwrap();
    assert_eq!(sender.next_finished().unwrap().causes, Causes::UNSUPPORTED);
    assert_eq!(socket.unread_notifications(), 1);
}

/// Goal: a sender leaves the socket's option as it found it.
/// Method: off and on before; drop the sender.
#[test]
fn the_option_of_the_socket_is_put_back() {
    for was_on in [false, true] {
        let socket = SimulatedSocket::new(0, false);
        zerocopy_nio::kernel::zerocopy::ZeroCopySocket::set_zero_copy(&socket, was_on).unwrap();
        let sender = Sender::new(socket.clone(), true, Settings::default());
        assert!(socket.has_zero_copy_on());
        drop(sender);
        assert_eq!(socket.has_zero_copy_on(), was_on);
    }
}

/// Goal: a buffer is used again only when its caller and all of its messages are done with it.
/// Method: every order of giving back and completing.
#[test]
fn buffers_are_used_again_when_everybody_is_done() {
    let mut buffers = Buffers::default();
    let first = buffers.acquire(10_000).unwrap();
    assert_eq!(first.addr() % 4096, 0);
    buffers.begin_message(first.addr());
    buffers.begin_message(first.addr() + 4096);
    assert!(buffers.release(first.addr()));
    assert!(!buffers.release(first.addr()), "given back twice");
    buffers.end_message(first.addr());
    let second = buffers.acquire(10_000).unwrap();
    assert_ne!(second, first, "a message is still in flight");
    buffers.end_message(first.addr() + 4096);
    assert_eq!(buffers.acquire(10_000).unwrap(), first);
    buffers.begin_message(1);
    buffers.end_message(1);
    assert!(!buffers.release(1), "not one of its buffers");
}
