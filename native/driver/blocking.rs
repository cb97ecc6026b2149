//! Runs a transfer to its end, waiting where it must: for C.

use nix::errno::Errno;

use super::{Request, prepare};
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::probe::Memory;
use crate::transfer::{Account, End, Step, Transfer};

/// How a run ended, and what it did until then.
#[derive(Debug)]
pub struct Run {
    /// The end, or what stopped it.
    pub outcome: Result<End, Error>,
    /// What was done, also where it was stopped.
    pub account: Account,
}

/// Delivers everything that `request` asks for. An interruption by a signal does not end it, and a
/// target in non-blocking mode is waited for with poll(2).
pub fn run<K: Kernel>(kernel: &K, memory: &Memory, request: &Request) -> Run {
    match prepare(kernel, memory, request) {
        Err(error) => Run { outcome: Err(error), account: Account::default() },
        Ok(mut transfer) => {
            let outcome = run_to_end(kernel, memory, &mut transfer, request);
            Run { outcome, account: *transfer.account() }
        }
    }
}

fn run_to_end<K: Kernel>(
    kernel: &K,
    memory: &Memory,
    transfer: &mut Transfer,
    request: &Request,
) -> Result<End, Error> {
    // Ends: each turn delivers bytes, of which there is a finite count, or sleeps until the peer
    // or a signal wakes it, or leaves.
    loop {
        match transfer.step(kernel, memory, u64::MAX)? {
            Step::Moved(_) | Step::Interrupted => {}
            Step::Wait(side) => {
                let fd = match side {
                    Side::Source => request.source.fd,
                    Side::Target => request.target,
                };
                wait(kernel, fd, side)?;
            }
            Step::Done(end) => return Ok(end),
        }
    }
}

fn wait<K: Kernel>(kernel: &K, fd: Fd, side: Side) -> Result<(), Error> {
    match kernel.wait_until_ready(fd, side) {
        Ok(()) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(Error::System { errno, call: Call::Poll, mechanism: None }),
    }
}
