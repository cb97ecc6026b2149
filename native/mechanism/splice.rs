//! splice(2): the kernel hands over what it holds, through a pipe.
//!
//! Where neither end is a pipe, one of ours stands between: [`fill`] and [`drain`] are the halves of
//! such a transfer. It is filled only when it is empty. A pipe is full by its slots and not by its
//! bytes, and a full one answers EAGAIN as a dry source does; of an empty one EAGAIN is clear.
//!
//! Of TCP splice(2) never takes urgent data, nor anything behind it, which recv(2) leaves out: it
//! stands still there and answers 0, as at the end, or EAGAIN, while poll(2) says that there is
//! something. A peer could end a transfer early by one byte, or have it spin. So neither answer of a
//! stream is believed until the stream was looked at, and where it has bytes another mechanism takes
//! over.

use std::time::Duration;

use nix::errno::Errno;

use super::{Attempt, CALL_BYTES_MAX, Patience, Source, SourceKind, Target, is_missing};
use crate::kernel::{Call, Fd, Kernel, Side, SpliceFlags};

/// Never sleep on a pipe of our own: nobody else would ever wake us.
const NO_SLEEP: SpliceFlags = SpliceFlags { non_blocking: true, more: false };

/// How often a splice is tried whose ends have both become ready since it was refused: each time
/// another process has to have moved in between.
const TRIES_MAX: usize = 8;

/// The bits of the sides in what a poll of source and target answers.
const SOURCE_BIT: u32 = 1;
const TARGET_BIT: u32 = 2;

/// Moves up to `count` bytes from `source`, which is not a file, into our empty pipe `write_end`.
///
/// A stream in blocking mode is slept on in spite of the flag, so a caller without patience has to
/// know that it is ready. The system call is counted in `calls`.
pub fn fill<K: Kernel>(
    kernel: &K,
    source: Source,
    write_end: Fd,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    assert!(source.kind != SourceKind::File, "a file needs no pipe between");
    for _ in 0..TRIES_MAX {
        *calls += 1;
        let answer = kernel.splice(source.fd, None, write_end, None, asked(count), NO_SLEEP);
        let attempt = Attempt::taken(answer, Call::Splice, Side::Source);
        if let Some(attempt) = believed(kernel, source, attempt, calls) {
            return attempt.or_unsupported(is_unsupported);
        }
    }
    NOT_TAKEN
}

/// As [`fill`], into a pipe that is not empty: a full one answers EAGAIN as a dry source does, so that
/// nothing is known of the source then. The system call is counted in `calls`.
pub fn top_up<K: Kernel>(
    kernel: &K,
    source: Source,
    write_end: Fd,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    *calls += 1;
    let answer = kernel.splice(source.fd, None, write_end, None, asked(count), NO_SLEEP);
    match Attempt::taken(answer, Call::Splice, Side::Source) {
        Attempt::Ended => believed(kernel, source, Attempt::Ended, calls).unwrap_or(NOT_TAKEN),
        attempt => attempt.or_unsupported(is_unsupported),
    }
}

/// Moves up to `count` bytes from our pipe `read_end`, which holds as many, to `target`. What does
/// not go stays in the pipe. The system call is counted in `calls`.
pub fn drain<K: Kernel>(
    kernel: &K,
    read_end: Fd,
    target: Target,
    count: u64,
    calls: &mut u64,
) -> Attempt {
    *calls += 1;
    let answer = kernel.splice(read_end, None, target.fd, target.offset, asked(count), NO_SLEEP);
    Attempt::given(answer, Call::Splice).or_unsupported(is_unsupported)
}

/// Moves up to `count` bytes from `source` to `target`, one of which is a pipe of the user's.
///
/// EAGAIN may speak of either end. The one that poll(2) does not find ready then is to be waited for;
/// where both are ready by then, the other process was quick, and it is tried again: an edge that
/// has passed would be waited for without end. The system calls are counted in `calls`.
pub fn direct<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    count: u64,
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    let flags = SpliceFlags { non_blocking: patience == Patience::Return, more: false };
    let source_offset = (source.kind == SourceKind::File).then_some(source.offset);
    for _ in 0..TRIES_MAX {
        *calls += 1;
        let answer =
            kernel.splice(source.fd, source_offset, target.fd, target.offset, asked(count), flags);
        let attempt = if answer == Err(Errno::EAGAIN) {
            blocked_side(kernel, source, target, calls).map(Attempt::WouldBlock)
        } else {
            let attempt = Attempt::taken(answer, Call::Splice, Side::Source);
            believed(kernel, source, attempt, calls)
        };
        if let Some(attempt) = attempt {
            return attempt.or_unsupported(is_unsupported);
        }
    }
    if source.kind == SourceKind::Stream { NOT_TAKEN } else { Attempt::WouldBlock(Side::Target) }
}

/// There are bytes, which splice(2) does not take.
const NOT_TAKEN: Attempt = Attempt::Unsupported { errno: Errno::ENODATA, call: Call::Splice };

/// What `attempt` comes to after a look at the stream `source`, where it is one and nothing was taken
/// from it. `None` where bytes have come since, or are not taken: to try again tells which.
fn believed<K: Kernel>(
    kernel: &K,
    source: Source,
    attempt: Attempt,
    calls: &mut u64,
) -> Option<Attempt> {
    let has_ended = attempt == Attempt::Ended;
    if source.kind != SourceKind::Stream
        || !(has_ended || attempt == Attempt::WouldBlock(Side::Source))
    {
        return Some(attempt);
    }
    *calls += 1;
    match kernel.peek(source.fd) {
        Ok(0) => Some(Attempt::Ended),
        Ok(_) | Err(Errno::EAGAIN) if has_ended => Some(NOT_TAKEN),
        Ok(_) => None,
        Err(errno) => Some(Attempt::refused(errno, Call::Recv, Side::Source)),
    }
}

/// The side that is not ready, or `None` if both have become so. Files always are.
fn blocked_side<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    calls: &mut u64,
) -> Option<Side> {
    if target.kind.is_file() {
        return Some(Side::Source);
    }
    if source.kind == SourceKind::File {
        return Some(Side::Target);
    }
    *calls += 1;
    match kernel.poll(&[(source.fd, Side::Source), (target.fd, Side::Target)], Some(Duration::ZERO))
    {
        Ok(ready) if ready & TARGET_BIT == 0 => Some(Side::Target),
        Ok(ready) if ready & SOURCE_BIT == 0 => Some(Side::Source),
        Ok(_) => None,
        Err(_) => Some(Side::Target),
    }
}

fn asked(count: u64) -> usize {
    assert!(count > 0 && count <= CALL_BYTES_MAX, "splice step of {count} bytes");
    usize::try_from(count).expect("a count below 2 GiB fits in usize")
}

/// Whether another mechanism may still serve the endpoints.
///
/// EINVAL, among others: a target opened for appending, a device without splice. ESPIPE: an offset
/// for what has none. EBADF is left to the next mechanism, which tells a bad descriptor too.
fn is_unsupported(errno: Errno) -> bool {
    is_missing(errno) || matches!(errno, Errno::ESPIPE | Errno::EOVERFLOW)
}
