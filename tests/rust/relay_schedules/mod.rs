//! Drawn schedules of several relays on the simulated kernel, and what has to hold in each of them.
//!
//! Used by `relay_state_machine.rs`, which expects it to hold, and by `planted_bug.rs`, which expects
//! it to fail.
#![allow(dead_code, unused_imports, clippy::unwrap_used, reason = "each test crate uses its part")]

mod ends;
mod epoll;
mod stage;

use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::simulated_kernel::Whim;
use stage::Stage;

/// How many schedules are tried for every commit.
pub const SCHEDULES: u64 = 6_000;

/// How many relays have spliced, and how many have ended both ways, in all schedules of the process.
pub static SPLICED: AtomicU64 = AtomicU64::new(0);
pub static ENDED: AtomicU64 = AtomicU64::new(0);

/// What happens, in its order, to relays that all live on one thread.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub actions: Vec<Action>,
    pub whims: Vec<Whim>,
    pub turn_bytes: u64,
    /// How many pages a pipe has.
    pub pipe_slots: usize,
    /// Every splice(2) is answered so.
    pub splice_refusal: Option<Errno>,
}

/// What is drawn for a relay.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub are_tcp: [bool; 2],
    /// How many bytes each of the two sockets holds on the way to its peer, and from it.
    pub room: usize,
    pub preface_bytes: [usize; 2],
    pub bytes_per_second: Option<u64>,
    pub idle_timeout_ms: Option<u64>,
    pub timeout_ms: Option<u64>,
}

/// A peer is one of those at the other ends: a relay and which of its sockets.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub relay: usize,
    pub socket: usize,
}

#[derive(Debug, Clone)]
pub enum Action {
    Start(Plan),
    Send(Peer, usize),
    Read(Peer, usize),
    /// It sends no more.
    Finish(Peer),
    /// It is gone, and what it has not read is lost.
    Close(Peer),
    Reset(Peer),
    /// One of the events that are due is delivered, and once more later where it `stays`.
    Deliver {
        pick: usize,
        stays: bool,
    },
    /// An event comes for a relay that may be over.
    DeliverLate {
        pick: usize,
    },
    Round,
    CloseRelay(usize),
    RefusePipes(Option<Errno>),
    Pass {
        ms: u64,
    },
}

pub fn schedules() -> impl Strategy<Value = Schedule> {
    let turn_bytes = prop_oneof![1..100_u64, 1_000..40_000_u64, Just(1 << 20)];
    let refusal = prop_oneof![
        12 => Just(None),
        1 => prop::sample::select(vec![Errno::EPERM, Errno::ENOSYS, Errno::EINVAL]).prop_map(Some),
    ];
    let slots = prop_oneof![Just(1), Just(2), Just(16)];
    (plan(), vec(action(), 0..90), vec(whim(), 0..60), turn_bytes, slots, refusal).prop_map(
        |(first, mut actions, whims, turn_bytes, pipe_slots, splice_refusal)| {
            actions.insert(0, Action::Start(first));
            Schedule { actions, whims, turn_bytes, pipe_slots, splice_refusal }
        },
    )
}

/// Runs the schedule, then to the end of all relays, and checks each stage of it.
pub fn check(schedule: &Schedule) -> Result<(), TestCaseError> {
    let mut stage = Stage::set(schedule);
    for action in &schedule.actions {
        stage.act(action)?;
    }
    stage.come_to_rest()?;
    stage.check_nothing_waits()?;
    stage.finish_peers()?;
    stage.check_what_is_left()?;
    let [spliced, ended] = stage.counts();
    SPLICED.fetch_add(spliced, Ordering::Relaxed);
    ENDED.fetch_add(ended, Ordering::Relaxed);
    Ok(())
}

fn peer() -> impl Strategy<Value = Peer> {
    (0..4_usize, 0..2_usize).prop_map(|(relay, socket)| Peer { relay, socket })
}

fn amount() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => Just(1),
        3 => 1..2_000_usize,
        2 => 16_000..17_000_usize,
        3 => 30_000..200_000_usize,
        1 => 200_000..2_500_000_usize,
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let room = prop_oneof![1..50_usize, 3_000..70_000_usize, 200_000..1_000_000_usize];
    let preface = || prop_oneof![4 => Just(0), 1 => 1..100_usize, 1 => 10_000..90_000_usize];
    let rate = prop_oneof![3 => Just(None), 1 => (300_000..10_000_000_u64).prop_map(Some)];
    let limit = || prop_oneof![4 => Just(None), 1 => (1..5_000_u64).prop_map(Some)];
    (any::<[bool; 2]>(), room, [preface(), preface()], rate, limit(), limit()).prop_map(
        |(are_tcp, room, preface_bytes, bytes_per_second, idle_timeout_ms, timeout_ms)| Plan {
            are_tcp,
            room,
            preface_bytes,
            bytes_per_second,
            idle_timeout_ms,
            timeout_ms,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let no_pipe = prop::sample::select(vec![None, Some(Errno::EMFILE), Some(Errno::ENFILE)]);
    prop_oneof![
        12 => (peer(), amount()).prop_map(|(peer, bytes)| Action::Send(peer, bytes)),
        10 => (peer(), amount()).prop_map(|(peer, bytes)| Action::Read(peer, bytes)),
        16 => Just(Action::Round),
        12 => (any::<usize>(), any::<bool>())
            .prop_map(|(pick, stays)| Action::Deliver { pick, stays }),
        2 => any::<usize>().prop_map(|pick| Action::DeliverLate { pick }),
        3 => plan().prop_map(Action::Start),
        4 => peer().prop_map(Action::Finish),
        1 => peer().prop_map(Action::Close),
        1 => peer().prop_map(Action::Reset),
        1 => (0..4_usize).prop_map(Action::CloseRelay),
        1 => no_pipe.prop_map(Action::RefusePipes),
        2 => prop_oneof![0..3_u64, 1..1_000_u64].prop_map(|ms| Action::Pass { ms }),
    ]
}

/// What Linux does too: all that is left out of a schedule of single transfers ends a relay.
fn whim() -> impl Strategy<Value = Whim> {
    prop_oneof![
        8 => Just(Whim::Behave),
        2 => (1..100_usize).prop_map(Whim::Short),
        2 => (1..100_000_usize).prop_map(Whim::Short),
        2 => Just(Whim::Fail(Errno::EINTR)),
        3 => Just(Whim::Fail(Errno::EAGAIN)),
    ]
}
