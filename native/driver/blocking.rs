//! Runs a transfer to its end, waiting where it must: for C.

use std::time::Duration;

use nix::errno::Errno;

use super::{Request, prepare, send_timeout};
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::mechanism::Patience;
use crate::transfer::{Account, End, Process, Step, Transfer};

/// The most that one step moves where limits have to be looked at between the steps.
const LIMITED_STEP_BYTES: u64 = 2 << 20;

/// Progress is told at most ten times a second.
const PROGRESS_NS_MIN: u64 = 100_000_000;

/// What ends a run before its time. The default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
    /// How long nothing may move.
    pub idle_timeout: Option<Duration>,
    /// A descriptor that becomes ready for reading to cancel the run. Nothing is read from it.
    pub cancel: Option<Fd>,
}

impl Limits {
    fn are_none(&self) -> bool {
        *self == Limits::default()
    }
}

/// How a run ended, and what it did until then.
#[derive(Debug)]
pub struct Run {
    /// The end, or what stopped it.
    pub outcome: Result<End, Error>,
    /// What was done, also where it was stopped.
    pub account: Account,
    /// What was taken from the source and not delivered, to be read to its end and closed.
    pub undelivered: Option<Fd>,
}

/// Delivers everything that `request` asks for. An interruption by a signal does not end it, and an
/// end in non-blocking mode is waited for with poll(2). `on_progress` is called at most ten times a
/// second, and once at the end.
///
/// ```
/// use std::os::fd::AsRawFd;
///
/// use zerocopy_nio::driver::{PROCESS, Request, blocking};
/// use zerocopy_nio::kernel::{Fd, Linux};
/// use zerocopy_nio::transfer::End;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = std::fs::File::open("Cargo.toml")?;
/// let (mut receiver, sender) = std::os::unix::net::UnixStream::pair()?;
/// let source = Fd::new(file.as_raw_fd()).ok_or("not open")?;
/// let target = Fd::new(sender.as_raw_fd()).ok_or("not open")?;
/// let request = Request { source_offset: Some(0), count: 9, ..Request::new(source, target) };
/// let run = blocking::run(&Linux, &PROCESS, &request, &blocking::Limits::default(), |_| {});
/// assert_eq!(run.outcome, Ok(End::Complete));
/// assert_eq!(run.account.delivered, 9);
///
/// let mut received = [0; 9];
/// std::io::Read::read_exact(&mut receiver, &mut received)?;
/// assert_eq!(&received, b"[package]");
/// # Ok(())
/// # }
/// ```
pub fn run<K: Kernel>(
    kernel: &K,
    process: &Process,
    request: &Request,
    limits: &Limits,
    on_progress: impl FnMut(&Account),
) -> Run {
    let mut request = request.clone();
    request.options.patience = if limits.are_none() { Patience::Sleep } else { Patience::Return };
    match prepare(kernel, &process.memory, &request) {
        Err(error) => Run { outcome: Err(error), account: Account::default(), undelivered: None },
        Ok(mut transfer) => {
            let mut runner = Runner::new(kernel, process, *limits, on_progress);
            let outcome = runner.run_with_send_timeout(&mut transfer);
            transfer.settle(kernel);
            let account = transfer.account().clone();
            let given = transfer.give_away_undelivered(kernel, process);
            let undelivered = given.ok().flatten();
            transfer.close(kernel, process);
            (runner.on_progress)(&account);
            Run { outcome, account, undelivered }
        }
    }
}

struct Runner<'k, K: Kernel, P: FnMut(&Account)> {
    kernel: &'k K,
    process: &'k Process,
    limits: Limits,
    deadline_ns: Option<u64>,
    moved_ns: u64,
    told_ns: u64,
    on_progress: P,
}

