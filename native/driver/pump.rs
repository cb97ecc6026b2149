//! A transfer that is stepped from outside, by whoever waits for its ends: a selector loop, a virtual
//! thread that parks, an event loop in C.

use std::time::Duration;

use nix::errno::Errno;

use super::{Request, prepare, send_timeout};
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::mechanism::{Mechanism, Patience};
use crate::plan::Plan;
use crate::transfer::{Account, Process, Step, Transfer};

/// A transfer with everything that it needs, between its steps. For one thread at a time.
///
/// Dropping it gives back what it holds. Bytes that were taken from the source and neither delivered
/// nor drained are gone then.
#[derive(Debug)]
pub struct Pump<K: Kernel> {
    kernel: K,
    process: &'static Process,
    transfer: Transfer<K>,
}

impl<K: Kernel> Pump<K> {
    /// A pump for `request` that has not moved anything yet.
    pub fn new(kernel: K, process: &'static Process, request: &Request) -> Result<Pump<K>, Error> {
        let transfer = prepare(&kernel, &process.memory, request)?;
        Ok(Pump { kernel, process, transfer })
    }

    /// Makes one step of at most `budget` bytes: see [`Transfer::step`].
    pub fn step(&mut self, budget: u64) -> Result<Step, Error> {
        self.transfer.step(&self.kernel, self.process, budget)
    }

    /// To be called where the pump is left alone before its end: sends what is held back, but not
    /// where the target is full and sends it by itself.
    pub fn settle(&mut self) {
        self.transfer.settle_meanwhile(&self.kernel);
    }

    /// To be called where the pump was left alone and is taken up again: the modes of the ends may
    /// have changed, and so may the time that the caller has.
    pub fn resume(&mut self, patience: Patience) -> Result<(), Error> {
        self.transfer.look_again(&self.kernel, patience)
    }

    /// The mechanism of the next step, which is that of the last one if it moved bytes.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.transfer.mechanism()
    }

    /// What was moved until now, and how.
    pub fn account(&self) -> &Account {
        self.transfer.account()
    }

    /// The mechanisms it may take, and why.
    pub fn plan(&self) -> &Plan {
        self.transfer.plan()
    }

    /// The descriptor to wait for when [`Step::Wait`] names this side.
    pub fn side_fd(&self, side: Side) -> Fd {
        self.transfer.side_fd(side)
    }

    /// Whether a step may sleep on the target: see [`Transfer::may_sleep_on_target`].
    pub fn may_sleep_on_target(&self) -> bool {
        self.transfer.may_sleep_on_target()
    }

    /// Limits how long a step sleeps on the target, to `most` and to 100 ms, where it may sleep at
    /// all. Returns what has to be put back by [`Pump::restore_send_timeout`], if anything.
    pub fn shorten_send_timeout(&self, most: Duration) -> Result<Option<Duration>, Error> {
        send_timeout::shorten(&self.kernel, &self.transfer, most)
    }

    /// Puts back what [`Pump::shorten_send_timeout`] has changed.
    pub fn restore_send_timeout(&self, before: Duration) -> Result<(), Error> {
        send_timeout::restore(&self.kernel, &self.transfer, before)
    }

    /// How many bytes were taken from the source and not delivered.
    pub fn undelivered_bytes(&self) -> u64 {
        self.transfer.undelivered_bytes()
    }

    /// Takes out bytes that were taken from the source and not delivered, the oldest first, as many
    /// as fit: 0 only where none is left. They count as neither delivered nor lost.
    pub fn drain_undelivered(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        let drained = self.transfer.drain_undelivered(&self.kernel, into);
        drained.map_err(|errno| Error::looking(errno, Call::Read))
    }

    /// Gives away everything that was taken from the source and not delivered, as a descriptor to be
    /// read to its end and closed; `None` where there is nothing.
    pub fn give_away_undelivered(&mut self) -> Result<Option<Fd>, Error> {
        let given = self.transfer.give_away_undelivered(&self.kernel, self.process);
        given.map_err(|errno: Errno| Error::looking(errno, Call::MemfdCreate))
    }
}

impl<K: Kernel> Drop for Pump<K> {
    fn drop(&mut self) {
        self.transfer.close(&self.kernel, self.process);
    }
}
