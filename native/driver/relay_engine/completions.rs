//! How those who have started relays learn that these are over.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;

use super::relay::{Counters, Outcome};
use crate::kernel::Fd;
use crate::kernel::events::Alarm;

/// Where outcomes go.
pub enum Sink {
    /// Into a queue, to be taken out by [`Completions::take`].
    Queue,
    /// To a function of the caller's, on the thread of the engine, which must not be kept.
    Call(Box<dyn Fn(Outcome) + Send + Sync>),
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sink::Queue => "Queue",
            Sink::Call(_) => "Call",
        })
    }
}

/// What is known of the relays from outside of their threads: of each from its start until its outcome was
/// taken.
#[derive(Debug)]
pub struct Completions {
    sink: Sink,
    queue: Mutex<VecDeque<Outcome>>,
    alarm: Alarm,
    known: Mutex<HashMap<u64, Known>>,
}

/// What is known of a relay that has begun.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which thread has it.
    pub worker: usize,
    /// What it counts.
    pub counters: Arc<Counters>,
}

impl Completions {
    /// No relays, and no outcomes.
    pub fn new(sink: Sink) -> Result<Completions, Errno> {
        let (queue, known) = Default::default();
        Ok(Completions { sink, queue, alarm: Alarm::new()?, known })
    }

    /// Takes the oldest outcomes out of the queue, at most `count_max`, without waiting.
    pub fn take(&self, count_max: usize) -> Vec<Outcome> {
        let mut queue = lock(&self.queue);
        let count = count_max.min(queue.len());
        let taken: Vec<Outcome> = queue.drain(..count).collect();
        if queue.is_empty() {
            self.alarm.silence();
        }
        let mut known = lock(&self.known);
        for outcome in &taken {
            known.remove(&outcome.id);
        }
        taken
    }

    /// Becomes ready for reading, and stays so while there are outcomes. Nothing is to be read from it.
    pub fn fd(&self) -> Fd {
        self.alarm.fd()
    }

    /// Waits until [`Completions::fd`] is ready, a signal comes, or `limit_ms` are over.
    pub fn wait(&self, limit_ms: u16) -> Result<(), Errno> {
        self.alarm.wait(limit_ms)
    }

    /// Makes [`Completions::fd`] ready without an outcome, so that one who waits looks around.
    pub fn wake(&self) {
        self.alarm.ring();
    }

    /// A relay begins.
    pub(super) fn begin(&self, id: u64, known: Known) {
        lock(&self.known).insert(id, known);
    }

    /// A relay has not begun after all.
    pub(super) fn forget(&self, id: u64) {
        lock(&self.known).remove(&id);
    }

    /// What is known of a relay whose outcome was not taken yet.
    pub(super) fn known(&self, id: u64) -> Option<Known> {
        lock(&self.known).get(&id).cloned()
    }

    /// Tells of a relay that is over.
    pub(super) fn put(&self, outcome: Outcome) {
        match &self.sink {
            Sink::Call(call) => {
                self.forget(outcome.id);
                call(outcome);
            }
            Sink::Queue => {
                lock(&self.queue).push_back(outcome);
                self.alarm.ring();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