impl<'k, K: Kernel, P: FnMut(&Account)> Runner<'k, K, P> {
    fn new(kernel: &'k K, process: &'k Process, limits: Limits, on_progress: P) -> Self {
        let now_ns = if limits.are_none() { 0 } else { kernel.now_ns() };
        let deadline_ns = limits.timeout.map(|timeout| now_ns.saturating_add(nanos(timeout)));
        Runner {
            kernel,
            process,
            limits,
            deadline_ns,
            moved_ns: now_ns,
            told_ns: now_ns,
            on_progress,
        }
    }

    /// Runs with a limit on how long a socket in blocking mode is slept on, which is put back.
    fn run_with_send_timeout(&mut self, transfer: &mut Transfer<K>) -> Result<End, Error> {
        let most = self.limits.timeout.unwrap_or(Duration::MAX);
        let Some(before) = send_timeout::shorten(self.kernel, transfer, most)? else {
            return self.run(transfer);
        };
        let outcome = self.run(transfer);
        let restored = send_timeout::restore(self.kernel, transfer, before);
        outcome.and_then(|end| restored.map(|()| end))
    }

    fn run(&mut self, transfer: &mut Transfer<K>) -> Result<End, Error> {
        let budget = if self.limits.are_none() { u64::MAX } else { LIMITED_STEP_BYTES };
        // Ends: each turn delivers bytes, of which there is a finite count, or sleeps until a side,
        // a signal or a limit wakes it, or leaves.
        loop {
            self.check_limits()?;
            match transfer.step(self.kernel, self.process, budget)? {
                Step::Moved(_) => self.moved(transfer.account()),
                Step::Interrupted => {}
                Step::Wait(side) => self.wait(Some((transfer.side_fd(side), side)), None)?,
                Step::Pause(nanos) => self.wait(None, Some(nanos))?,
                Step::Done(end) => return Ok(end),
            }
        }
    }

    fn moved(&mut self, account: &Account) {
        if self.limits.are_none() {
            return;
        }
        self.moved_ns = self.kernel.now_ns();
        if self.moved_ns.saturating_sub(self.told_ns) >= PROGRESS_NS_MIN {
            self.told_ns = self.moved_ns;
            (self.on_progress)(account);
        }
    }

    fn check_limits(&self) -> Result<(), Error> {
        if self.limits.are_none() {
            return Ok(());
        }
        let now_ns = self.kernel.now_ns();
        if self.deadline_ns.is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            return Err(Error::TimedOut);
        }
        if self.idle_deadline_ns().is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            return Err(Error::IdleTimedOut);
        }
        let Some(cancel) = self.limits.cancel else { return Ok(()) };
        match self.kernel.poll(&[(cancel, Side::Source)], Some(Duration::ZERO)) {
            Ok(0) | Err(Errno::EINTR) => Ok(()),
            Ok(_) => Err(Error::Cancelled),
            Err(errno) => Err(Error::looking(errno, Call::Poll)),
        }
    }

    fn idle_deadline_ns(&self) -> Option<u64> {
        let idle_timeout = self.limits.idle_timeout?;
        Some(self.moved_ns.saturating_add(nanos(idle_timeout)))
    }

    /// Waits for a side or for `pause_ns`, at most up to the next limit. What woke it the next turn
    /// finds out.
    fn wait(&self, side: Option<(Fd, Side)>, pause_ns: Option<u64>) -> Result<(), Error> {
        let cancel = self.limits.cancel.map(|fd| (fd, Side::Source));
        let waits: Vec<(Fd, Side)> = side.into_iter().chain(cancel).collect();
        let deadline_ns = [self.deadline_ns, self.idle_deadline_ns()].into_iter().flatten().min();
        let left_ns = deadline_ns.map(|it| it.saturating_sub(self.kernel.now_ns()));
        let limit_ns = [left_ns, pause_ns].into_iter().flatten().min();
        match self.kernel.poll(&waits, limit_ns.map(Duration::from_nanos)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(Error::looking(errno, Call::Poll)),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
