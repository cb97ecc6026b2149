//! What works in this process, found by trying, or why not.
//!
//! No version of the kernel is ever compared: containers forbid calls that the kernel has, and
//! distributions bring fixes back to kernels that seem too old.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;

use crate::kernel::{Call, Fd, Kernel, Restrictions};
use crate::mechanism::{
    Attempt, Mechanism, MechanismSet, Patience, Source, SourceKind, Target, TargetKind, copy,
    copy_file_range, direct_io, mapped, sendfile, splice,
};

/// Why a mechanism can't be used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// What the system said to the try.
    pub errno: Errno,
    /// What that usually means.
    pub cause: Cause,
}

/// What a refusal usually means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The call does not exist, or is made to look so.
    Missing,
    /// A filter or a security module forbids the call.
    Forbidden,
    /// The administrator has switched io_uring off, by this value of the sysctl.
    IoUringDisabled(u32),
    /// The user may lock no more memory than this many bytes, and has.
    LockedMemory(u64),
    /// There is no memory.
    Memory,
    /// There are no free descriptors, so it could not be tried.
    Descriptors,
    /// The call exists, and can't do this.
    NotSupported,
    /// Nothing that has a usual meaning.
    Unknown,
}

impl Cause {
    fn of(mechanism: Mechanism, errno: Errno, restrictions: Restrictions) -> Cause {
        let Restrictions { io_uring_disabled, locked_bytes_max } = restrictions;
        let locks_memory = matches!(mechanism, Mechanism::MsgZerocopy | Mechanism::DirectIo);
        match errno {
            Errno::ENOSYS => Cause::Missing,
            Errno::EPERM if mechanism == Mechanism::DirectIo && io_uring_disabled > 0 => {
                Cause::IoUringDisabled(io_uring_disabled)
            }
            Errno::EPERM | Errno::EACCES => Cause::Forbidden,
            // Of io_uring only kernels before 5.12, which count the rings as locked memory.
            Errno::ENOBUFS | Errno::ENOMEM if locks_memory && locked_bytes_max < u64::MAX => {
                Cause::LockedMemory(locked_bytes_max)
            }
            Errno::ENOBUFS | Errno::ENOMEM => Cause::Memory,
            Errno::EMFILE | Errno::ENFILE => Cause::Descriptors,
            // 524, ENOTSUPP of the kernel, which should not leave it and does, is unknown to nix.
            Errno::EOPNOTSUPP | Errno::EINVAL | Errno::UnknownErrno => Cause::NotSupported,
            _ => Cause::Unknown,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Missing => {
                write!(f, "this kernel does not have the call, or a sandbox hides it")
            }
            Cause::Forbidden => write!(f, "blocked by seccomp?"),
            Cause::IoUringDisabled(value) => {
                write!(f, "io_uring disabled by sysctl kernel.io_uring_disabled = {value}")
            }
            Cause::LockedMemory(bytes) => {
                write!(f, "no memlock budget: RLIMIT_MEMLOCK is {bytes} B for all of the user")
            }
            Cause::Memory => write!(f, "no memory"),
            Cause::Descriptors => write!(f, "out of file descriptors, so it could not be tried"),
            Cause::NotSupported => write!(f, "not supported by this kernel"),
            Cause::Unknown => write!(f, "unexpected"),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unusable { mechanism, errno, cause } = self;
        let name = mechanism.name();
        match errno {
            Errno::UnknownErrno => write!(f, "{name}: errno 524 (ENOTSUPP): {cause}"),
            errno => {
                write!(f, "{name}: {errno:?}: {cause} ({}, errno {})", errno.desc(), *errno as i32)
            }
        }
    }
}

/// What is known not to work in this process, whatever the endpoints.
///
/// Only two answers are remembered, ENOSYS and EPERM, and only where a try on descriptors of our
/// own gets one of them too. Every other refusal belongs to the endpoints of the one transfer that
/// met it.
#[derive(Debug, Default)]
pub struct Memory {
    unusable: AtomicU32,
}

impl Memory {
    /// Nothing is known yet.
    pub const fn new() -> Memory {
        Memory { unusable: AtomicU32::new(0) }
    }

    /// The mechanisms that need not be tried again.
    pub fn unusable(&self) -> MechanismSet {
        MechanismSet::from_bits(self.unusable.load(Ordering::Relaxed))
    }

