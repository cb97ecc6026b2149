//! sendfile(2): the kernel hands the pages of the file to the target.

use nix::errno::Errno;

use super::{Attempt, CALL_BYTES_MAX, Source, Target, is_missing};
use crate::kernel::{Call, Kernel, Side};

/// Sends up to `count` bytes of the file `source`.
///
/// The target must be written at its own position: sendfile(2) has no offset for it. The system
/// call is counted in `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && count <= CALL_BYTES_MAX, "sendfile step of {count} bytes");
    assert!(target.offset.is_none(), "sendfile can't write at an offset");
    let asked = usize::try_from(count).expect("a count below 2 GiB fits in usize");
    *calls += 1;
    let answer = kernel.sendfile(target.fd, source.fd, source.offset, asked);
    Attempt::taken(answer, Call::Sendfile, Side::Target).or_unsupported(is_unsupported)
}

/// Whether another mechanism may still serve the endpoints.
///
/// EINVAL, among others: files of procfs with a seq_file behind them, targets opened for appending.
/// ESPIPE: a source that can't be read at an offset. EOVERFLOW: an offset past the largest file,
/// where a read just finds the end.
fn is_unsupported(errno: Errno) -> bool {
    is_missing(errno) || matches!(errno, Errno::ESPIPE | Errno::EOVERFLOW)
}
