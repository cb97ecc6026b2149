//! Runs a transfer to its end, waiting where it must: for C.

use std::time::Duration;

use nix::errno::Errno;

use super::limits::{Limits, Watch};
use super::{Request, prepare, refuse_itself, send_timeout};
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::mechanism::Patience;
use crate::transfer::{Account, End, Process, Step, Transfer};

/// The most that one step moves where limits have to be looked at between the steps.
const LIMITED_STEP_BYTES: u64 = 2 << 20;

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

/// Who is told of progress: what was done until now.
pub type OnProgress<'a> = &'a mut dyn FnMut(&Account);

/// Delivers everything that `request` asks for. An interruption by a signal does not end it, and an
/// end in non-blocking mode is waited for with poll(2). `on_progress` is called at most ten times a
/// second, and once at the end.
///
/// ```
/// use std::os::fd::AsRawFd;
///
/// use zerocopy_nio::driver::{Limits, PROCESS, Request, blocking};
/// use zerocopy_nio::kernel::{Fd, Linux};
/// use zerocopy_nio::transfer::End;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = std::fs::File::open("Cargo.toml")?;
/// let (mut receiver, sender) = std::os::unix::net::UnixStream::pair()?;
/// let source = Fd::new(file.as_raw_fd()).ok_or("not open")?;
/// let target = Fd::new(sender.as_raw_fd()).ok_or("not open")?;
/// let request = Request { source_offset: Some(0), count: 9, ..Request::new(source, target) };
/// let run = blocking::run(&Linux, &PROCESS, &request, &Limits::default(), None);
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
    on_progress: Option<OnProgress>,
) -> Run {
    let is_watched = !limits.are_none() || on_progress.is_some();
    match prepare_run(kernel, process, request, is_watched) {
        Err(error) => Run { outcome: Err(error), account: Account::default(), undelivered: None },
        Ok(mut transfer) => {
            let watch = is_watched.then(|| Watch::new(kernel, *limits));
            let mut runner = Runner { kernel, process, watch, on_progress };
            let outcome = runner.run_with_send_timeout(&mut transfer);
            runner.finish(transfer, outcome)
        }
    }
}

/// What [`run`] would do, in words; nothing is moved.
pub fn describe<K: Kernel>(
    kernel: &K,
    process: &Process,
    request: &Request,
    is_watched: bool,
) -> Result<String, Error> {
    let mut transfer = prepare_run(kernel, process, request, is_watched)?;
    let text = transfer.plan().to_string();
    transfer.close(kernel, process);
    Ok(text)
}

fn prepare_run<K: Kernel>(
    kernel: &K,
    process: &Process,
    request: &Request,
    is_watched: bool,
) -> Result<Transfer<K>, Error> {
    let mut request = request.clone();
    request.options.patience = if is_watched { Patience::Return } else { Patience::Sleep };
    let transfer = prepare(kernel, &process.memory, &request)?;
    refuse_itself(kernel, &transfer)?;
    Ok(transfer)
}

struct Runner<'k, 'p, K: Kernel> {
    kernel: &'k K,
    process: &'k Process,
    /// Where nothing has to be looked at between the steps there is none.
    watch: Option<Watch>,
    on_progress: Option<OnProgress<'p>>,
}

impl<K: Kernel> Runner<'_, '_, K> {
    /// Runs with a limit on how long a socket in blocking mode is slept on, which is put back.
    fn run_with_send_timeout(&mut self, transfer: &mut Transfer<K>) -> Result<End, Error> {
        let limits = self.watch.as_ref().map(Watch::limits);
        let timeouts = limits.map(|it| [it.timeout, it.idle_timeout]).unwrap_or_default();
        let most = timeouts.into_iter().flatten().fold(Duration::MAX, Duration::min);
        let Some(before) = send_timeout::shorten(self.kernel, transfer, most)? else {
            return self.run(transfer);
        };
        let outcome = self.run(transfer);
        let restored = send_timeout::restore(self.kernel, transfer, before);
        outcome.and_then(|end| restored.map(|()| end))
    }

    fn run(&mut self, transfer: &mut Transfer<K>) -> Result<End, Error> {
        let budget = if self.watch.is_none() { u64::MAX } else { LIMITED_STEP_BYTES };
        // Ends: each turn delivers bytes, of which there is a finite count, or sleeps until a side,
        // a signal or a limit wakes it, or leaves.
        loop {
            if let Some(watch) = &self.watch {
                watch.check(self.kernel)?;
            }
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
        let is_due = self.watch.as_mut().is_some_and(|watch| watch.moved(self.kernel));
        if let (true, Some(on_progress)) = (is_due, &mut self.on_progress) {
            on_progress(account);
        }
    }

    /// Waits for a side or for `pause_ns`, at most up to the next limit. What woke it the next turn
    /// finds out.
    fn wait(&self, side: Option<(Fd, Side)>, pause_ns: Option<u64>) -> Result<(), Error> {
        let cancel = self.watch.as_ref().and_then(|watch| watch.limits().cancel);
        let cancel = cancel.map(|fd| (fd, Side::Source));
        let waits: Vec<(Fd, Side)> = side.into_iter().chain(cancel).collect();
        let left_ns = self.watch.as_ref().and_then(|watch| watch.left_ns(self.kernel));
        let limit_ns = [left_ns, pause_ns].into_iter().flatten().min();
        match self.kernel.poll(&waits, limit_ns.map(Duration::from_nanos)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(Error::looking(errno, Call::Poll)),
        }
    }

    fn finish(self, mut transfer: Transfer<K>, mut outcome: Result<End, Error>) -> Run {
        let Runner { kernel, process, on_progress, .. } = self;
        transfer.settle(kernel);
        let account = transfer.account().clone();
        let undelivered = match transfer.give_away_undelivered(kernel, process) {
            Ok(undelivered) => undelivered,
            Err(errno) => {
                // What stopped the transfer counts less than that its bytes are gone.
                outcome = Err(Error::looking(errno, Call::MemfdCreate));
                None
            }
        };
        transfer.close(kernel, process);
        if let Some(on_progress) = on_progress {
            on_progress(&account);
        }
        Run { outcome, account, undelivered }
    }
}
