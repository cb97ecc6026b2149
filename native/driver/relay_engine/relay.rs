//! One relay: two sockets, and a flow each way.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::books::Books;
use super::flow::{Flow, FlowEnd, Turn};
use super::relay_socket::Socket;
use crate::kernel::events::Edge;
use crate::kernel::{Fd, Kernel, SocketKind};
use crate::mechanism::MechanismSet;
use crate::transfer::Process;
#[cfg(feature = "planted-bug")]
use crate::transfer::planted::{Bug, is_planted};

/// What a relay may be asked for beside its sockets. Of each pair the first is of the bytes that go from
/// the first socket to the second.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// Goes before the bytes of the source: what the caller has read of it already.
    pub prefaces: [Box<[u8]>; 2],
    /// How long nothing may move in either direction.
    pub idle_timeout: Option<Duration>,
    /// How long the relay may last.
    pub timeout: Option<Duration>,
    /// The most that is moved each way in a second.
    pub bytes_per_second: Option<NonZeroU64>,
    /// The mechanisms that may be used.
    pub allowed: MechanismSet,
    /// A number of the caller's, which comes back with the outcome.
    pub tag: u64,
}

impl Default for RelayOptions {
    fn default() -> RelayOptions {
        RelayOptions {
            prefaces: Default::default(),
            idle_timeout: None,
            timeout: None,
            bytes_per_second: None,
            allowed: MechanismSet::ALL,
            tag: 0,
        }
    }
}

/// How many bytes were delivered each way until now. Read from any thread.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; 2]);

impl Counters {
    /// The two counts. Each is exact; they are not of the same moment.
    pub fn delivered(&self) -> [u64; 2] {
        [self.0[0].load(Ordering::Relaxed), self.0[1].load(Ordering::Relaxed)]
    }
}

/// How a relay has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The number that [`super::RelayEngine::relay`] has returned.
    pub id: u64,
    /// The number that the caller has given it.
    pub tag: u64,
    /// How each direction has ended.
    pub ends: [FlowEnd; 2],
    /// What each direction has done.
    pub books: [Books; 2],
    /// How long it has lasted.
    pub elapsed_ns: u64,
}

/// What the turn of a relay asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An event or a deadline.
    Wait,
    /// Another turn, behind those of the others.
    Again,
    /// Nothing any more: both directions have ended.
    Over,
}

/// A relay between its turns.
#[derive(Debug)]
pub struct Relay<K: Kernel> {
    id: u64,
    tag: u64,
    sockets: [Socket; 2],
    flows: [Flow<K>; 2],
    counters: Arc<Counters>,
    begun_ns: u64,
    moved_ns: u64,
    idle_ns: u64,
    lasts_ns: u64,
    /// Until when the pace of each direction lets nothing move.
    paused_until_ns: [u64; 2],
    /// For the set of relays: whether it stands in the queue, and when its timer goes off.
    pub(super) is_queued: bool,
    pub(super) timer_ns: u64,
}

impl<K: Kernel> Relay<K> {
    /// A relay that begins now. The sockets are its own from here on.
    pub fn new(
        id: u64,
        sockets: [(Fd, SocketKind); 2],
        options: RelayOptions,
        counters: Arc<Counters>,
        now_ns: u64,
    ) -> Relay<K> {
        let RelayOptions { prefaces, allowed, .. } = options;
        let mut flows = prefaces.map(|preface| Flow::new(preface, allowed));
        if let Some(rate) = options.bytes_per_second {
            flows.iter_mut().for_each(|flow| flow.limit(rate, now_ns));
        }
        Relay {
            id,
            tag: options.tag,
            sockets: sockets.map(|(fd, kind)| Socket::new(fd, kind)),
            flows,
            counters,
            begun_ns: now_ns,
            moved_ns: now_ns,
            idle_ns: nanos(options.idle_timeout),
            lasts_ns: nanos(options.timeout),
            paused_until_ns: [0; 2],
            is_queued: false,
            timer_ns: u64::MAX,
        }
    }

    /// The number of the relay.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The descriptors of the two sockets.
    pub fn fds(&self) -> [Fd; 2] {
        [self.sockets[0].fd, self.sockets[1].fd]
    }

    /// Notes what an event says of one of the sockets. Returns whether there is a turn to take.
    pub fn note(&mut self, socket: usize, edge: Edge) -> bool {
        self.sockets[socket].note(edge);
        if edge.is_readable {
            self.flows[socket].note_source();
        }
        let [a, b] = &self.sockets;
        self.flows[0].is_runnable(a, b) || self.flows[1].is_runnable(b, a)
    }

