//! send(2), write(2) or pwrite(2) of bytes in memory: the second half of every mechanism that has read
//! them.

use super::{Attempt, Patience, Target, TargetKind, whole_pages, write_bytes_max};
use crate::kernel::{Call, Kernel, SendFlags};

/// Writes `first` and behind it `second` to `target`, as much as it takes in one call. The system
/// calls are counted in `calls`.
pub fn write<K: Kernel>(
    kernel: &K,
    target: Target,
    first: &[u8],
    second: &[u8],
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    let (first, second) = if first.is_empty() { (second, first) } else { (first, second) };
    assert!(!first.is_empty(), "a write of nothing would look like a target that takes nothing");
    let first = if second.is_empty() { &first[..whole_pages(target, first.len())] } else { first };
    if target.kind.is_socket() {
        *calls += 1;
        let flags = SendFlags { more: false, non_blocking: patience == Patience::Return };
        return if second.is_empty() {
            Attempt::given(kernel.send(target.fd, first, flags), Call::Send)
        } else {
            Attempt::given(kernel.send_both(target.fd, first, second, flags), Call::Sendmsg)
        };
    }
    let most = match write_bytes_max(kernel, target, patience, calls) {
        Ok(most) => most,
        Err(attempt) => return attempt,
    };
    *calls += 1;
    match (target.offset, most) {
        (Some(offset), _) => Attempt::given(kernel.pwrite(target.fd, first, offset), Call::Pwrite),
        (None, Some(most)) => {
            let first = &first[..first.len().min(most)];
            Attempt::given(kernel.write(target.fd, first), Call::Write)
        }
        (None, None) if second.is_empty() => {
            Attempt::given(kernel.write(target.fd, first), Call::Write)
        }
        (None, None) => Attempt::given(kernel.write_both(target.fd, first, second), Call::Writev),
    }
}

/// Sends `bytes` to the TCP stream `target`, which may hold back what fills no segment: more follows
/// at once. The system call is counted in `calls`.
pub fn send_more<K: Kernel>(
    kernel: &K,
    target: Target,
    bytes: &[u8],
    patience: Patience,
    calls: &mut u64,
) -> Attempt {
    assert!(target.kind == TargetKind::TcpStream && !bytes.is_empty(), "nothing to hold back");
    *calls += 1;
    let flags = SendFlags { more: true, non_blocking: patience == Patience::Return };
    Attempt::given(kernel.send(target.fd, bytes, flags), Call::Send)
}
