//! All relays of one thread: whose turn it is, and which deadlines pass. It makes no call that waits,
//! and knows nothing of epoll(7), so that it runs on a simulated kernel as well.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::flow::FlowEnd;
use super::relay::{Next, Outcome, Relay};
use crate::kernel::events::Edge;
use crate::kernel::{Fd, Kernel};
use crate::transfer::Process;

/// The name of a socket of a relay in events: a place, which relay it is that has it, and which of the
/// two sockets. A place is used again, and an event may come late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    place: u32,
    generation: u32,
    socket: usize,
}

impl Token {
    /// The token whose number this is.
    pub fn from_number(number: u64) -> Token {
        Token {
            place: (number >> 32) as u32,
            generation: (number as u32) >> 1,
            socket: (number & 1) as usize,
        }
    }

    /// The token as a number for epoll(7).
    pub fn number(self) -> u64 {
        u64::from(self.place) << 32 | u64::from(self.generation << 1) | self.socket as u64
    }
}

/// A relay that is over, with its sockets still open.
#[derive(Debug)]
pub struct Finished<K: Kernel>(Relay<K>);

impl<K: Kernel> Finished<K> {
    /// The descriptors of the two sockets.
    pub fn fds(&self) -> [Fd; 2] {
        self.0.fds()
    }

    /// Closes the sockets.
    pub fn close(self, kernel: &K, now_ns: u64) -> Outcome {
        self.0.close(kernel, now_ns)
    }
}

/// The relays of one thread.
#[derive(Debug)]
pub struct Relays<K: Kernel> {
    places: Vec<Place<K>>,
    free: Vec<u32>,
    place_of: HashMap<u64, u32>,
    queue: VecDeque<u32>,
    /// When they go off, and the places; one at most of each relay, or those of relays that ended long
    /// before their time-out would pile up.
    timers: BTreeSet<(u64, u32)>,
    turn_bytes: u64,
}

/// In memory of its own, so that a place that is free is small.
#[derive(Debug)]
struct Place<K: Kernel> {
    relay: Option<Box<Relay<K>>>,
    generation: u32,
}

impl<K: Kernel> Relays<K> {
    /// No relays, each of which will move `turn_bytes` each way in its turn.
    pub fn new(turn_bytes: u64) -> Relays<K> {
        assert!(turn_bytes > 0, "a turn needs a budget");
        Relays {
            places: Vec::new(),
            free: Vec::new(),
            place_of: HashMap::new(),
            queue: VecDeque::new(),
            timers: BTreeSet::new(),
            turn_bytes,
        }
    }

    /// Takes a relay in, whose first turn comes with the next round. Returns the names of its sockets.
    pub fn add(&mut self, relay: Relay<K>) -> [Token; 2] {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { relay: None, generation: 0 });
            u32::try_from(self.places.len() - 1).expect("fewer relays than descriptors")
        });
        let entry = &mut self.places[place as usize];
        assert!(entry.relay.is_none(), "a place that is free has no relay");
        self.place_of.insert(relay.id(), place);
        entry.relay = Some(Box::new(relay));
        let generation = entry.generation;
        self.enqueue(place);
        self.set_timer(place);
        [0, 1].map(|socket| Token { place, generation, socket })
    }

    /// How many relays there are.
    pub fn count(&self) -> usize {
        self.place_of.len()
    }

    /// Whether a turn is due now.
    pub fn has_turns(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next moment at which something is due though no event comes.
    pub fn deadline_ns(&self) -> Option<u64> {
        self.timers.first().map(|(due_ns, _)| *due_ns)
    }

    /// Notes what an event says of a socket. One that comes late, for a relay that is over, is left.
    pub fn note(&mut self, token: Token, edge: Edge) {
        let Some(entry) = self.places.get_mut(token.place as usize) else { return };
        if entry.generation != token.generation {
            return;
        }
        if let Some(relay) = &mut entry.relay {
            if relay.note(token.socket, edge) {
                self.enqueue(token.place);
            }
        }
    }

    /// Ends the relay with this number, if it is not over yet.
    pub fn finish(&mut self, kernel: &K, process: &Process, id: u64, end: FlowEnd) {
        if let Some(place) = self.place_of.get(&id).copied() {
            self.relay(place).finish(kernel, process, end);
            self.enqueue(place);
        }
    }

    /// Ends all relays.
    pub fn finish_all(&mut self, kernel: &K, process: &Process, end: FlowEnd) {
        let places: Vec<u32> = self.place_of.values().copied().collect();
        for place in places {
            self.relay(place).finish(kernel, process, end);
            self.enqueue(place);
        }
    }

    /// Takes out one of the relays that are left and ends it, whatever state a panic has left it in.
    pub fn take_any(&mut self, kernel: &K, process: &Process, end: FlowEnd) -> Option<Finished<K>> {
        let place = self.place_of.values().next().copied()?;
        let mut relay = self.take_out(place);
        relay.finish(kernel, process, end);
        Some(Finished(relay))
    }

    /// Lets each relay that is ready take one turn, after what is due at `now_ns` was ended. Puts those
    /// that are over into `finished`.
    pub fn round(
        &mut self,
        kernel: &K,
        process: &Process,
        now_ns: u64,
        finished: &mut Vec<Finished<K>>,
    ) {
        self.expire(kernel, process, now_ns);
        for _ in 0..self.queue.len() {
            let place = self.queue.pop_front().expect("as many as were counted");
            let turn_bytes = self.turn_bytes;
            let relay = self.relay(place);
            relay.is_queued = false;
            match relay.turn(kernel, process, turn_bytes, now_ns) {
                Next::Over => finished.push(Finished(self.take_out(place))),
                Next::Again => {
                    self.enqueue(place);
                    self.set_timer(place);
                }
                Next::Wait => self.set_timer(place),
            }
        }
    }

    /// A timer may be early: a relay that moves does not touch its timer, which is set anew when it
    /// goes off, or by the turn that is due.
    fn expire(&mut self, kernel: &K, process: &Process, now_ns: u64) {
        // Ends: each turn takes a timer out, and one that is put in is due later than now.
        while let Some((due_ns, place)) = self.timers.first().copied() {
            if due_ns > now_ns {
                return;
            }
            self.timers.pop_first();
            let relay = self.relay(place);
            relay.timer_ns = u64::MAX;
            if relay.expire(kernel, process, now_ns) {
                self.enqueue(place);
            } else if !self.relay(place).is_queued {
                self.set_timer(place);
            }
        }
    }

    fn set_timer(&mut self, place: u32) {
        let relay = self.relay(place);
        let (due_ns, before_ns) = (relay.deadline_ns(), relay.timer_ns);
        if due_ns < before_ns {
            relay.timer_ns = due_ns;
            self.timers.remove(&(before_ns, place));
            self.timers.insert((due_ns, place));
        }
    }

    fn enqueue(&mut self, place: u32) {
        let relay = self.relay(place);
        if !relay.is_queued {
            relay.is_queued = true;
            self.queue.push_back(place);
        }
    }

    fn take_out(&mut self, place: u32) -> Relay<K> {
        let entry = &mut self.places[place as usize];
        // 31 bits of it fit into a token.
        entry.generation = (entry.generation + 1) & (u32::MAX >> 1);
        let relay = entry.relay.take().expect("the place of a relay that is over");
        self.place_of.remove(&relay.id());
        self.timers.remove(&(relay.timer_ns, place));
        self.free.push(place);
        *relay
    }

    fn relay(&mut self, place: u32) -> &mut Relay<K> {
        self.places[place as usize].relay.as_mut().expect("a place that is in use")
    }
}
