//! A transfer that takes turns with others on one thread: for event loops in C.

use super::blocking::OnProgress;
use super::limits::{Limits, Watch};
use super::{Request, prepare, refuse_itself};
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::mechanism::{Mechanism, MechanismSet, Patience};
use crate::transfer::{Account, End, Process, Step, Transfer};

/// How a turn ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The transfer is over.
    Done(End),
    /// This side has to become ready before the next turn.
    Wait {
        /// Which side.
        side: Side,
        /// Its descriptor.
        fd: Fd,
        /// After how long a time-out passes, so that a turn is due in any case.
        limit_ns: Option<u64>,
    },
    /// So many nanoseconds have to pass before the next turn: the pace is limited.
    Pause(u64),
    /// The budget of the turn is spent, and it is for others to have theirs.
    Spent,
}

/// A transfer between its turns. For one thread at a time.
#[derive(Debug)]
pub struct Turns<K: Kernel> {
    process: &'static Process,
    transfer: Transfer<K>,
    watch: Watch,
    turn_bytes: u64,
    is_cancelled: bool,
}

impl<K: Kernel> Turns<K> {
    /// A transfer that has not moved anything yet, and moves `turn_bytes` in a turn.
    ///
    /// No turn sleeps on an end. For a target in blocking mode that rules out those mechanisms that
    /// no flag keeps from it, see [`Transfer::may_sleep_on_target`].
    pub fn new(
        kernel: &K,
        process: &'static Process,
        request: &Request,
        limits: Limits,
        turn_bytes: u64,
    ) -> Result<Turns<K>, Error> {
        assert!(turn_bytes > 0, "a turn needs a budget");
        let mut request = request.clone();
        request.options.patience = Patience::Return;
        let mut transfer = prepare(kernel, &process.memory, &request)?;
        if transfer.may_sleep_on_target() {
            let sleeping = MechanismSet::from(Mechanism::Sendfile).with(Mechanism::Splice);
            request.allowed = request.allowed.without(sleeping);
            transfer = prepare(kernel, &process.memory, &request)?;
        }
        refuse_itself(kernel, &transfer)?;
        let watch = Watch::new(kernel, limits);
        Ok(Turns { process, transfer, watch, turn_bytes, is_cancelled: false })
    }

    /// Takes a turn: moves bytes until the budget is spent or an end has to be waited for.
    ///
    /// After an error another turn tries again from the first byte that was not delivered.
    pub fn take(&mut self, kernel: &K, mut on_progress: Option<OnProgress>) -> Result<Turn, Error> {
        if self.is_cancelled {
            return Err(Error::Cancelled);
        }
        let turn = self.move_on(kernel, &mut on_progress);
        let is_over = matches!(turn, Ok(Turn::Done(_)) | Err(_));
        if let (true, Some(on_progress)) = (is_over, on_progress) {
            on_progress(self.transfer.account());
        }
        turn
    }

    /// Ends the transfer where it is. Gives away what was taken from the source and not delivered,
    /// as a descriptor to be read to its end and closed; `None` where there is nothing.
    pub fn cancel(&mut self, kernel: &K) -> Result<Option<Fd>, Error> {
        self.is_cancelled = true;
        self.transfer.settle(kernel);
        let given = self.transfer.give_away_undelivered(kernel, self.process);
        given.map_err(|errno| Error::looking(errno, Call::MemfdCreate))
    }

    /// Gives back what is reused by later transfers. What was not delivered is lost.
    pub fn close(mut self, kernel: &K) {
        self.transfer.close(kernel, self.process);
    }

    /// What was moved until now, and how.
    pub fn account(&self) -> &Account {
        self.transfer.account()
    }

    fn move_on(&mut self, kernel: &K, on_progress: &mut Option<OnProgress>) -> Result<Turn, Error> {
        let mut budget = self.turn_bytes;
        // Ends: each round spends budget or leaves, but for signals, which move on with the next.
        while budget > 0 {
            self.watch.check(kernel)?;
            match self.transfer.step(kernel, self.process, budget)? {
                Step::Moved(moved) => {
                    // A header, a trailer and a datagram go beyond the budget.
                    budget = budget.saturating_sub(moved);
                    let is_due = self.watch.moved(kernel);
                    if let (true, Some(on_progress)) = (is_due, on_progress.as_mut()) {
                        on_progress(self.transfer.account());
                    }
                }
                Step::Interrupted => {}
                Step::Wait(side) => {
                    let fd = self.transfer.side_fd(side);
                    return Ok(Turn::Wait { side, fd, limit_ns: self.watch.left_ns(kernel) });
                }
                Step::Pause(nanos) => return Ok(Turn::Pause(nanos)),
                Step::Done(end) => return Ok(Turn::Done(end)),
            }
        }
        Ok(Turn::Spent)
    }
}
