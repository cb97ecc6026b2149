//! Drawn schedules of a sender on the simulated socket, and what has to hold in each of them.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nix::errno::Errno;
use proptest::prelude::*;
use zerocopy_nio::sender::policy::Causes;
use zerocopy_nio::sender::{Finished, Full, Outcome, Progress, Sender, Settings, Submission};

use crate::simulated_socket::{Memory, SimulatedSocket, Whim};

pub const BOUND: usize = 40;
pub const THRESHOLD: usize = 4;

/// A connection, and what is done with it and on it.
#[derive(Debug, Clone)]
pub struct Schedule {
    actions: Vec<Action>,
    whims: Vec<Whim>,
    first_id: u32,
    is_datagram: bool,
    is_closed_in_flight: bool,
}

#[derive(Debug, Clone)]
pub enum Action {
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
    InterruptReceives(usize),
    BreakErrorQueue,
    Withdraw,
}

pub fn schedules() -> impl Strategy<Value = Schedule> {
    (actions(), whims(), first_ids(), any::<[bool; 2]>()).prop_map(
        |(actions, whims, first_id, [is_datagram, is_closed_in_flight])| Schedule {
            actions,
            whims,
            first_id,
            is_datagram,
            is_closed_in_flight,
        },
    )
}

/// Runs the schedule, then to the end of all messages, and checks each stage of it.
pub fn check(schedule: &Schedule) -> Result<(), TestCaseError> {
    let mut run = Run::new(schedule.first_id, schedule.is_datagram);
    run.socket.set_whims(&schedule.whims);
    for action in &schedule.actions {
        run.act(action)?;
    }
    if schedule.is_closed_in_flight {
        run.sender.abandon();
        run.collect()?;
    } else {
        run.come_to_the_end()?;
    }
    run.check()?;
    run.check_system_calls(schedule)
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
        1 => (1..4_usize).prop_map(Action::InterruptReceives),
        1 => (0..30_u32).prop_map(|rare| match rare {
            0..=2 => Action::Withdraw,
            3 => Action::BreakErrorQueue,
            _ => Action::Advance,
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
        1 => (0..15_usize, any::<bool>()).prop_map(|(rare, everything)| {
            match REFUSALS.get(rare) {
                Some(errno) if everything => Whim::Failed(*errno),
                Some(errno) => Whim::Refused(*errno),
                None => Whim::Behave,
            }
        }),
    ];
    prop::collection::vec(whim, 0..60)
}

/// What a socket says that lacks zero-copy, or everything.
const REFUSALS: [Errno; 6] =
    [Errno::EOPNOTSUPP, Errno::EPERM, Errno::EINVAL, Errno::ENOSYS, Errno::EPIPE, Errno::ENOMEM];

/// What recvmsg says once it is forbidden.
const QUEUE_ERRNO: Errno = Errno::EACCES;

/// Numbers around the wrap of the counter, of its sign, and anywhere.
fn first_ids() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        (0..20_u32).prop_map(|below| u32::MAX - below),
        (0..20_u32).prop_map(|below| (1 << 31) - below),
        any::<u32>(),
    ]
}

/// A sender, its socket, and what the test knows of the messages.
pub struct Run {
    pub socket: SimulatedSocket,
    pub sender: Sender<SimulatedSocket>,
    pub ended: BTreeMap<u64, Finished<Memory>>,
    memories: BTreeMap<u64, Memory>,
    is_queue_broken: bool,
    reaps: usize,
}

impl Run {
    pub fn new(first_id: u32, is_datagram: bool) -> Run {
        let socket = SimulatedSocket::new(first_id, is_datagram);
        let settings = Settings {
            in_flight_bytes_max: BOUND,
            threshold_bytes: THRESHOLD,
            zero_copy: true,
            first_id,
        };
        let sender = Sender::new(socket.clone(), !is_datagram, settings);
        Run {
            socket,
            sender,
            ended: BTreeMap::new(),
            memories: BTreeMap::new(),
            is_queue_broken: false,
            reaps: 0,
        }
    }

