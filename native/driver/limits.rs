//! What ends a transfer before its time, and when its progress is told: for the drivers of the C
//! face.

use std::time::Duration;

use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};

/// Progress is told at most ten times a second.
const PROGRESS_NS_MIN: u64 = 100_000_000;

/// What ends a transfer before its time. The default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long the whole transfer may take.
    pub timeout: Option<Duration>,
    /// How long nothing may move.
    pub idle_timeout: Option<Duration>,
    /// A descriptor that becomes ready for reading to cancel the transfer. Nothing is read from it.
    pub cancel: Option<Fd>,
}

impl Limits {
    /// Whether nothing ends the transfer before its time.
    pub fn are_none(&self) -> bool {
        *self == Limits::default()
    }
}

/// Looks at the limits of one transfer, between its steps.
#[derive(Debug)]
pub struct Watch {
    limits: Limits,
    deadline_ns: Option<u64>,
    moved_ns: u64,
    told_ns: u64,
}

impl Watch {
    /// A watch over a transfer that begins now.
    pub fn new<K: Kernel>(kernel: &K, limits: Limits) -> Watch {
        let now_ns = kernel.now_ns();
        let deadline_ns = limits.timeout.map(|timeout| now_ns.saturating_add(nanos(timeout)));
        Watch { limits, deadline_ns, moved_ns: now_ns, told_ns: now_ns }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The error of the first limit that is reached.
    pub fn check<K: Kernel>(&self, kernel: &K) -> Result<(), Error> {
        if self.limits.are_none() {
            return Ok(());
        }
        let now_ns = kernel.now_ns();
        if self.deadline_ns.is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            return Err(Error::TimedOut);
        }
        if self.idle_deadline_ns().is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            return Err(Error::IdleTimedOut);
        }
        let Some(cancel) = self.limits.cancel else { return Ok(()) };
        match kernel.poll(&[(cancel, Side::Source)], Some(Duration::ZERO)) {
            Ok(0) | Err(Errno::EINTR) => Ok(()),
            Ok(_) => Err(Error::Cancelled),
            Err(errno) => Err(Error::looking(errno, Call::Poll)),
        }
    }

    /// Notes that bytes were moved. Returns whether it is time to tell of progress.
    pub fn moved<K: Kernel>(&mut self, kernel: &K) -> bool {
        self.moved_ns = kernel.now_ns();
        let is_due = self.moved_ns.saturating_sub(self.told_ns) >= PROGRESS_NS_MIN;
        if is_due {
            self.told_ns = self.moved_ns;
        }
        is_due
    }

    /// After how long the next time-out passes.
    pub fn left_ns<K: Kernel>(&self, kernel: &K) -> Option<u64> {
        let deadline_ns = [self.deadline_ns, self.idle_deadline_ns()].into_iter().flatten().min();
        deadline_ns.map(|it| it.saturating_sub(kernel.now_ns()))
    }

    fn idle_deadline_ns(&self) -> Option<u64> {
        let idle_timeout = self.limits.idle_timeout?;
        Some(self.moved_ns.saturating_add(nanos(idle_timeout)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
