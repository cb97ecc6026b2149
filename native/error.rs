//! The one error type of the core, and the number that each kind has at the C face.

use nix::errno::Errno;

use crate::kernel::Call;
use crate::mechanism::Mechanism;

/// Why a transfer could not go on. What was delivered before stays delivered and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error(
        "{call}: {text} (errno {number}){hint}",
        text = .errno.desc(),
        number = *.errno as i32,
        hint = hint(*.errno)
    )]
    System {
        /// What the system said.
        errno: Errno,
        /// The call that failed.
        call: Call,
        /// The mechanism that made the call; `None` where the call only looked at the endpoints.
        mechanism: Option<Mechanism>,
    },
    /// A system call failed with EINVAL because the file that is written to has O_DIRECT and takes
    /// whole blocks only. All blocks before it were delivered.
    #[error(
        "{call}: {text} (errno {number})",
        text = self.block_text().unwrap_or_default(),
        number = Errno::EINVAL as i32
    )]
    NoBlock {
        /// The call that failed.
        call: Call,
        /// The mechanism that made the call, the last one of the plan.
        mechanism: Mechanism,
        /// Where in the target the bytes would have gone.
        offset: u64,
        /// What the target takes.
        block_bytes: u64,
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
            Error::System { .. } | Error::NoBlock { .. } => 1,
            Error::NullArgument(_) => 2,
            Error::InvalidArgument(_) => 3,
            Error::Unsupported(_) => 4,
            // 5 is a panic at the C face.
            Error::TimedOut => 6,
            Error::IdleTimedOut => 7,
            Error::Cancelled => 8,
        }
    }

    /// The call that failed, and what the system said.
    pub fn failed_call(&self) -> Option<(Errno, Call)> {
        match self {
            Error::System { errno, call, .. } => Some((*errno, *call)),
            Error::NoBlock { call, .. } => Some((Errno::EINVAL, *call)),
            _ => None,
        }
    }

    /// What the caller of a call is told in the place of strerror(3), which says nothing of blocks.
    pub fn block_text(&self) -> Option<String> {
        let Error::NoBlock { offset, block_bytes, .. } = self else { return None };
        Some(format!(
            "O_DIRECT takes whole blocks of {block_bytes} B, not the rest at offset {offset}"
        ))
    }

    /// The error of a call that looked at an endpoint before any mechanism was chosen.
    pub(crate) fn looking(errno: Errno, call: Call) -> Error {
        Error::System { errno, call, mechanism: None }
    }
}

/// What the text of an errno leaves open.
fn hint(errno: Errno) -> &'static str {
    match errno {
        // Of IPv4, by RFC 768 and RFC 791; IPv6 has room for 20 bytes more.
        Errno::EMSGSIZE => ": a UDP datagram takes at most 65507 B",
        _ => "",
    }
}