    fn act(&mut self, action: &Action) -> Result<(), TestCaseError> {
        match *action {
            Action::Submit { bytes, always } => self.submit(bytes, always)?,
            Action::Advance => {
                self.sender.advance();
            }
            Action::Reap => self.reap()?,
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
            Action::InterruptReceives(count) => self.socket.interrupt_receives(count),
            Action::BreakErrorQueue => {
                self.is_queue_broken = true;
                self.socket.break_error_queue(QUEUE_ERRNO);
            }
            Action::Withdraw => self.sender.withdraw(),
        }
        self.collect()
    }

    fn reap(&mut self) -> Result<(), TestCaseError> {
        self.reaps += 1;
        let expected = if self.is_queue_broken { Err(QUEUE_ERRNO) } else { Ok(()) };
        prop_assert_eq!(self.sender.reap(), expected);
        Ok(())
    }

    pub fn submit(&mut self, bytes: usize, always: bool) -> Result<(), TestCaseError> {
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
    pub fn collect(&mut self) -> Result<(), TestCaseError> {
        while let Some(finished) = self.sender.next_finished() {
            if finished.outcome != Outcome::Abandoned {
                prop_assert!(!self.socket.is_reading(&finished.memory), "ended too early");
                finished.memory.borrow_mut().fill(0xee);
            }
            let uncopied = self.socket.uncopied_bytes(&finished.memory);
            prop_assert!(finished.zero_copy_bytes <= uncopied, "it claims too much");
            let is_copied = finished.zero_copy_bytes < finished.bytes;
            if finished.outcome != Outcome::Abandoned {
                prop_assert_eq!(finished.zero_copy_bytes, uncopied);
                prop_assert_eq!(is_copied, finished.bytes > 0 && finished.causes != Causes::NONE);
            }
            let before = self.ended.insert(finished.number, finished);
            prop_assert!(before.is_none(), "a message ended twice");
        }
        Ok(())
    }

    /// The socket behaves and completes: now everything has to end, but for what is in flight where
    /// completions can't be read.
    fn come_to_the_end(&mut self) -> Result<(), TestCaseError> {
        self.socket.set_whims(&[]);
        for _ in 0..10_000 {
            self.reap()?;
            let progress = self.sender.advance();
            prop_assert_ne!(progress, Progress::WaitForRoom);
            let ids = self.socket.in_flight();
            prop_assert!(progress == Progress::Idle || !ids.is_empty(), "waits for nothing");
            self.socket.complete(&ids, false);
            self.reap()?;
            self.collect()?;
            if progress == Progress::Idle {
                return self.be_settled();
            }
        }
        Err(TestCaseError::fail("it does not come to an end"))
    }

    fn be_settled(&mut self) -> Result<(), TestCaseError> {
        if self.is_queue_broken {
            prop_assert_eq!(self.sender.bytes_unsent(), 0);
            self.sender.abandon();
            return self.collect();
        }
        prop_assert!(self.sender.is_settled());
        prop_assert_eq!(self.sender.bytes_in_flight(), 0);
        Ok(())
    }

    /// A send is disturbed by a whim, or takes a part of at least the threshold, the rest before
    /// the bound or the rest of its message. A read takes something, or finds nothing and is the
    /// last one of its round.
    fn check_system_calls(&self, schedule: &Schedule) -> Result<(), TestCaseError> {
        let counts = self.socket.counts();
        let lengths = self.memories.values().map(|memory| memory.borrow().len());
        let parts: usize = lengths.map(|bytes| bytes / THRESHOLD + 2).sum();
        prop_assert!(counts.sends <= schedule.whims.len() + parts, "{counts:?} for {parts} parts");
        let rounds = self.reaps + 1;
        prop_assert!(counts.receives <= counts.to_receive + rounds, "{counts:?}");
        Ok(())
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
pub fn pattern(number: u64, bytes: usize) -> Memory {
    let byte = |at: usize| ((number as usize * 31 + at * 7) % 0xee) as u8;
    Rc::new(RefCell::new((0..bytes).map(byte).collect()))
}
