//! Reads past the page cache, several ahead, then send(2) or write(2): for large files that are not
//! in memory, on devices whose read-ahead is too small to keep them busy.

use nix::errno::Errno;

use super::{Attempt, Patience, Source, Target, is_missing, write};
use crate::kernel::{Call, Kernel, Side};

/// Writes up to `count` bytes of the file `source`, which is read up to `end`, to `target`. `file` is
/// opened at the first step and kept for the following ones. The system calls are counted in
/// `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    (count, end): (u64, u64),
    patience: Patience,
    file: &mut Option<Box<K::DirectFile>>,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && source.offset + count <= end, "direct step of {count} bytes");
    if file.is_none() {
        match kernel.open_direct(source.fd, source.offset, end) {
            Ok(opened) => {
                *calls += kernel.direct_calls(&opened);
                *file = Some(Box::new(opened));
            }
            Err(errno) => {
                *calls += 1;
                return refused(errno);
            }
        }
    }
    let file = file.as_mut().expect("it was opened above");
    let calls_before = kernel.direct_calls(file);
    let attempt = write_next(kernel, file, target, count, patience, calls);
    *calls += kernel.direct_calls(file) - calls_before;
    attempt
}

/// Writes up to `count` of the bytes that come next. Only the write is counted in `calls`.
fn write_next<K: Kernel>(
    kernel: &K,
    file: &mut K::DirectFile,
    target: Target,
    count: u64,
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    let bytes = match kernel.direct_bytes(file) {
        Ok([]) => return Attempt::Ended,
        Ok(bytes) => bytes,
        Err(errno) => return refused(errno),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    let attempt = write::write(kernel, target, &bytes[..count], &[], patience, calls);
    if let Attempt::Moved(written) = attempt {
        kernel.consume_direct(file, usize::try_from(written).expect("no more than was there"));
    }
    attempt
}

/// A file that can't be read this way can be read in another. ENOMEM and EMFILE: no room for a ring.
fn refused(errno: Errno) -> Attempt {
    Attempt::refused(errno, Call::IoUring, Side::Source).or_unsupported(|errno| {
        is_missing(errno)
            || matches!(errno, Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE | Errno::EACCES)
            || matches!(errno, Errno::ENOENT | Errno::EBADF | Errno::ENXIO)
    })
}
