//! Child processes, for what can't be undone or must not be shared.
#![allow(dead_code, clippy::unwrap_used, unsafe_code, reason = "each test crate uses its part")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held while a child lives. It has the descriptors of all tests that run then, so that two children
/// might each wait for an end of file that the other one holds back.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// In a child the lock is held for ever, by a thread that it does not have.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// A child after fork(2) that has to be waited for. A thread has one at a time.
#[must_use]
#[derive(Debug)]
pub struct Child {
    number: libc::pid_t,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Child {
    /// Begins `act` in a child.
    ///
    /// The child has only the thread that calls this. The allocator of glibc is usable in it; locks
    /// that other threads held at that moment are not. What it panics with goes to standard error.
    pub fn start(act: impl FnOnce()) -> Child {
        // A test that failed has waited for its child, or has left it behind to end by itself.
        let lock = || ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (!IS_CHILD.load(Ordering::Relaxed)).then(lock);
        // SAFETY: the child calls `act` and ends, and `act` waits for no other thread of the
        // parent.
        let number = unsafe { libc::fork() };
        assert!(number >= 0, "no child can be made");
        if number == 0 {
            IS_CHILD.store(true, Ordering::Relaxed);
            std::panic::set_hook(Box::new(|panic| complain(&format!("in a child: {panic}\n"))));
            let ended = catch_unwind(AssertUnwindSafe(act));
            // SAFETY: ends the child without running what the parent has registered for its end.
            unsafe { libc::_exit(if ended.is_ok() { 0 } else { 1 }) };
        }
        Child { number, _turn: turn }
    }

    /// Waits for its end, and fails where it panicked or died.
    pub fn succeed(self) {
        let mut status = 0;
        // SAFETY: the status is ours to write to.
        let waited = unsafe { libc::waitpid(self.number, &raw mut status, 0) };
        assert_eq!(waited, self.number);
        let has_succeeded = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
        assert!(has_succeeded, "the child failed: status {status:#x}");
    }
}

/// Runs `act` in a child and fails where it panics or dies: see [`Child::start`].
pub fn in_child(act: impl FnOnce()) {
    Child::start(act).succeed();
}

/// Past what the harness captures, which is memory of the child that nobody reads.
fn complain(text: &str) {
    // SAFETY: the text is that long.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}
