//! What is at the other ends of a relay, and what has to be there when it is over.

use std::sync::Arc;

use proptest::prelude::*;
use zerocopy_nio::driver::relay_engine::{Counters, FlowEnd, Outcome};
use zerocopy_nio::kernel::{Fd, Kernel};

use super::Plan;
use crate::simulated_kernel::{SimulatedKernel, pattern};

/// No byte of the pattern.
pub const PREFACE_BYTE: u8 = 0xfe;

/// The peers of a relay, and what they have done.
#[derive(Debug)]
pub struct Ends {
    pub plan: Plan,
    pub peers: [Option<Fd>; 2],
    pub counters: Arc<Counters>,
    /// Everything that each has sent.
    sent: [usize; 2],
    /// Each has ended what it sends, and has not broken the connection before.
    has_finished: [bool; 2],
    /// Each is gone, by an end or by a reset.
    pub is_gone: [bool; 2],
    /// What each has got, and whether that was the end, once it is gone.
    got: [Option<Got>; 2],
}

#[derive(Debug, Clone)]
struct Got {
    bytes: Vec<u8>,
    has_ended: bool,
    was_reset: bool,
}

impl Ends {
    pub fn new(plan: Plan, peers: [Fd; 2], counters: Arc<Counters>) -> Ends {
        Ends {
            plan,
            peers: peers.map(Some),
            counters,
            sent: [0; 2],
            has_finished: [false; 2],
            is_gone: [false; 2],
            got: [None, None],
        }
    }

    /// The peer sends as many of `count` bytes as there is room for; whether there were any.
    pub fn send(&mut self, kernel: &SimulatedKernel, socket: usize, count: usize) -> bool {
        let Some(fd) = self.peers[socket] else { return false };
        let begin = self.sent[socket];
        let sent = kernel.with_outgoing(fd, |stream| {
            let is_open = stream.is_writer_open && stream.is_reader_open;
            let count = if is_open { count.min(stream.room()) } else { 0 };
            if count > 0 {
                stream.accept(&pattern(begin + 100 * socket, count));
            }
            count
        });
        self.sent[socket] += sent;
        sent > 0
    }

    pub fn read(&mut self, kernel: &SimulatedKernel, socket: usize, count: usize) -> bool {
        let Some(fd) = self.peers[socket] else { return false };
        kernel.with_incoming(fd, |stream| {
            let unread = stream.unread();
            stream.take(count);
            unread > 0
        })
    }

    pub fn finish(&mut self, kernel: &SimulatedKernel, socket: usize) {
        let Some(fd) = self.peers[socket] else { return };
        kernel.with_outgoing(fd, |stream| stream.is_writer_open = false);
        self.has_finished[socket] = true;
    }

    /// The peer closes its socket. Unless it `resets`, and has read everything, that is an end too.
    pub fn leave(&mut self, kernel: &SimulatedKernel, socket: usize, resets: bool) {
        let Some(fd) = self.peers[socket].take() else { return };
        self.got[socket] = Some(look(kernel, fd));
        self.is_gone[socket] = true;
        let has_unread = kernel.with_incoming(fd, |stream| stream.unread() > 0);
        if resets && self.plan.are_tcp[socket] {
            kernel.reset(fd);
        } else {
            kernel.close(fd);
            self.has_finished[socket] |= !has_unread;
        }
    }

    /// The bytes that have arrived at the peer of the socket.
    pub fn arrived(&self, kernel: &SimulatedKernel, socket: usize) -> usize {
        match (&self.got[socket], self.peers[socket]) {
            (Some(got), _) => got.bytes.len(),
            (None, Some(fd)) => kernel.with_incoming(fd, |stream| stream.accepted.len()),
            (None, None) => unreachable!("a peer is there or has left"),
        }
    }

    /// All that goes through the relay in the direction `way`, its preface included.
    pub fn whole(&self, way: usize) -> usize {
        self.plan.preface_bytes[way] + self.sent[way]
    }

    /// The relay is over: what its outcome says is what has happened.
    pub fn check(&self, kernel: &SimulatedKernel, outcome: &Outcome) -> Result<(), TestCaseError> {
        for way in [0, 1] {
            let to = 1 - way;
            let got = match (&self.got[to], self.peers[to]) {
                (Some(got), _) => got.clone(),
                (None, Some(fd)) => look(kernel, fd),
                (None, None) => unreachable!("a peer is there or has left"),
            };
            let (end, books) = (outcome.ends[way], &outcome.books[way]);
            let is_gone = self.is_gone[to];
            prop_assert!(self.is_prefix(way, &got.bytes), "way {way}: other bytes than were sent");
            let delivered = got.bytes.len() as u64;
            prop_assert!(books.delivered == delivered, "{books:?}, {delivered} came");
            prop_assert!(books.consumed >= books.delivered);
            prop_assert!(books.consumed <= self.whole(way) as u64);
            if end == FlowEnd::Ended {
                prop_assert!(self.has_finished[way], "way {way} has ended, its source has not");
                prop_assert_eq!(books.delivered, self.whole(way) as u64, "it ended before its end");
                prop_assert!(got.has_ended || is_gone, "the end was not passed on");
            }
            if got.has_ended && !got.was_reset && !is_gone && self.plan.are_tcp[to] {
                let is_whole = delivered == self.whole(way) as u64 && self.has_finished[way];
                let is_left =
                    matches!(end, FlowEnd::Closed | FlowEnd::IdleTimedOut | FlowEnd::TimedOut)
                        && delivered == self.whole(way) as u64;
                let says_so = matches!(end, FlowEnd::Ended) || is_left;
                prop_assert!(is_whole || is_left, "way {way} looks whole, and {end:?}");
                prop_assert!(says_so || is_whole, "way {way}: {end:?}");
            }
            match end {
                FlowEnd::SourceFailed(_) => {
                    prop_assert!(self.is_gone[way], "way {way}: {end:?}, and its source is there");
                }
                FlowEnd::TargetFailed(_) => {
                    prop_assert!(self.is_gone[0] || self.is_gone[1], "way {way}: {end:?}");
                }
                FlowEnd::IdleTimedOut => prop_assert!(self.plan.idle_timeout_ms.is_some()),
                FlowEnd::TimedOut => prop_assert!(self.plan.timeout_ms.is_some()),
                FlowEnd::Ended | FlowEnd::Closed => {}
            }
        }
        Ok(())
    }

    fn is_prefix(&self, way: usize, bytes: &[u8]) -> bool {
        let preface = self.plan.preface_bytes[way].min(bytes.len());
        let (first, rest) = bytes.split_at(preface);
        first.iter().all(|byte| *byte == PREFACE_BYTE)
            && rest.len() <= self.sent[way]
            && rest == pattern(100 * way, rest.len())
    }
}

fn look(kernel: &SimulatedKernel, fd: Fd) -> Got {
    kernel.with_incoming(fd, |stream| Got {
        bytes: stream.accepted.clone(),
        has_ended: !stream.is_writer_open,
        was_reset: stream.was_reset,
    })
}
