//! The one error type of the core, and the number that each kind has at the C face.

use nix::errno::Errno;

use crate::kernel::Call;
use crate::mechanism::Mechanism;

/// Why a transfer could not go on. What was delivered before stays delivered and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error("{call}: {text} (errno {number})", text = .errno.desc(), number = *.errno as i32)]
    System {
        /// What the system said.
        errno: Errno,
        /// The call that failed.
        call: Call,
        /// The mechanism that made the call; `None` where the call only looked at the endpoints.
        mechanism: Option<Mechanism>,
    },
    /// A pointer that must not be NULL was NULL.
    #[error("{0} is NULL")]
    NullArgument(&'static str),
    /// An argument is out of its range.
    #[error("{0}")]
    InvalidArgument(&'static str),
    /// No mechanism may move bytes between these endpoints.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The time for the whole transfer passed.
    #[error("the transfer did not end in time")]
    TimedOut,
    /// Nothing moved for too long.
    #[error("nothing moved for too long")]
    IdleTimedOut,
    /// The caller has asked for it.
    #[error("the transfer was cancelled")]
    Cancelled,
}

impl Error {
    /// The number of this kind of error. Numbers are never used again for another kind.
    pub fn code(&self) -> i32 {
        match self {
            Error::System { .. } => 1,
            Error::NullArgument(_) => 2,
            Error::InvalidArgument(_) => 3,
            Error::Unsupported(_) => 4,
            // 5 is a panic at the C face.
            Error::TimedOut => 6,
            Error::IdleTimedOut => 7,
            Error::Cancelled => 8,
        }
    }

    /// The error of a call that looked at an endpoint before any mechanism was chosen.
    pub(crate) fn looking(errno: Errno, call: Call) -> Error {
        Error::System { errno, call, mechanism: None }
    }
}
