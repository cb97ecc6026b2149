//! read(2), then write(2), or their likes, through a reused buffer: serves every pair of endpoints,
//! and is the fastest way for small pieces, where sendfile(2) costs more than it saves.
//!
//! From a file both halves are one [`step`], because what was read and not written can be read again.
//! From everything else they are two, [`fill`] and [`super::write::write()`], with the bytes kept between them.

use nix::errno::Errno;

use super::write::write;
use super::{Attempt, Patience, Source, Target};
use crate::kernel::{Call, Kernel, PAGE_BYTES, Page, Side};

/// Copies up to `count` bytes of the file `source`, at most one `buffer` full. Before them goes
/// `header`, in the same write: [`Attempt::Moved`] counts both.
///
/// Bytes that were read and not written are read again by the next step, so nothing is lost. Each
/// system call is counted in `calls`.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    (header, count): (&[u8], u64),
    patience: Patience,
    buffer: &mut [u8],
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0 && !buffer.is_empty(), "copy step of {count} bytes");
    let piece = usize::try_from(count).unwrap_or(usize::MAX).min(buffer.len());
    *calls += 1;
    let read = kernel.pread(source.fd, &mut buffer[..piece], source.offset);
    deliver(kernel, target, (header, read.map(|read| &buffer[..read])), patience, calls)
}

/// As [`step`], of at most a page, for which no buffer has to be found.
pub fn small_step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    (header, count): (&[u8], u64),
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    let piece = usize::try_from(count).unwrap_or(usize::MAX);
    assert!(piece > 0 && piece <= PAGE_BYTES, "small copy step of {count} bytes");
    let mut page = Page::new();
    *calls += 1;
    let read = kernel.pread_page(source.fd, &mut page, piece, source.offset);
    deliver(kernel, target, (header, read), patience, calls)
}

/// Writes `header` and what was `read`.
fn deliver<K: Kernel>(
    kernel: &K,
    target: Target,
    (header, read): (&[u8], Result<&[u8], Errno>),
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    match read {
        Ok([]) if header.is_empty() => Attempt::Ended,
        Ok(bytes) => write(kernel, target, header, bytes, patience, calls),
        // A file opened with O_DIRECT wants aligned memory; sendfile(2) brings its own.
        Err(errno @ Errno::EINVAL) => Attempt::Unsupported { errno, call: Call::Pread },
        Err(errno) => Attempt::refused(errno, Call::Pread, Side::Source),
    }
}

/// Reads from `source`, which is not a file, into `buffer`. The system call is counted in `calls`.
///
/// A pipe or device in blocking mode is slept on, so a caller without patience has to know that it
/// is ready. [`Attempt::Ended`] of a datagram socket is an empty datagram.
pub fn fill<K: Kernel>(
    kernel: &K,
    source: Source,
    buffer: &mut [u8],
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    assert!(!buffer.is_empty(), "a read of nothing would look like the end");
    *calls += 1;
    if source.kind.is_socket() {
        let answer = kernel.receive(source.fd, buffer, patience == Patience::Return);
        Attempt::taken(answer, Call::Recv, Side::Source)
    } else {
        Attempt::taken(kernel.read(source.fd, buffer), Call::Read, Side::Source)
    }
}
