//! Child processes, for what can't be undone or must not be shared.
#![allow(dead_code, clippy::unwrap_used, unsafe_code, reason = "each test crate uses its part")]

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A child after fork(2) that has to be waited for.
#[must_use]
#[derive(Debug)]
pub struct Child {
    number: libc::pid_t,
}

impl Child {
    /// Begins `act` in a child.
    ///
    /// The child has only the thread that calls this. The allocator of glibc is usable in it; locks
    /// that other threads held at that moment are not. What it panics with goes to standard error.
    pub fn start(act: impl FnOnce()) -> Child {
        // SAFETY: the child calls `act` and ends, and `act` waits for no other thread of the
        // parent.
        let number = unsafe { libc::fork() };
        assert!(number >= 0, "no child can be made");
        if number == 0 {
            std::panic::set_hook(Box::new(|panic| complain(&format!("in a child: {panic}\n"))));
            let ended = catch_unwind(AssertUnwindSafe(act));
            // SAFETY: ends the child without running what the parent has registered for its end.
            unsafe { libc::_exit(if ended.is_ok() { 0 } else { 1 }) };
        }
        Child { number }
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
