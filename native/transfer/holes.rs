//! Holes of sparse files, from file to file.
//!
//! A hole reads as zeros, and so must the target behind it. Where the target lies past its old end
//! nothing has to be written: a file that is made longer reads as zeros there. Where it has old
//! bytes, they are punched out; a file system that can't do that gets the zeros written.
//!
//! What was a hole when it was looked at is one, whatever is written there before the target is made
//! so: a read at that moment would have brought zeros too.
//!
//! tmpfs has no FS_IOC_FIEMAP, and lseek(SEEK_HOLE) would move the position, which is the user's; of a
//! file that is opened again for it, the record locks of the process would go with the descriptor. But
//! what tmpfs stores is in the page cache or in swap space, and cachestat(2) counts both.

use nix::errno::Errno;

use crate::kernel::{Extent, Fd, Kernel};

/// Who tells of the holes of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Teller {
    /// The file system lists its extents.
    #[default]
    Extents,
    /// It has none, but is all in memory, whose pages are counted.
    Pages,
    /// Nobody, or the target can't be punched.
    Nobody,
}

/// What is known of the holes of the source.
#[derive(Debug, Default)]
pub struct Holes {
    /// Up to where the source has data without a hole, as far as it was asked.
    data_end: u64,
    teller: Teller,
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
        if self.teller == Teller::Nobody || offset < self.data_end || offset >= end {
            return 0;
        }
        match self.extent(kernel, source, (offset, end), calls) {
            Ok(extent) if extent.is_hole => extent.end - offset,
            Ok(extent) => {
                self.data_end = extent.end;
                0
            }
            Err(Errno::EINTR) => 0,
            Err(_) => {
                self.teller = Teller::Nobody;
                0
            }
        }
    }

    fn extent<K: Kernel>(
        &mut self,
        kernel: &K,
        source: Fd,
        (offset, end): (u64, u64),
        calls: &mut u64,
    ) -> Result<Extent, Errno> {
        if self.teller == Teller::Extents {
            *calls += 1;
            match kernel.extent(source, offset, end) {
                Err(Errno::EOPNOTSUPP | Errno::ENOTTY) => {}
                answer => return answer,
            }
            *calls += 1;
            if !kernel.is_in_memory(source)? {
                return Err(Errno::EOPNOTSUPP);
            }
            self.teller = Teller::Pages;
        }
        extent_of_pages(kernel, source, (offset, end), calls)
    }

    /// How many bytes there are before the next place that has to be asked about.
    pub fn data_bytes(&self, offset: u64) -> u64 {
        match self.data_end.checked_sub(offset) {
            Some(bytes) if bytes > 0 && self.teller != Teller::Nobody => bytes,
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
        if cleared.is_err() {
            self.teller = Teller::Nobody;
        }
        cleared.is_ok()
    }
}

/// How far the file goes on from `offset` with pages that are stored, or that are not. Looks at twice
/// as many each time, and goes back to the border by halves, so that the pages of an extent are not
/// counted more than a few times, whatever the size of the file is.
fn extent_of_pages<K: Kernel>(
    kernel: &K,
    source: Fd,
    (offset, end): (u64, u64),
    calls: &mut u64,
) -> Result<Extent, Errno> {
    let page_bytes = kernel.page_bytes();
    let first = offset / page_bytes;
    let pages = end.div_ceil(page_bytes) - first;
    let mut stored = |begin: u64, count: u64| {
        *calls += 1;
        kernel.stored_pages(source, (first + begin) * page_bytes, count * page_bytes)
    };
    let is_hole = stored(0, 1)? == 0;
    let expected = |count: u64| if is_hole { 0 } else { count };
    let mut alike = 1;
    // Among so many pages behind those that are alike there is one that is not; 0 as long as none is
    // known.
    let mut border = 0;
    // Ends: each turn doubles what is alike, or finds the border.
    while alike < pages && border == 0 {
        let more = alike.min(pages - alike);
        if stored(alike, more)? == expected(more) {
            alike += more;
        } else {
            border = more;
        }
    }
    // Ends: each turn halves the border.
    while border > 1 {
        let half = border / 2;
        if stored(alike, half)? == expected(half) {
            alike += half;
            border -= half;
        } else {
            border = half;
        }
    }
    let behind = (first + alike).saturating_mul(page_bytes);
    Ok(Extent { is_hole, end: behind.min(end) })
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
