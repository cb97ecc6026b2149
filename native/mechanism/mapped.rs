//! mmap(2), then send(2) or write(2) of the mapping: one copy, which the kernel makes. No load of
//! ours ever touches the mapping, so a file that is truncated meanwhile raises no SIGBUS.

use nix::errno::Errno;

use super::{Attempt, Patience, Source, Target, is_missing, whole_pages, write_bytes_max};
use crate::kernel::{Call, Kernel, SendFlags, Side};

/// How much of the file is mapped at a time. Mapping and unmapping costs 35 to 75 µs, so a window is
/// used for several steps.
const WINDOW_BYTES: u64 = 8 << 20;

/// How much is written by one call: on TCP 1 MiB was measured as fast as any more, and twice as fast
/// as 64 KiB.
const WRITE_BYTES_MAX: u64 = 1 << 20;

/// The part of the file that is mapped now.
#[derive(Debug)]
pub struct Window<M> {
    mapping: M,
    offset: u64,
    bytes: u64,
}

/// Writes up to `count` bytes of the file `source` to `target`, through `window`, which is moved on
/// where it has to be. The system calls are counted in `calls`.
///
/// [`Attempt::Ended`] has to be doubted of what never had a size: devices, files of procfs.
pub fn step<K: Kernel>(
    kernel: &K,
    source: Source,
    target: Target,
    count: u64,
    patience: Patience,
    window: &mut Option<Window<K::Mapping>>,
    calls: &mut u64,
) -> Attempt {
    assert!(count > 0, "mapped step of nothing");
    // Behind the end of the file the last page reads as zeros, which nobody has written.
    *calls += 1;
    let available = match kernel.file_status(source.fd) {
        Ok(status) => status.size.saturating_sub(source.offset),
        Err(errno) => return Attempt::Failed { errno, call: Call::Fstat },
    };
    if available == 0 {
        return Attempt::Ended;
    }
    let count = count.min(available);
    let is_inside = |it: &Window<K::Mapping>| {
        source.offset >= it.offset && source.offset < it.offset + it.bytes
    };
    if !window.as_ref().is_some_and(is_inside) {
        *calls += 1;
        match open(kernel, source, available) {
            Ok(opened) => *window = Some(opened),
            // As much is locked as may be, since an mlockall(2): nothing that one could wait for.
            Err(errno @ Errno::EAGAIN) => {
                return Attempt::Unsupported { errno, call: Call::Mmap };
            }
            Err(errno) => {
                return Attempt::refused(errno, Call::Mmap, Side::Source)
                    .or_unsupported(is_unsupported);
            }
        }
    }
    let window = window.as_ref().expect("it was opened above");
    let begin = source.offset - window.offset;
    let mut count = count.min(window.bytes - begin).min(WRITE_BYTES_MAX);
    match write_bytes_max(kernel, target, patience, calls) {
        Ok(most) => count = most.map_or(count, |most| count.min(most as u64)),
        Err(attempt) => return attempt,
    }
    *calls += 1;
    match write(kernel, target, window, (begin, count), patience) {
        Attempt::Failed { errno: Errno::EFAULT, call } => fault(kernel, source, call, calls),
        attempt => attempt,
    }
}

/// What it means that the kernel could not read the mapping: the file was truncated, or a page of it
/// could not be read from the disk. A read tells the one from the other, and reads what is left.
fn fault<K: Kernel>(kernel: &K, source: Source, call: Call, calls: &mut u64) -> Attempt {
    *calls += 1;
    match kernel.file_status(source.fd) {
        Ok(status) if status.size <= source.offset => Attempt::Ended,
        _ => Attempt::Unsupported { errno: Errno::EFAULT, call },
    }
}

fn open<K: Kernel>(
    kernel: &K,
    source: Source,
    available: u64,
) -> Result<Window<K::Mapping>, Errno> {
    let bytes = available.min(WINDOW_BYTES);
    let count = usize::try_from(bytes).expect("a window fits in memory");
    let mapping = kernel.map(source.fd, source.offset, count)?;
    Ok(Window { mapping, offset: source.offset, bytes })
}

fn write<K: Kernel>(
    kernel: &K,
    target: Target,
    window: &Window<K::Mapping>,
    (begin, count): (u64, u64),
    patience: Patience,
) -> Attempt {
    let begin = usize::try_from(begin).expect("inside of the window");
    let count = whole_pages(target, usize::try_from(count).expect("inside of the window"));
    let non_blocking = patience == Patience::Return;
    let (flags, call) = match target.offset {
        _ if target.kind.is_socket() => (Some(SendFlags { more: false, non_blocking }), Call::Send),
        Some(_) => (None, Call::Pwrite),
        None => (None, Call::Write),
    };
    let window = &window.mapping;
    let answer = kernel.write_mapped(target.fd, target.offset, window, begin, count, flags);
    Attempt::given(answer, call)
}

/// ENODEV: a file system without mmap(2). EACCES: a sealed or special file. ENOMEM: no address space
/// or too many mappings, of which the copy needs none. EOVERFLOW: an offset past the largest file.
fn is_unsupported(errno: Errno) -> bool {
    is_missing(errno)
        || matches!(errno, Errno::ENODEV | Errno::EACCES | Errno::ENOMEM | Errno::EOVERFLOW)
}
