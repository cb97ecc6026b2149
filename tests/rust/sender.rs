//! Goal: a sender sends each byte that it was given once and in order, ends each message once and
//! not before the kernel has let go of its memory, and keeps to its bound, whatever the socket
//! does.
//! Method: a property over drawn schedules on the simulated socket, then single behaviours.
#![allow(clippy::unwrap_used)]

mod simulated_socket;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nix::errno::Errno;
use proptest::prelude::*;
use simulated_socket::{Memory, SimulatedSocket, Whim};
use zerocopy_nio::kernel::zerocopy::Mode;
use zerocopy_nio::sender::buffers::Buffers;
use zerocopy_nio::sender::policy::Causes;
use zerocopy_nio::sender::{Finished, Full, Outcome, Progress, Sender, Settings, Submission};

const BOUND: usize = 40;
const THRESHOLD: usize = 4;

#[derive(Debug, Clone)]
enum Action {
    Submit {
        bytes: usize,
        always: bool,
    },
    Advance,
    Reap,
    /// Completes some calls in flight: `skip` of them are passed over, then `count` are completed,
    /// joined in one notification or each in its own, in order or from the last to the first.
    Complete {
        skip: usize,
        count: usize,
        joined: bool,
        reversed: bool,
        copied: bool,
    },
    Disturb,
    Withdraw,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let complete = (0..3_usize, 1..4_usize, any::<[bool; 3]>()).prop_map(
        |(skip, count, [joined, reversed, copied])| Action::Complete {
            skip,
            count,
            joined,
            reversed,
            copied,
        },
    );
    let action = prop_oneof![
        4 => (0..60_usize, any::<bool>())
            .prop_map(|(bytes, always)| Action::Submit { bytes, always }),
        4 => Just(Action::Advance),
        3 => Just(Action::Reap),
        4 => complete,
        1 => Just(Action::Disturb),
        1 => prop::bool::weighted(0.1).prop_map(|withdraw| {
            if withdraw { Action::Withdraw } else { Action::Advance }
        }),
    ];
    prop::collection::vec(action, 0..60)
}

fn whims() -> impl Strategy<Value = Vec<Whim>> {
    let whim = prop_oneof![
        6 => Just(Whim::Behave),
        4 => (0..30_usize).prop_map(Whim::Short),
        3 => Just(Whim::Again),
        2 => Just(Whim::Interrupted),
        2 => Just(Whim::NoBuffers),
        1 => prop::bool::weighted(0.2).prop_map(|rare| {
            if rare { Whim::Unsupported } else { Whim::Behave }
        }),
        1 => prop::bool::weighted(0.2).prop_map(|rare| {
            if rare { Whim::BrokenPipe } else { Whim::Behave }
        }),
    ];
    prop::collection::vec(whim, 0..60)
}

/// Numbers around the wrap of the counter, of its sign, and anywhere.
fn first_ids() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        (0..20_u32).prop_map(|below| u32::MAX - below),
        (0..20_u32).prop_map(|below| (1 << 31) - below),
        any::<u32>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn each_byte_is_sent_once_and_each_message_ends_once(
        actions in actions(),
        whims in whims(),
        first_id in first_ids(),
        is_datagram in any::<bool>(),
        is_closed_in_flight in any::<bool>(),
    ) {
        let mut run = Run::new(first_id, is_datagram);
        run.socket.set_whims(&whims);
        for action in &actions {
            run.act(action)?;
        }
        if is_closed_in_flight {
            run.sender.abandon();
            run.collect()?;
        } else {
            run.come_to_the_end()?;
        }
        run.check()?;
    }
}

/// A sender, its socket, and what the test knows of the messages.
struct Run {
    socket: SimulatedSocket,
    sender: Sender<SimulatedSocket>,
    memories: BTreeMap<u64, Memory>,
    ended: BTreeMap<u64, Finished<Memory>>,
}

impl Run {
    fn new(first_id: u32, is_datagram: bool) -> Run {
        let socket = SimulatedSocket::new(first_id, is_datagram);
        let settings = Settings {
            in_flight_bytes_max: BOUND,
            threshold_bytes: THRESHOLD,
            zero_copy: true,
            first_id,
        };
        let sender = Sender::new(socket.clone(), !is_datagram, settings);
        Run { socket, sender, memories: BTreeMap::new(), ended: BTreeMap::new() }
    }

