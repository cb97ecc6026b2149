//! Child processes, for what can't be undone or must not be shared.
#![allow(dead_code, clippy::unwrap_used, unsafe_code, reason = "each test crate uses its part")]

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `act` in a child after fork(2) and fails where it panics or dies.
///
/// The child has only the thread that calls this. The allocator of glibc is usable in it; locks
/// that other threads held at that moment are not, so `act` prints nothing.
pub fn in_child(act: impl FnOnce()) {
    // SAFETY: the child calls `act` and ends, and `act` waits for no other thread of the parent.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no child can be made");
    if child == 0 {
        let ended = catch_unwind(AssertUnwindSafe(act));
        // SAFETY: ends the child without running what the parent has registered for its end.
        unsafe { libc::_exit(if ended.is_ok() { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the status is ours to write to.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    assert!(
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        "the child failed: status {status:#x}"
    );
}
