//! Reads past the page cache, several ahead, then send(2) or write(2): for large files that are not
//! in memory, on devices whose read-ahead is too small to keep them busy.

use nix::errno::Errno;

use super::{Attempt, Patience, Source, Target, is_missing};
use crate::kernel::{Call, Kernel, SendFlags, Side};

/// Writes up to `count` bytes of the file `source`, which is read up to `end`, to `target`. `file` is
/// opened at the first step and kept for the following ones. The system calls are counted in
/// `calls`: one for each wait for the disk and one for each write.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    (count, end): (u64, u64),
    patience: Patience,
    file: &mut Option<K::DirectFile>,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && source.offset + count <= end, "direct step of {count} bytes");
    if file.is_none() {
        *calls += 1;
        match kernel.open_direct(source.fd, source.offset, end) {
            Ok(opened) => *file = Some(opened),
            Err(errno) => return refused(errno),
        }
    }
    let file = file.as_mut().expect("it was opened above");
    *calls += 1;
    let bytes = match kernel.direct_bytes(file) {
        Ok([]) => return Attempt::Ended,
        Ok(bytes) => bytes,
        Err(errno) => return refused(errno),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    *calls += 1;
    let non_blocking = patience == Patience::Return;
    let (answer, call) = match target.offset {
        _ if target.kind.is_socket() => {
            let flags = SendFlags { more: false, non_blocking };
            (kernel.send(target.fd, &bytes[..count], flags), Call::Send)
        }
        Some(offset) => (kernel.pwrite(target.fd, &bytes[..count], offset), Call::Pwrite),
        None => (kernel.write(target.fd, &bytes[..count]), Call::Write),
    };
    if let Ok(written) = answer {
        kernel.consume_direct(file, written);
    }
    Attempt::given(answer, call)
}

/// A file that can't be read this way can be read in another. ENOMEM and EMFILE: no room for a ring.
fn refused(errno: Errno) -> Attempt {
    Attempt::refused(errno, Call::IoUring, Side::Source).or_unsupported(|errno| {
        is_missing(errno)
            || matches!(errno, Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE | Errno::EACCES)
            || matches!(errno, Errno::ENOENT | Errno::EBADF | Errno::ENXIO)
    })
}
