//! The one way out of the C face: no panic leaves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::result::zc_status;

/// Runs `body` and turns a panic into [`zc_status::PANIC`].
///
/// Unwinding is safe here: what `body` holds is either its own or behind atomics, and a result
/// that it has not written yet is written by nobody.
pub fn status_of(body: impl FnOnce() -> zc_status) -> zc_status {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(zc_status::PANIC)
}