    /// Moves up to `turn_bytes` each way.
    pub fn turn(&mut self, kernel: &K, process: &Process, turn_bytes: u64, now_ns: u64) -> Next {
        let delivered_before = self.delivered();
        let mut is_spent = false;
        for way in [0, 1] {
            if now_ns < self.paused_until_ns[way] {
                continue;
            }
            let [a, b] = &mut self.sockets;
            let ends = if way == 0 { (a, b) } else { (b, a) };
            match self.flows[way].turn(kernel, process, ends, turn_bytes) {
                Turn::Rests => {}
                Turn::Spent => is_spent = true,
                #[cfg(feature = "planted-bug")]
                Turn::Pause(_) if is_planted(Bug::PauseWithoutEnd) => {
                    self.paused_until_ns[way] = u64::MAX;
                }
                Turn::Pause(nanos) => self.paused_until_ns[way] = now_ns.saturating_add(nanos),
            }
        }
        self.end_both_on_failure(kernel, process);
        let delivered = self.delivered();
        if delivered != delivered_before {
            // A round of many relays is long, and began at `now_ns`.
            self.moved_ns = if self.idle_ns < u64::MAX { kernel.now_ns() } else { now_ns };
            for (counter, count) in self.counters.0.iter().zip(delivered) {
                counter.store(count, Ordering::Relaxed);
            }
        }
        // The second direction may have made the first one runnable: by the failure of its target.
        let [a, b] = &self.sockets;
        let is_first_ready = self.flows[0].is_runnable(a, b) && now_ns >= self.paused_until_ns[0];
        match self.flows.iter().all(|flow| flow.end().is_some()) {
            true => Next::Over,
            false if is_spent || is_first_ready => Next::Again,
            false => Next::Wait,
        }
    }

    /// The next moment at which something is due though no event comes.
    pub fn deadline_ns(&self) -> u64 {
        let idle_ns = self.moved_ns.saturating_add(self.idle_ns);
        let last_ns = self.begun_ns.saturating_add(self.lasts_ns);
        let paused = self.paused_until_ns.into_iter().filter(|until_ns| *until_ns > 0);
        paused.fold(idle_ns.min(last_ns), u64::min)
    }

    /// Ends what is due at `now_ns`. Returns whether a turn is due: because the relay is over, or goes
    /// on after a pause. Where a turn is due already that comes first, and it is idle only if nothing
    /// moves then: whatever has kept the thread from its turns is not the peers' silence.
    pub fn expire(&mut self, kernel: &K, process: &Process, now_ns: u64) -> bool {
        let end = if now_ns >= self.begun_ns.saturating_add(self.lasts_ns) {
            Some(FlowEnd::TimedOut)
        } else if now_ns >= self.moved_ns.saturating_add(self.idle_ns) && !self.is_queued {
            Some(FlowEnd::IdleTimedOut)
        } else {
            None
        };
        if let Some(end) = end {
            self.finish(kernel, process, end);
        }
        let mut is_resumed = false;
        for until_ns in &mut self.paused_until_ns {
            if *until_ns > 0 && *until_ns <= now_ns {
                *until_ns = 0;
                is_resumed = true;
            }
        }
        end.is_some() || is_resumed
    }

    /// Ends what has not ended.
    pub fn finish(&mut self, kernel: &K, process: &Process, end: FlowEnd) {
        for flow in &mut self.flows {
            flow.finish(kernel, process, end);
        }
    }

    /// Closes both sockets. Each is reset where its peer would take what it got for all there was: the
    /// other one has failed, or bytes are left of what it has sent.
    pub fn close(self, kernel: &K, now_ns: u64) -> Outcome {
        let ends = self.flows.each_ref().map(|flow| flow.end().expect("a relay that is over"));
        for way in [0, 1] {
            let is_cut = match ends[way] {
                FlowEnd::Ended => false,
                FlowEnd::SourceFailed(_) => true,
                FlowEnd::TargetFailed(_) => self.flows[way].undelivered_bytes() > 0,
                FlowEnd::IdleTimedOut | FlowEnd::TimedOut | FlowEnd::Closed => {
                    self.flows[way].undelivered_bytes() > 0 || self.sockets[way].has_more(kernel)
                }
            };
            self.sockets[1 - way].set_reset_on_close(kernel, is_cut);
        }
        self.sockets.iter().for_each(|socket| kernel.close(socket.fd));
        Outcome {
            id: self.id,
            tag: self.tag,
            ends,
            books: self.flows.map(|flow| flow.books().clone()),
            elapsed_ns: now_ns.saturating_sub(self.begun_ns),
        }
    }

    /// A socket that can't be read any more was reset, and takes nothing either.
    fn end_both_on_failure(&mut self, kernel: &K, process: &Process) {
        for way in [0, 1] {
            if let Some(FlowEnd::SourceFailed(error)) = self.flows[way].end() {
                self.flows[1 - way].finish(kernel, process, FlowEnd::TargetFailed(error));
            }
        }
    }

    fn delivered(&self) -> [u64; 2] {
        self.flows.each_ref().map(|flow| flow.books().delivered)
    }
}

fn nanos(duration: Option<Duration>) -> u64 {
    duration.map_or(u64::MAX, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX))
}
