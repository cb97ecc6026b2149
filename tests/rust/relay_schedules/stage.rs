//! Relays of one thread on a simulated kernel, with all that is known of them.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use proptest::prelude::*;
use zerocopy_nio::driver::relay_engine::{
    Books, Counters, FlowEnd, Outcome, Relay, RelayOptions, Relays, Token,
};
use zerocopy_nio::kernel::events::Edge;
use zerocopy_nio::kernel::{Fd, Kernel, SocketKind};
use zerocopy_nio::mechanism::Mechanism;
use zerocopy_nio::transfer::Process;

use super::ends::{Ends, PREFACE_BYTE};
use super::epoll::Watched;
use super::{Action, Plan, Schedule};
use crate::simulated_kernel::{
    Mode, Name, Object, PAGE_BYTES, PipeSlots, SimulatedKernel, Stream, Whim,
};

const RELAYS_MAX: usize = 4;

const SEND_BUFFER_BYTES: u64 = 212_992;

/// More turns than this without a byte that moves are a spin: whims bring about one each, at most.
const IDLE_ROUNDS_MAX: usize = 80;

/// A pause of the pace lasts an eighth of a second at most.
const PAUSE_NS_MAX: u64 = 200_000_000;

pub struct Stage {
    kernel: SimulatedKernel,
    process: Process,
    relays: Relays<SimulatedKernel>,
    live: BTreeMap<u64, (Ends, [Watched; 2])>,
    over: Vec<(Ends, Outcome)>,
    /// The names of sockets that are gone.
    late: Vec<Token>,
    started: u64,
    /// How many calls were looked at.
    seen: usize,
}

const SPARED: [Name; 5] =
    [Name::ShutdownWrite, Name::SetResetOnClose, Name::Read, Name::SetPipeSize, Name::Peek];

impl Stage {
    pub fn set(schedule: &Schedule) -> Stage {
        let kernel = SimulatedKernel::new();
        let slots = schedule.pipe_slots;
        kernel.set_pipe_slots(PipeSlots { at_first: slots, at_most: 16 * slots });
        kernel.refuse(Name::Splice, schedule.splice_refusal);
        kernel.set_whims(&schedule.whims);
        // These don't wait, and their descriptors are the engine's own.
        for name in SPARED {
            kernel.spare(name);
        }
        Stage {
            kernel,
            process: Process::new(),
            relays: Relays::new(schedule.turn_bytes),
            live: BTreeMap::new(),
            over: Vec::new(),
            late: Vec::new(),
            started: 0,
            seen: 0,
        }
    }

    pub fn act(&mut self, action: &Action) -> Result<(), TestCaseError> {
        match action {
            Action::Start(plan) if self.live.len() < RELAYS_MAX => self.start(*plan),
            Action::Start(_) => {}
            Action::Send(peer, count) => {
                self.at(peer.relay, peer.socket, |kernel, ends, watched| {
                    watched.is_due |= ends.send(kernel, peer.socket, *count);
                });
            }
            Action::Read(peer, count) => {
                self.at(peer.relay, peer.socket, |kernel, ends, watched| {
                    if ends.read(kernel, peer.socket, *count) {
                        watched.room_made(kernel);
                    }
                });
            }
            Action::Finish(peer) => self.at(peer.relay, peer.socket, |kernel, ends, watched| {
                ends.finish(kernel, peer.socket);
                watched.is_due = true;
            }),
            Action::Close(peer) | Action::Reset(peer) => {
                let resets = matches!(action, Action::Reset(_));
                self.at(peer.relay, peer.socket, |kernel, ends, watched| {
                    ends.leave(kernel, peer.socket, resets);
                    watched.is_due = true;
                });
            }
            Action::Deliver { pick, stays } => self.deliver(*pick, *stays),
            Action::DeliverLate { pick } => {
                if let Some(index) = pick.checked_rem(self.late.len()) {
                    let edge = Edge { is_readable: true, is_writable: true, has_mark: true };
                    self.relays.note(self.late[index], edge);
                }
            }
            Action::Round => self.round()?,
            Action::CloseRelay(index) => {
                if let Some(id) = self.id(*index) {
                    self.relays.finish(&self.kernel, &self.process, id, FlowEnd::Closed);
                }
            }
            Action::RefusePipes(errno) => self.kernel.refuse(Name::Pipe, *errno),
            Action::Pass { ms } => self.kernel.advance_clock(ms * 1_000_000),
        }
        Ok(())
    }

