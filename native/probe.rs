//! What works in this process, found by trying, or why not.
//!
//! No version of the kernel is ever compared: containers forbid calls that the kernel has, and
//! distributions bring fixes back to kernels that seem too old.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;

use crate::kernel::{Call, Fd, Kernel};
use crate::mechanism::{
    Attempt, Mechanism, MechanismSet, Patience, Source, SourceKind, Target, TargetKind, copy,
    direct_io, mapped, sendfile, splice,
};

/// Why a mechanism can't be used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// What the system said to the try.
    pub errno: Errno,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guess = match self.errno {
            Errno::EPERM | Errno::EACCES => ": blocked by seccomp?",
            Errno::ENOSYS => ": this kernel does not have the call, or a sandbox hides it",
            Errno::EMFILE | Errno::ENFILE => ": out of file descriptors, so it could not be tried",
            _ => "",
        };
        let name = self.mechanism.name();
        write!(f, "{name}: {} (errno {}){guess}", self.errno.desc(), self.errno as i32)
    }
}

/// What is known not to work in this process, whatever the endpoints.
///
/// Only two answers are remembered: ENOSYS, and EPERM where a try on our own pipe fails too. Every
/// other refusal belongs to the endpoints of the one transfer that met it.
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
        let for_good = match errno {
            Errno::ENOSYS => true,
            Errno::EPERM => {
                matches!(try_on_own_pipe(kernel, mechanism), Ok(Err(Errno::EPERM | Errno::ENOSYS)))
            }
            _ => false,
        };
        if for_good {
            let bit = MechanismSet::EMPTY.with(mechanism).bits();
            self.unusable.fetch_or(bit, Ordering::Relaxed);
        }
    }
}

/// Tries `mechanism` for real: one byte from a file in memory into a pipe of our own.
pub fn probe<K: Kernel>(kernel: &K, mechanism: Mechanism) -> Result<(), Unusable> {
    let tried = try_on_own_pipe(kernel, mechanism).and_then(|answer| answer);
    tried.map_err(|errno| Unusable { mechanism, errno })
}

/// The answer of the mechanism, or why it could not be tried: a filter that forbids the file or the
/// pipe says nothing of the mechanism.
fn try_on_own_pipe<K: Kernel>(
    kernel: &K,
    mechanism: Mechanism,
) -> Result<Result<(), Errno>, Errno> {
    let source = kernel.memory_file(b"z")?;
    let answer = kernel.pipe().map(|(read_end, write_end)| {
        let attempt = try_one_byte(kernel, mechanism, source, write_end);
        kernel.close(read_end);
        kernel.close(write_end);
        match attempt {
            Attempt::Moved(1) => Ok(()),
            Attempt::Unsupported { errno, .. } | Attempt::Failed { errno, .. } => Err(errno),
            // An answer that a byte in an empty pipe can't have: the call does not do what it says.
            Attempt::Moved(_) | Attempt::Ended | Attempt::Interrupted | Attempt::WouldBlock(_) => {
                Err(Errno::EIO)
            }
        }
    });
    kernel.close(source);
    answer
}

fn try_one_byte<K: Kernel>(kernel: &K, mechanism: Mechanism, source: Fd, write_end: Fd) -> Attempt {
    let source = Source { fd: source, kind: SourceKind::File, offset: 0, is_blocking: false };
    let target = Target { fd: write_end, kind: TargetKind::Pipe, offset: None, is_blocking: false };
    let patience = Patience::Return;
    let calls = &mut 0;
    match mechanism {
        Mechanism::Sendfile => sendfile::step(kernel, source, target, 1, calls),
        Mechanism::Splice => splice::direct(kernel, source, target, 1, patience, calls),
        Mechanism::Mapped => mapped::step(kernel, source, target, 1, patience, &mut None, calls),
        Mechanism::DirectIo => {
            direct_io::step(kernel, source, target, (1, 1), patience, &mut None, calls)
        }
        Mechanism::Copy => {
            copy::step(kernel, source, target, (&[], 1), patience, &mut [0; 1], calls)
        }
        Mechanism::CopyFileRange | Mechanism::MsgZerocopy => {
            Attempt::Unsupported { errno: Errno::ENOSYS, call: Call::CopyFileRange }
        }
    }
}
