//! Threads of the library's own, which take none of the program's signals.

use std::thread::{self, JoinHandle};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};

/// Starts a thread with all signals masked: it inherits the mask, and the program's signals go to
/// threads of the program's. A SIGPIPE of its own stays pending and does nothing.
pub fn spawn(
    name: &str,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Errno> {
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    let builder = thread::Builder::new().name(name.into()).stack_size(stack_bytes);
    let spawned = builder.spawn(work);
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)
        .expect("setting a mask that was in force fails for no reason that exists");
    spawned.map_err(|error| error.raw_os_error().map_or(Errno::EAGAIN, Errno::from_raw))
}
