//! Keeps SIGPIPE from callers that may not ignore it: C, where the JVM always does.
//!
//! sendfile(2), splice(2) and write(2) raise it when the peer is gone and have no flag against it.
//! The signal is directed at the thread, so blocking it meanwhile and taking it back is enough.
//!
//! # Safety
//!
//! The unsafe code asks about signals that nix has no safe question for. It changes the mask of the
//! calling thread only, and puts it back.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};

/// While it lives, no call of this thread raises SIGPIPE. Where the process ignores the signal it
/// costs one system call, else four, for a whole transfer.
#[derive(Debug)]
pub struct WithoutSigpipe {
    /// `None` where there is nothing to be put back.
    guarded: Option<Guarded>,
    /// The mask is the thread's, so it must be put back by the thread.
    stays_on_its_thread: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Guarded {
    before: SigSet,
    was_pending: bool,
}

impl WithoutSigpipe {
    /// Blocks SIGPIPE, unless it is ignored.
    pub fn begin() -> WithoutSigpipe {
        let guarded = (!is_ignored()).then(Guarded::begin);
        WithoutSigpipe { guarded, stays_on_its_thread: PhantomData }
    }
}

impl Guarded {
    fn begin() -> Guarded {
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&sigpipe()), Some(&mut before))
            .expect("blocking a signal fails for no reason that exists");
        // What is not blocked is delivered at once, so it can only be pending where it is blocked.
        let was_pending = before.contains(Signal::SIGPIPE) && is_pending();
        Guarded { before, was_pending }
    }
}

impl Drop for WithoutSigpipe {
    fn drop(&mut self) {
        let Some(Guarded { before, was_pending }) = self.guarded.take() else { return };
        if !was_pending {
            take_pending();
        }
        if !before.contains(Signal::SIGPIPE) {
            pthread_sigmask(SigmaskHow::SIG_UNBLOCK, Some(&sigpipe()), None)
                .expect("unblocking a signal fails for no reason that exists");
        }
    }
}

fn sigpipe() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGPIPE);
    set
}

fn is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a NULL action only asks, and the answer goes to memory of the right type.
    let asked = unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded, so `action` is filled.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

fn is_pending() -> bool {
    let mut pending = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call fills the set it is given.
    let asked = unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: the call succeeded, so `pending` is filled.
    asked == 0 && unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1
}

fn take_pending() {
    // Answers EAGAIN where none is pending.
    let no_wait = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both pointers are to live values; the information about the signal is not asked for.
    unsafe { libc::sigtimedwait(sigpipe().as_ref(), std::ptr::null_mut(), &no_wait) };
}
