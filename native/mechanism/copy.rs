//! pread(2) into a reused buffer, then send(2), write(2) or pwrite(2): serves every target, and is
//! the fastest way for small pieces, where sendfile(2) costs more than it saves.

use std::mem::MaybeUninit;

use nix::errno::Errno;

use super::{Attempt, Target};
use crate::kernel::{Call, Fd, Kernel, SendFlags, Side};

/// Copies up to `count` bytes of the file `source` from `offset` on, at most one `buffer` full.
///
/// Bytes that were read and not written are read again by the next step, so nothing is lost. Each
/// system call is counted in `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Fd,
    offset: u64,
    target: Target,
    count: u64,
    buffer: &mut [MaybeUninit<u8>],
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && !buffer.is_empty(), "copy step of {count} bytes");
    let piece = usize::try_from(count).unwrap_or(usize::MAX).min(buffer.len());
    *calls += 1;
    let bytes = match kernel.pread(source, &mut buffer[..piece], offset) {
        Ok([]) => return Attempt::Ended,
        Ok(bytes) => bytes,
        Err(Errno::EINTR) => return Attempt::Interrupted,
        Err(Errno::EAGAIN) => return Attempt::WouldBlock(Side::Source),
        // A file opened with O_DIRECT wants aligned memory; sendfile(2) brings its own.
        Err(errno @ Errno::EINVAL) => return Attempt::Unsupported { errno, call: Call::Pread },
        Err(errno) => return Attempt::Failed { errno, call: Call::Pread },
    };
    *calls += 1;
    let (written, call) = match target.offset {
        Some(offset) => (kernel.pwrite(target.fd, bytes, offset), Call::Pwrite),
        None if target.kind.is_socket() => {
            (kernel.send(target.fd, bytes, SendFlags::default()), Call::Send)
        }
        None => (kernel.write(target.fd, bytes), Call::Write),
    };
    match written {
        // A target that takes nothing and says nothing would be asked for ever.
        Ok(0) => Attempt::Failed { errno: Errno::EIO, call },
        Ok(moved) => Attempt::Moved(moved as u64),
        Err(Errno::EAGAIN) => Attempt::WouldBlock(Side::Target),
        Err(Errno::EINTR) => Attempt::Interrupted,
        Err(errno) => Attempt::Failed { errno, call },
    }
}
