//! Holes of sparse files, from file to file.
//!
//! A hole reads as zeros, and so must the target behind it. Where the target lies past its old end
//! nothing has to be written: a file that is made longer reads as zeros there. Where it has old
//! bytes, they are punched out; a file system that can't do that gets the zeros written.

use nix::errno::Errno;

use crate::kernel::{Fd, Kernel};

/// What is known of the holes of the source.
#[derive(Debug, Default)]
pub struct Holes {
    /// Up to where the source has data without a hole, as far as it was asked.
    data_end: u64,
    /// Whether the file system can't say, or the target can't be punched.
    is_given_up: bool,
}

impl Holes {
    /// How many bytes from `offset` on, up to `end`, are a hole; 0 where there is data.
    pub fn hole_bytes<K: Kernel>(
        &mut self,
        kernel: &K,
        source: Fd,
        (offset, end): (u64, u64),
        calls: &mut u64,
    ) -> u64 {
        if self.is_given_up || offset < self.data_end || offset >= end {
            return 0;
        }
        *calls += 1;
        match kernel.extent(source, offset, end) {
            Ok(extent) if extent.is_hole => extent.end - offset,
            Ok(extent) => {
                self.data_end = extent.end;
                0
            }
            Err(Errno::EINTR) => 0,
            Err(_) => {
                self.is_given_up = true;
                0
            }
        }
    }

    /// How many bytes there are before the next place that has to be asked about.
    pub fn data_bytes(&self, offset: u64) -> u64 {
        match self.data_end.checked_sub(offset) {
            Some(bytes) if bytes > 0 && !self.is_given_up => bytes,
            _ => u64::MAX,
        }
    }

    /// Makes `count` bytes of the target from `offset` on read as zeros. `false` where that can't be
    /// done without writing them; then it is not tried again.
    pub fn clear_target<K: Kernel>(
        &mut self,
        kernel: &K,
        target: Fd,
        (offset, count): (u64, u64),
        calls: &mut u64,
    ) -> bool {
        let cleared = clear(kernel, target, offset, count, calls);
        self.is_given_up |= cleared.is_err();
        cleared.is_ok()
    }
}

fn clear<K: Kernel>(
    kernel: &K,
    target: Fd,
    offset: u64,
    count: u64,
    calls: &mut u64,
) -> Result<(), Errno> {
    let end = offset.checked_add(count).ok_or(Errno::EFBIG)?;
    *calls += 1;
    let size = kernel.file_status(target)?.size;
    if offset < size {
        *calls += 1;
        kernel.punch_hole(target, offset, count.min(size - offset))?;
    }
    if end > size {
        *calls += 1;
        kernel.set_size(target, end)?;
    }
    Ok(())
}