    fn act(&mut self, action: &Action) -> Result<(), TestCaseError> {
        match *action {
            Action::Submit { bytes, always } => self.submit(bytes, always)?,
            Action::Advance => {
                self.sender.advance();
            }
            Action::Reap => self.sender.reap().unwrap(),
            Action::Complete { skip, count, joined, reversed, copied } => {
                let mut ids: Vec<u32> =
                    self.socket.in_flight().into_iter().skip(skip).take(count).collect();
                if joined && is_without_gaps(&ids) {
                    self.socket.complete_range(ids[0], ids[ids.len() - 1], copied);
                } else {
                    if reversed {
                        ids.reverse();
                    }
                    self.socket.complete(&ids, copied);
                }
            }
            Action::Disturb => self.socket.disturb(),
            Action::Withdraw => self.sender.withdraw(),
        }
        self.collect()
    }

    fn submit(&mut self, bytes: usize, always: bool) -> Result<(), TestCaseError> {
        let number = self.memories.len() as u64 + 1;
        let memory = pattern(number, bytes);
        let before = self.sender.bytes_in_flight();
        let submission = Submission { memory: memory.clone(), bytes, segment_bytes: None };
        if always {
            prop_assert_eq!(self.sender.submit_always(submission), number);
        } else if before > 0 && before + bytes > BOUND {
            prop_assert_eq!(self.sender.submit(submission), Err(Full));
            return Ok(());
        } else {
            prop_assert_eq!(self.sender.submit(submission), Ok(number));
        }
        self.memories.insert(number, memory);
        Ok(())
    }

    /// Takes what has ended, and writes other things to its memory at once.
    fn collect(&mut self) -> Result<(), TestCaseError> {
        while let Some(finished) = self.sender.next_finished() {
            if finished.outcome != Outcome::Abandoned {
                prop_assert!(!self.socket.is_reading(&finished.memory), "ended too early");
                finished.memory.borrow_mut().fill(0xee);
            }
            prop_assert!(finished.zero_copy_bytes <= finished.bytes);
            let before = self.ended.insert(finished.number, finished);
            prop_assert!(before.is_none(), "a message ended twice");
        }
        Ok(())
    }

    /// The socket behaves and completes: now everything has to end.
    fn come_to_the_end(&mut self) -> Result<(), TestCaseError> {
        self.socket.set_whims(&[]);
        for _ in 0..10_000 {
            self.sender.reap().unwrap();
            let progress = self.sender.advance();
            prop_assert_ne!(progress, Progress::WaitForRoom);
            let ids = self.socket.in_flight();
            prop_assert!(progress == Progress::Idle || !ids.is_empty(), "waits for nothing");
            self.socket.complete(&ids, false);
            self.sender.reap().unwrap();
            self.collect()?;
            if progress == Progress::Idle {
                prop_assert!(self.sender.is_settled());
                prop_assert_eq!(self.sender.bytes_in_flight(), 0);
                return Ok(());
            }
        }
        Err(TestCaseError::fail("it does not come to an end"))
    }

    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.ended.keys().eq(self.memories.keys()), "every message ends");
        let expected: Vec<u8> =
            self.ended.values().flat_map(|it| pattern(it.number, it.bytes).take()).collect();
        prop_assert_eq!(self.socket.received(), expected);
        prop_assert!(self.socket.largest_in_flight() <= BOUND);
        for finished in self.ended.values() {
            let all = self.memories[&finished.number].borrow().len();
            prop_assert!(finished.outcome != Outcome::Sent || finished.bytes == all);
        }
        Ok(())
    }
}

fn is_without_gaps(ids: &[u32]) -> bool {
    !ids.is_empty() && ids.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1))
}

/// The bytes of a message: those of no two messages are alike, and none is what a freed buffer has.
fn pattern(number: u64, bytes: usize) -> Memory {
    let byte = |at: usize| ((number as usize * 31 + at * 7) % 0xee) as u8;
    Rc::new(RefCell::new((0..bytes).map(byte).collect()))
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
        run.socket.set_whims(&[first, Whim::BrokenPipe]);
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
