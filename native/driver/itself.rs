//! Keeps a transfer from feeding on itself: it would never end, or read what it has written.

use crate::error::Error;
use crate::kernel::{Call, Fd, FileStatus, Kernel};
use crate::mechanism::{SourceKind, TargetKind};
use crate::transfer::Transfer;

/// Fails where the target of `transfer` is its source, or a range of the same file that shares
/// bytes with it. Nothing was moved yet.
///
/// Only two files, or two ends of pipes, can be the same thing under different descriptors: those
/// are looked at, which costs two calls of fstat(2). A socket and its duplicate are not told apart.
pub fn refuse_itself<K: Kernel>(kernel: &K, transfer: &Transfer<K>) -> Result<(), Error> {
    let (source, target) = (transfer.source(), transfer.target());
    match (source.kind, target.kind) {
        (SourceKind::File, TargetKind::File | TargetKind::AppendedFile) => {}
        (SourceKind::Pipe, TargetKind::Pipe) => {
            let is_same = is_same(&look_at(kernel, source.fd)?, &look_at(kernel, target.fd)?);
            return if is_same { Err(OWN_PIPE) } else { Ok(()) };
        }
        _ => return if source.fd == target.fd { Err(OWN_STREAM) } else { Ok(()) },
    }
    let source_status = look_at(kernel, source.fd)?;
    let target_status = look_at(kernel, target.fd)?;
    if !is_same(&source_status, &target_status) {
        return Ok(());
    }
    let target_begin = match target.offset {
        Some(offset) => offset,
        None if target.kind == TargetKind::AppendedFile => target_status.size,
        None => {
            let position = kernel.position(target.fd);
            position.map_err(|errno| Error::looking(errno, Call::Lseek))?
        }
    };
    let count = transfer.remaining();
    let is_apart = source.offset.saturating_add(count) <= target_begin
        || target_begin.saturating_add(count) <= source.offset;
    if is_apart { Ok(()) } else { Err(OVERLAP) }
}

const OWN_PIPE: Error = Error::InvalidArgument("in_fd and out_fd are the ends of one pipe");

const OWN_STREAM: Error =
    Error::InvalidArgument("in_fd and out_fd are one descriptor, and it is not a file");

const OVERLAP: Error =
    Error::InvalidArgument("the ranges overlap: in_fd and out_fd are the same file");

fn look_at<K: Kernel>(kernel: &K, fd: Fd) -> Result<FileStatus, Error> {
    kernel.file_status(fd).map_err(|errno| Error::looking(errno, Call::Fstat))
}

fn is_same(one: &FileStatus, other: &FileStatus) -> bool {
    (one.device, one.inode) == (other.device, other.inode)
}
