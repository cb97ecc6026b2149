//! Files that are read past the page cache, several reads ahead.

use std::ffi::CString;

use nix::errno::Errno;

use super::Fd;
use super::pieces::{Next, Pieces, Read};
use super::ring::{BUFFER_BYTES, Ring};
use super::storage::direct_alignment_bytes;

/// See [`super::Kernel::DirectFile`].
#[derive(Debug)]
pub struct DirectFile {
    ring: Ring,
    pieces: Pieces,
}

impl DirectFile {
    /// See [`super::Kernel::open_direct`].
    pub fn open(source: Fd, offset: u64, end: u64) -> Result<DirectFile, Errno> {
        // The kernel adds the count of a read to its offset, and the sum has to be one, too.
        let end = end.min(i64::MAX as u64 - BUFFER_BYTES as u64);
        // A thread can have descriptors of its own, see unshare(2). The threads of the kernel that
        // open files for a ring have those of the thread that asked.
        let path = CString::new(format!("/proc/thread-self/fd/{}", source.number()))
            .expect("a number has no NUL");
        let ring = Ring::open(&path, libc::O_RDONLY | libc::O_DIRECT)?;
        let alignment_bytes = direct_alignment_bytes(source)?;
        if alignment_bytes > BUFFER_BYTES {
            return Err(Errno::EINVAL);
        }
        Ok(DirectFile { ring, pieces: Pieces::new(offset, end, alignment_bytes) })
    }

    /// See [`super::Kernel::direct_bytes`]. Whatever the error is, nothing is lost, and the next
    /// call tries again; in a child after fork(2) it is always EBADFD.
    pub fn bytes(&mut self) -> Result<&[u8], Errno> {
        if !self.ring.is_ours() {
            return Err(Errno::EBADFD);
        }
        // Ends: each turn waits for one of a few reads, and a read that is made again in here has
        // brought more bytes than the one before.
        loop {
            while let Some(Read { buffer, part, offset }) = self.pieces.read() {
                self.ring.queue_read(buffer, part, offset);
            }
            match self.pieces.next() {
                Next::Bytes { buffer, part } => {
                    // Where it fails it is tried again before the bytes of those reads are needed.
                    let _ = self.ring.submit();
                    return Ok(self.ring.bytes(buffer, part));
                }
                Next::Failed(errno) => return Err(errno),
                Next::Reading => self.ring.submit_and_wait()?,
            }
            while let Some(completion) = self.ring.completion() {
                self.pieces.completed(completion.buffer, completion.count);
            }
        }
    }

    /// See [`super::Kernel::direct_calls`].
    pub fn calls(&self) -> u64 {
        // The alignment was asked for by statx(2).
        self.ring.calls() + 1
    }

    /// See [`super::Kernel::consume_direct`].
    pub fn consume(&mut self, count: usize) {
        self.pieces.consume(count);
    }
}
