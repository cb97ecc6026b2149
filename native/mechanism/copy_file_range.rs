//! copy_file_range(2): from file to file. File systems that can share blocks do, whatever the size.

use nix::errno::Errno;

use super::{Attempt, CALL_BYTES_MAX, Source, Target, is_missing};
use crate::kernel::{Call, Kernel, Side};

/// Copies up to `count` bytes of the file `source` to the file `target`.
///
/// [`Attempt::Ended`] has to be doubted: for some file systems of kernels before 5.19 the call
/// answers 0 where there are bytes. The system call is counted in `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && count <= CALL_BYTES_MAX, "copy_file_range step of {count} bytes");
    let asked = usize::try_from(count).expect("a count below 2 GiB fits in usize");
    *calls += 1;
    let answer = kernel.copy_file_range(source.fd, source.offset, target.fd, target.offset, asked);
    Attempt::taken(answer, Call::CopyFileRange, Side::Target).or_unsupported(is_unsupported)
}

/// Whether another mechanism may still serve the endpoints.
///
/// EINVAL: not two regular files, or they overlap. EXDEV: two file systems. EBADF: a target opened
/// for appending; a descriptor that is none at all fails in the next mechanism too. EIO: CIFS.
/// ETXTBSY and EOVERFLOW: sendfile(2) and read(2) draw these borders elsewhere.
fn is_unsupported(errno: Errno) -> bool {
    is_missing(errno)
        || matches!(
            errno,
            Errno::EXDEV | Errno::EBADF | Errno::EIO | Errno::ETXTBSY | Errno::EOVERFLOW
        )
}