    /// Looks at the refusal of `mechanism` and remembers it if it holds for the whole process.
    pub fn note<K: Kernel>(&self, kernel: &K, mechanism: Mechanism, errno: Errno) {
        let may_be_for_good = matches!(errno, Errno::ENOSYS | Errno::EPERM);
        if may_be_for_good
            && matches!(try_on_own(kernel, mechanism), Ok(Err(Errno::EPERM | Errno::ENOSYS)))
        {
            let bit = MechanismSet::EMPTY.with(mechanism).bits();
            self.unusable.fetch_or(bit, Ordering::Relaxed);
        }
    }
}

/// Tries `mechanism` for real: with one byte, between descriptors of our own.
pub fn probe<K: Kernel>(kernel: &K, mechanism: Mechanism) -> Result<(), Unusable> {
    let tried = try_on_own(kernel, mechanism).and_then(|answer| answer);
    tried.map_err(|errno| {
        let cause = Cause::of(mechanism, errno, kernel.restrictions());
        Unusable { mechanism, errno, cause }
    })
}

/// The answer of the mechanism, or why it could not be tried: a filter that forbids the file or the
/// pipe says nothing of the mechanism.
fn try_on_own<K: Kernel>(kernel: &K, mechanism: Mechanism) -> Result<Result<(), Errno>, Errno> {
    if mechanism == Mechanism::MsgZerocopy {
        return Ok(kernel.send_zero_copy_to_itself());
    }
    let source = kernel.memory_file(b"z")?;
    let answer = if mechanism == Mechanism::CopyFileRange {
        kernel.memory_file(b"").map(|target| {
            let answer = try_one_byte(kernel, mechanism, source, (target, TargetKind::File));
            kernel.close(target);
            answer
        })
    } else {
        kernel.pipe().map(|(read_end, write_end)| {
            let answer = try_one_byte(kernel, mechanism, source, (write_end, TargetKind::Pipe));
            kernel.close(read_end);
            kernel.close(write_end);
            answer
        })
    };
    kernel.close(source);
    answer
}

fn try_one_byte<K: Kernel>(
    kernel: &K,
    mechanism: Mechanism,
    source: Fd,
    (target, kind): (Fd, TargetKind),
) -> Result<(), Errno> {
    let source = Source { fd: source, kind: SourceKind::File, offset: 0, is_blocking: false };
    let target = Target { fd: target, kind, offset: None, is_blocking: false };
    let patience = Patience::Return;
    let calls = &mut 0;
    let attempt = match mechanism {
        Mechanism::Sendfile => sendfile::step(kernel, source, target, 1, calls),
        Mechanism::Splice => splice::direct(kernel, source, target, 1, patience, calls),
        Mechanism::CopyFileRange => copy_file_range::step(kernel, source, target, 1, calls),
        Mechanism::Mapped => mapped::step(kernel, source, target, 1, patience, &mut None, calls),
        Mechanism::DirectIo => {
            direct_io::step(kernel, source, target, (1, 1), patience, &mut None, calls)
        }
        Mechanism::Copy => {
            copy::step(kernel, source, target, (&[], 1), patience, &mut [0; 1], calls)
        }
        Mechanism::MsgZerocopy => unreachable!("it is tried on a socket"),
    };
    match attempt {
        Attempt::Moved(1) => Ok(()),
        // Up to Linux 6.1 files in memory can't be opened for direct reads. Whether a file can is
        // asked last, of a ring that works: so the mechanism does, on file systems that can.
        Attempt::Unsupported { errno: Errno::EINVAL, call: Call::IoUring } => Ok(()),
        Attempt::Unsupported { errno, .. } | Attempt::Failed { errno, .. } => Err(errno),
        // An answer that one byte can't have: the call does not do what it says.
        Attempt::Moved(_) | Attempt::Ended | Attempt::Interrupted | Attempt::WouldBlock(_) => {
            Err(Errno::EIO)
        }
    }
}

/// Goal: a refusal is explained by the limit that causes it, where there is one.
/// Method: settings of the whole machine, which a test can't make.
#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::{Cause, Unusable};
    use crate::kernel::Restrictions;
    use crate::mechanism::Mechanism;

    fn text(mechanism: Mechanism, errno: Errno, restrictions: Restrictions) -> String {
        let cause = Cause::of(mechanism, errno, restrictions);
        Unusable { mechanism, errno, cause }.to_string()
    }

    #[test]
    fn io_uring_that_is_switched_off_is_named() {
        let off = Restrictions { io_uring_disabled: 2, locked_bytes_max: u64::MAX };
        let text_off = text(Mechanism::DirectIo, Errno::EPERM, off);
        let words = "EPERM: io_uring disabled by sysctl kernel.io_uring_disabled = 2";
        assert!(text_off.contains(words), "{text_off}");
        let text_of_other = text(Mechanism::Sendfile, Errno::EPERM, off);
        assert!(text_of_other.contains("EPERM: blocked by seccomp?"), "{text_of_other}");
    }

    #[test]
    fn locked_memory_is_named_only_where_it_is_limited() {
        let limited = Restrictions { io_uring_disabled: 0, locked_bytes_max: 65_536 };
        let text_limited = text(Mechanism::DirectIo, Errno::ENOMEM, limited);
        assert!(text_limited.contains("RLIMIT_MEMLOCK is 65536 B"), "{text_limited}");
        let unlimited = Restrictions { locked_bytes_max: u64::MAX, ..limited };
        let text_unlimited = text(Mechanism::DirectIo, Errno::ENOMEM, unlimited);
        assert!(text_unlimited.contains("ENOMEM: no memory"), "{text_unlimited}");
    }
}
