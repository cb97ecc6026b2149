//! The mechanisms, one file each. A mechanism makes one bounded step; it never loops, never falls
//! back and never calls another one. What its answer means is for [`crate::transfer`] to decide.

pub mod copy;
pub mod copy_file_range;
pub mod direct_io;
pub mod mapped;
pub mod sendfile;
pub mod splice;
pub mod write;

mod endpoint;
mod set;

pub use endpoint::{Patience, Source, SourceKind, Target, TargetKind};
use std::time::Duration;

use nix::errno::Errno;
pub use set::MechanismSet;

use crate::kernel::{Call, Kernel, Side};

/// The most that one call moves, whatever it is asked for: `MAX_RW_COUNT` of the kernel.
pub const CALL_BYTES_MAX: u64 = 0x7fff_f000;

/// `PIPE_BUF` of pipe(7): a pipe that is ready for writing takes at least this much without sleeping.
const PIPE_WRITE_BYTES: usize = 4096;

/// What one slot of a pipe holds at most.
const PAGE_BYTES: usize = 4096;

/// A way to move bytes. The numbers are those of the Java enum and of the bits at the C face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mechanism {
    /// sendfile(2): from a file to anything, inside the kernel.
    Sendfile = 0,
    /// splice(2): from anything to anything through a pipe, inside the kernel.
    Splice = 1,
    /// copy_file_range(2): from file to file; shares the blocks where the file system can.
    CopyFileRange = 2,
    /// send(2) with MSG_ZEROCOPY: from memory to a socket. Used by the sender, never by a transfer.
    MsgZerocopy = 3,
    /// mmap(2), then send(2) or write(2) of the mapping: one copy, made by the kernel.
    Mapped = 4,
    /// Reads past the page cache by io_uring(7), several ahead, then send(2) or write(2).
    DirectIo = 5,
    /// read(2), then write(2), or their likes, through a reused buffer.
    Copy = 6,
}

impl Mechanism {
    /// Every mechanism that this version has, in the order of their numbers.
    pub const ALL: [Mechanism; 7] = [
        Mechanism::Sendfile,
        Mechanism::Splice,
        Mechanism::CopyFileRange,
        Mechanism::MsgZerocopy,
        Mechanism::Mapped,
        Mechanism::DirectIo,
        Mechanism::Copy,
    ];

    /// The mechanism with this number.
    pub fn from_number(number: u8) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| *mechanism as u8 == number)
    }

    /// The mechanism with this name, as it stands in the kill switch.
    pub fn from_name(name: &str) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The name in documents and settings.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Sendfile => "sendfile",
            Mechanism::Splice => "splice",
            Mechanism::CopyFileRange => "copy_file_range",
            Mechanism::MsgZerocopy => "msg_zerocopy",
            Mechanism::Mapped => "mapped",
            Mechanism::DirectIo => "direct_io",
            Mechanism::Copy => "copy",
        }
    }
}

/// What one step of a mechanism came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// This many bytes, never 0, went from where the step takes them to where it puts them.
    Moved(u64),
    /// Nothing moved because this side is not ready and must not be waited for in the call.
    WouldBlock(Side),
    /// The source has no more bytes.
    Ended,
    /// A signal came before anything moved.
    Interrupted,
    /// This mechanism can't serve these endpoints; nothing moved.
    Unsupported {
        /// What the system said.
        errno: Errno,
        /// The call that refused.
        call: Call,
    },
    /// Nothing moved, and no other mechanism would do better.
    Failed {
        /// What the system said.
        errno: Errno,
        /// The call that failed.
        call: Call,
    },
}

impl Attempt {
    /// What an answer of `call` means that took bytes from a source: 0 is its end.
    fn taken(answer: Result<usize, Errno>, call: Call, blocked: Side) -> Attempt {
        match answer {
            Ok(0) => Attempt::Ended,
            Ok(moved) => Attempt::Moved(moved as u64),
            Err(errno) => Attempt::refused(errno, call, blocked),
        }
    }

    /// What an answer of `call` means that gave bytes to a target. One that takes nothing and says
    /// nothing would be asked for ever.
    fn given(answer: Result<usize, Errno>, call: Call) -> Attempt {
        match answer {
            Ok(0) => Attempt::Failed { errno: Errno::EIO, call },
            answer => Attempt::taken(answer, call, Side::Target),
        }
    }

    fn refused(errno: Errno, call: Call, blocked: Side) -> Attempt {
        match errno {
            Errno::EAGAIN => Attempt::WouldBlock(blocked),
            Errno::EINTR => Attempt::Interrupted,
            errno => Attempt::Failed { errno, call },
        }
    }

    /// This answer, but [`Attempt::Unsupported`] where it failed with an errno that `is_unsupported`
    /// says another mechanism may do better on.
    fn or_unsupported(self, is_unsupported: impl FnOnce(Errno) -> bool) -> Attempt {
        match self {
            Attempt::Failed { errno, call } if is_unsupported(errno) => {
                Attempt::Unsupported { errno, call }
            }
            attempt => attempt,
        }
    }
}

/// The answers by which a kernel, a file system or a sandbox says that it does not have a call, or not
/// for these descriptors, whatever the call. Unknown: 524, ENOTSUPP of the kernel, which should not
/// leave it and does.
fn is_missing(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EINVAL | Errno::EPERM | Errno::ENOSYS | Errno::EOPNOTSUPP | Errno::UnknownErrno
    )
}

/// How many bytes one write(2) to `target` may have; `None` where there is no limit. A pipe or device
/// in blocking mode has no flag against sleeping, so a caller without patience asks first whether it
/// is ready, and writes only a little. The system call is counted in `calls`.
fn write_bytes_max<K: Kernel>(
    kernel: &K,
    target: Target,
    patience: Patience,
    calls: &mut u64,
) -> Result<Option<usize>, Attempt> {
    let may_sleep = patience == Patience::Return
        && target.is_blocking
        && matches!(target.kind, TargetKind::Pipe | TargetKind::Other);
    if !may_sleep {
        return Ok(None);
    }
    *calls += 1;
    match kernel.poll(&[(target.fd, Side::Target)], Some(Duration::ZERO)) {
        Ok(0) => Err(Attempt::WouldBlock(Side::Target)),
        Ok(_) => Ok(Some(PIPE_WRITE_BYTES)),
        Err(errno) => Err(Attempt::refused(errno, Call::Poll, Side::Target)),
    }
}

/// How many of `count` bytes to write to `target` at once. What fills no page goes into the last page
/// of a pipe that is full, and then each write moves no more than that (`pipe_write` of fs/pipe.c), so
/// whole pages go first.
fn whole_pages(target: Target, count: usize) -> usize {
    let is_long = target.kind == TargetKind::Pipe && count > PAGE_BYTES;
    if is_long { count - count % PAGE_BYTES } else { count }
}
