//! Runs transfers by either driver to their ends.

use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use zerocopy_nio::driver::{Limits, PROCESS, Pump, Request, blocking};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Fd, Kernel, Linux};
use zerocopy_nio::transfer::{Account, End, Step};

/// What one step of [`run_stepped`] moves at most: no multiple of anything.
const STEP_BYTES: u64 = 300_007;

/// How a transfer ended.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Result<End, Error>,
    pub account: Account,
    /// What was consumed and not delivered.
    pub undelivered: Option<OwnedFd>,
}

pub fn run_blocking(request: &Request) -> Ended {
    let run = blocking::run(&Linux, &PROCESS, request, &Limits::default(), None);
    Ended { outcome: run.outcome, account: run.account, undelivered: run.undelivered.map(owned) }
}

/// Steps a pump and waits with poll(2) between the steps, as an event loop does.
pub fn run_stepped(request: &Request) -> Ended {
    match Pump::new(Linux, &PROCESS, request) {
        Err(error) => Ended { outcome: Err(error), account: Account::default(), undelivered: None },
        Ok(mut pump) => {
            let outcome = step_to_end(&mut pump);
            let undelivered = pump.give_away_undelivered().unwrap().map(owned);
            Ended { outcome, account: pump.account().clone(), undelivered }
        }
    }
}

/// Ends: each turn delivers bytes of a finite content, or waits until a side is ready.
pub fn step_to_end(pump: &mut Pump<Linux>) -> Result<End, Error> {
    loop {
        match pump.step(STEP_BYTES)? {
            Step::Moved(moved) => assert!(moved <= STEP_BYTES, "{moved} bytes in one step"),
            Step::Wait(side) => {
                Linux.poll(&[(pump.side_fd(side), side)], None).unwrap();
            }
            Step::Pause(nanos) => std::thread::sleep(Duration::from_nanos(nanos)),
            Step::Interrupted => {}
            Step::Done(end) => return Ok(end),
        }
    }
}

#[allow(unsafe_code, reason = "the transfer gives the number of a descriptor away")]
pub fn owned(fd: Fd) -> OwnedFd {
    // SAFETY: the transfer has said that the descriptor is the caller's from now on.
    unsafe { OwnedFd::from_raw_fd(fd.number()) }
}