    /// Delivers all events and lets all turns be taken, until nothing is left to be done but to wait
    /// for the peers. Fails where somebody spins.
    pub fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        let mut idle_rounds = 0;
        // Ends: the peers do nothing, so that only so many bytes can move, and rounds that move none
        // are counted.
        loop {
            while let Some(index) = self.due().first().copied() {
                self.deliver_to(index, false);
            }
            if !self.relays.has_turns() && !self.pass_pause() {
                return Ok(());
            }
            let before = self.progress();
            self.round()?;
            idle_rounds = if self.progress() == before { idle_rounds + 1 } else { 0 };
            prop_assert!(idle_rounds < IDLE_ROUNDS_MAX, "somebody spins");
        }
    }

    /// No event was lost: who rests has nothing to read, or no room for it.
    pub fn check_nothing_waits(&self) -> Result<(), TestCaseError> {
        for (id, (ends, watched)) in &self.live {
            for way in [0, 1] {
                let (from, to) = (watched[way].fd, watched[1 - way].fd);
                let (is_readable, taken) =
                    self.kernel.with_incoming(from, |stream| (stream.is_readable(), stream.taken));
                let is_open = self.kernel.with_outgoing(to, |stream| {
                    stream.is_writer_open && stream.is_reader_open && stream.room() > 0
                });
                let is_carried =
                    taken + ends.plan.preface_bytes[way] > ends.arrived(&self.kernel, 1 - way);
                prop_assert!(
                    !(is_open && (is_readable || is_carried)),
                    "relay {id} rests, and way {way} could go on"
                );
            }
        }
        Ok(())
    }

    /// All peers read everything and end what they send, after which all relays are over.
    pub fn finish_peers(&mut self) -> Result<(), TestCaseError> {
        // Ends: the bytes on their way are finite, and without one that moves it is over.
        while !self.live.is_empty() {
            let before = self.progress();
            for (ends, watched) in self.live.values_mut() {
                for (socket, watched) in watched.iter_mut().enumerate() {
                    if ends.read(&self.kernel, socket, usize::MAX) {
                        watched.room_made(&self.kernel);
                    }
                    ends.finish(&self.kernel, socket);
                    watched.is_due = true;
                }
            }
            self.come_to_rest()?;
            self.check_nothing_waits()?;
            let has_moved = self.progress() != before;
            prop_assert!(has_moved || self.live.is_empty(), "a relay does not end");
        }
        Ok(())
    }

    /// All sockets are closed, and no pipe was lost, or given back with bytes in it.
    pub fn check_what_is_left(&mut self) -> Result<(), TestCaseError> {
        for (ends, outcome) in &self.over {
            ends.check(&self.kernel, outcome)?;
        }
        prop_assert_eq!(self.relays.count(), 0);
        let idle_count = self.process.pipes.idle_count();
        let peers = self.over.iter().flat_map(|(ends, _)| ends.peers).flatten().count();
        prop_assert_eq!(self.kernel.open_descriptors(), peers + 2 * idle_count);
        for fd in self.kernel.descriptors() {
            let is_dirty = self.kernel.with_object(fd, |object| match object {
                Object::Pipe(pipe) => pipe.unread() > 0,
                _ => false,
            });
            prop_assert!(!is_dirty, "a pipe with bytes in it lies in the pool");
        }
        self.process.pipes.close_all(&self.kernel);
        prop_assert_eq!(self.kernel.open_descriptors(), peers);
        Ok(())
    }

    /// How many relays have spliced, and how many have ended both ways.
    pub fn counts(&self) -> [u64; 2] {
        let count = |is_it: fn(&Outcome) -> bool| {
            self.over.iter().filter(|(_, outcome)| is_it(outcome)).count() as u64
        };
        let spliced =
            count(|it| it.books.iter().any(|it| it.mechanisms.contains(Mechanism::Splice)));
        [spliced, count(|it| it.ends == [FlowEnd::Ended; 2])]
    }

    fn start(&mut self, plan: Plan) {
        self.started += 1;
        let id = self.started;
        let connections = plan.are_tcp.map(|is_tcp| {
            let stream = || match is_tcp {
                true => Stream::tcp(plan.room, 0),
                false => Stream::unix(plan.room, 0, SEND_BUFFER_BYTES),
            };
            self.kernel.connect([stream(), stream()], Mode::BOTH.non_blocking())
        });
        let sockets = connections.map(|(ours, _)| (ours, kind_of(&self.kernel, ours)));
        let millis = |ms: Option<u64>| ms.map(Duration::from_millis);
        let options = RelayOptions {
            prefaces: plan.preface_bytes.map(|count| vec![PREFACE_BYTE; count].into()),
            idle_timeout: millis(plan.idle_timeout_ms),
            timeout: millis(plan.timeout_ms),
            bytes_per_second: plan.bytes_per_second.and_then(NonZeroU64::new),
            tag: 7 * id,
            ..RelayOptions::default()
        };
        let counters = Arc::<Counters>::default();
        let now_ns = self.kernel.now_ns();
        let relay = Relay::new(id, sockets, options, Arc::clone(&counters), now_ns);
        let [first, second] = self.relays.add(relay);
        let watched = [Watched::new(sockets[0].0, first), Watched::new(sockets[1].0, second)];
        let ends = Ends::new(plan, connections.map(|(_, peer)| peer), counters);
        self.live.insert(id, (ends, watched));
    }

    fn id(&self, index: usize) -> Option<u64> {
        let index = index.checked_rem(self.live.len())?;
        self.live.keys().nth(index).copied()
    }

    fn at(
        &mut self,
        index: usize,
        socket: usize,
        act: impl FnOnce(&SimulatedKernel, &mut Ends, &mut Watched),
    ) {
        if let Some(id) = self.id(index) {
            let (ends, watched) = self.live.get_mut(&id).expect("it was found");
            act(&self.kernel, ends, &mut watched[socket]);
        }
    }

    /// The sockets that an event is to come for.
    fn due(&self) -> Vec<(u64, usize)> {
        let both = self.live.iter().flat_map(|(id, (_, watched))| {
            [(*id, 0, watched[0].is_due), (*id, 1, watched[1].is_due)]
        });
        both.filter(|(_, _, is_due)| *is_due).map(|(id, socket, _)| (id, socket)).collect()
    }

    fn deliver(&mut self, pick: usize, stays: bool) {
        let due = self.due();
        if let Some(index) = pick.checked_rem(due.len()) {
            self.deliver_to(due[index], stays);
        }
    }

    fn deliver_to(&mut self, (id, socket): (u64, usize), stays: bool) {
        let watched = &mut self.live.get_mut(&id).expect("it is due").1[socket];
        watched.is_due = stays;
        let (token, edge) = (watched.token, watched.edge(&self.kernel));
        // As a number, because that is how epoll(7) keeps it.
        self.relays.note(Token::from_number(token.number()), edge);
    }

    fn round(&mut self) -> Result<(), TestCaseError> {
        let now_ns = self.kernel.now_ns();
        let mut finished = Vec::new();
        self.relays.round(&self.kernel, &self.process, now_ns, &mut finished);
        self.look_at_calls();
        for relay in finished {
            let fds = relay.fds();
            let outcome = relay.close(&self.kernel, now_ns);
            let Some((ends, watched)) = self.live.remove(&outcome.id) else {
                return Err(TestCaseError::fail(format!("{} is over again", outcome.id)));
            };
            prop_assert_eq!(outcome.tag, 7 * outcome.id);
            prop_assert_eq!(fds, [watched[0].fd, watched[1].fd]);
            for way in [0, 1] {
                check_mechanisms(&outcome.books[way], watched[1 - way].spliced_bytes)?;
            }
            self.late.extend(watched.iter().map(|it| it.token));
            self.over.push((ends, outcome));
        }
        self.seen = self.kernel.record_count();
        for (ends, _) in self.live.values() {
            let counted = ends.counters.delivered();
            for way in [0, 1] {
                prop_assert_eq!(counted[way], ends.arrived(&self.kernel, 1 - way) as u64);
            }
        }
        Ok(())
    }

    fn look_at_calls(&mut self) {
        let (kernel, live) = (&self.kernel, &mut self.live);
        kernel.with_records(self.seen, |records| {
            for record in records {
                for (_, watched) in live.values_mut() {
                    watched.iter_mut().for_each(|it| it.called(kernel, record));
                }
            }
        });
    }

    /// Lets a pause of the pace pass, if there is one; whether there was.
    fn pass_pause(&mut self) -> bool {
        let is_paced = self.live.values().any(|(ends, _)| ends.plan.bytes_per_second.is_some());
        let Some(due_ns) = self.relays.deadline_ns().filter(|_| is_paced) else { return false };
        let now_ns = self.kernel.now_ns();
        if due_ns > now_ns + PAUSE_NS_MAX {
            return false;
        }
        self.kernel.advance_clock(due_ns.saturating_sub(now_ns));
        true
    }

    /// What grows with each byte that is taken or delivered, each end that is passed on and each
    /// relay that is over, and with each moment that is waited for.
    fn progress(&self) -> (usize, usize, Option<u64>) {
        let count = |(ends, watched): &(Ends, [Watched; 2])| {
            let of = |socket: usize| {
                let ended = self.kernel.with_outgoing(watched[socket].fd, |it| !it.is_writer_open);
                let taken = self.kernel.with_incoming(watched[socket].fd, |it| it.taken);
                ends.arrived(&self.kernel, socket) + taken + usize::from(ended)
            };
            of(0) + of(1)
        };
        (self.over.len(), self.live.values().map(count).sum(), self.relays.deadline_ns())
    }
}

/// The books say of each byte by which mechanism it has arrived, where the target has taken so many out
/// of pipes.
fn check_mechanisms(books: &Books, spliced_bytes: u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(books.delivered_by(Mechanism::Splice), spliced_bytes, "{:?}", books);
    let bytes = Mechanism::ALL.map(|it| (it, books.delivered_by(it)));
    prop_assert_eq!(bytes.iter().map(|it| it.1).sum::<u64>(), books.delivered);
    for (mechanism, bytes) in bytes {
        prop_assert_eq!(books.mechanisms.contains(mechanism), bytes > 0, "{:?}", books);
    }
    Ok(())
}

fn kind_of(kernel: &SimulatedKernel, fd: Fd) -> SocketKind {
    let is_tcp = kernel.with_outgoing(fd, |stream| stream.is_tcp());
    match is_tcp {
        true => SocketKind::Stream,
        false => SocketKind::UnixStream { send_buffer_bytes: SEND_BUFFER_BYTES },
    }
}
