//! sendfile(2): the kernel hands the pages of the file to the target.

use nix::errno::Errno;

use super::{Attempt, Target};
use crate::kernel::{Call, Fd, Kernel, Side};

/// The most that one call takes, whatever it is asked for: `MAX_RW_COUNT` of the kernel.
pub const CALL_BYTES_MAX: u64 = 0x7fff_f000;

/// Sends up to `count` bytes of the file `source` from `offset` on.
///
/// The target must be written at its own position: sendfile(2) has no offset for it. The system
/// call is counted in `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Fd,
    offset: u64,
    target: Target,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && count <= CALL_BYTES_MAX, "sendfile step of {count} bytes");
    assert!(target.offset.is_none(), "sendfile can't write at an offset");
    let asked = usize::try_from(count).expect("a count below 2 GiB fits in usize");
    *calls += 1;
    match kernel.sendfile(target.fd, source, offset, asked) {
        Ok(0) => Attempt::Ended,
        Ok(moved) => Attempt::Moved(moved as u64),
        Err(Errno::EAGAIN) => Attempt::WouldBlock(Side::Target),
        Err(Errno::EINTR) => Attempt::Interrupted,
        Err(errno) if is_unsupported(errno) => Attempt::Unsupported { errno, call: Call::Sendfile },
        Err(errno) => Attempt::Failed { errno, call: Call::Sendfile },
    }
}

/// Whether another mechanism may still serve the endpoints.
///
/// EINVAL: files of procfs with a seq_file behind them, targets opened for appending, targets
/// that can't be spliced to. ESPIPE: a source that can't be read at an offset. EPERM: a seccomp
/// filter. ENOSYS and EOPNOTSUPP: file systems and kernels that never had it. EOVERFLOW: an offset
/// past the largest file, where a read just finds the end. Unknown: 524, ENOTSUPP of the kernel,
/// which should not leave it and does.
fn is_unsupported(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EINVAL
            | Errno::ESPIPE
            | Errno::EPERM
            | Errno::ENOSYS
            | Errno::EOPNOTSUPP
            | Errno::EOVERFLOW
            | Errno::UnknownErrno
    )
}
