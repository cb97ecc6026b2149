//! Parts of files in memory that only the kernel looks at.
//!
//! # Safety
//!
//! A [`Mapping`] never gives its memory away, so no load of this process can meet a page that was
//! truncated away and raise SIGBUS. The kernel copies from it and answers EFAULT there.
#![allow(unsafe_code)]

use std::num::NonZeroUsize;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, munmap};
use nix::sys::socket::MsgFlags;

use super::Fd;
use super::linux::borrow;

const PAGE_BYTES: i64 = 4096;

/// See [`super::Kernel::Mapping`].
#[derive(Debug)]
pub struct Mapping {
    pages: NonNull<std::ffi::c_void>,
    pages_bytes: usize,
    /// Where in the first page the wanted bytes begin.
    begin: usize,
}

// SAFETY: the memory belongs to the process, not to a thread, and is only read, by the kernel.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `count` bytes of `source` from `offset` on.
    pub fn of(source: Fd, offset: i64, count: usize) -> Result<Mapping, Errno> {
        let begin = usize::try_from(offset % PAGE_BYTES).map_err(|_| Errno::EINVAL)?;
        let pages_bytes = count.checked_add(begin).ok_or(Errno::EOVERFLOW)?;
        let length = NonZeroUsize::new(pages_bytes).ok_or(Errno::EINVAL)?;
        let page = offset - offset % PAGE_BYTES;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory in use.
        let pages = unsafe {
            mmap(None, length, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, borrow(source), page)
        }?;
        // Advice only: whatever is answered, the mapping serves.
        // SAFETY: the pages are ours, and reading ahead changes nothing in them.
        let _ = unsafe { madvise(pages, pages_bytes, MmapAdvise::MADV_SEQUENTIAL) };
        Ok(Mapping { pages, pages_bytes, begin })
    }

    /// Lets the kernel write up to `count` bytes from the byte `begin` on to `target`.
    pub fn write_to(
        &self,
        target: Fd,
        target_offset: Option<i64>,
        begin: usize,
        count: usize,
        flags: Option<MsgFlags>,
    ) -> Result<usize, Errno> {
        let from = self.begin + begin;
        assert!(from + count <= self.pages_bytes, "{count} bytes from {from} of a mapping");
        // SAFETY: `from` is inside of the mapping.
        let bytes = unsafe { self.pages.byte_add(from) }.as_ptr().cast_const();
        // SAFETY: the kernel reads `count` bytes of the mapping, whose pages exist or are answered
        // with EFAULT.
        let written = Errno::result(unsafe {
            match (flags, target_offset) {
                (Some(flags), _) => libc::send(target.number(), bytes, count, flags.bits()),
                (None, Some(offset)) => libc::pwrite64(target.number(), bytes, count, offset),
                (None, None) => libc::write(target.number(), bytes, count),
            }
        })?;
        Ok(usize::try_from(written).expect("a count that is not an error is not negative"))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the pages were mapped by `of` with this length, and nobody else knows them.
        let unmapped = unsafe { munmap(self.pages, self.pages_bytes) };
        debug_assert_eq!(unmapped, Ok(()), "a mapping of ours can be unmapped");
    }
}
