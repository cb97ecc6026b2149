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
///
/// ```
/// use std::os::fd::AsRawFd;
///
/// use zerocopy_nio::driver::{PROCESS_MEMORY, Request, blocking};
/// use zerocopy_nio::kernel::{Fd, Linux};
/// use zerocopy_nio::mechanism::MechanismSet;
/// use zerocopy_nio::transfer::{End, FileSource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = std::fs::File::open("Cargo.toml")?;
/// let (mut receiver, sender) = std::os::unix::net::UnixStream::pair()?;
/// let request = Request {
///     source: FileSource { fd: Fd::new(file.as_raw_fd()).ok_or("not open")?, offset: 0 },
///     target: Fd::new(sender.as_raw_fd()).ok_or("not open")?,
///     target_kind: None,
///     target_offset: None,
///     count: 9,
///     allowed: MechanismSet::ALL,
///     resume: None,
/// };
/// let run = blocking::run(&Linux, &PROCESS_MEMORY, &request);
/// assert_eq!(run.outcome, Ok(End::Complete));
/// assert_eq!(run.account.delivered, 9);
///
/// let mut received = [0; 9];
/// std::io::Read::read_exact(&mut receiver, &mut received)?;
/// assert_eq!(&received, b"[package]");
/// # Ok(())
/// # }
/// ```
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
    match kernel.poll(&[(fd, side)], None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(Error::System { errno, call: Call::Poll, mechanism: None }),
    }
}
