//! A page of memory for one small read, which is not cleared first: clearing it would take longer
//! than everything else that is done for a small transfer outside of the kernel.
//!
//! # Safety
//!
//! Nobody gets bytes of the page that were not written: [`Page::read`] gives away the part that the
//! kernel has filled, and [`Page::cleared`] a part that it clears.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use nix::errno::Errno;

use super::Fd;

/// The size of a [`Page`].
pub const PAGE_BYTES: usize = 4096;

/// Memory that begins with a page, because files opened with O_DIRECT refuse other memory.
#[derive(Debug)]
#[repr(align(4096))]
pub struct Page(MaybeUninit<[u8; PAGE_BYTES]>);

impl Page {
    /// A page that may hold anything.
    #[expect(clippy::new_without_default, reason = "a default value is a defined one")]
    pub fn new() -> Page {
        Page(MaybeUninit::uninit())
    }

    /// The first `count` bytes, cleared.
    pub fn cleared(&mut self, count: usize) -> &mut [u8] {
        assert!(count <= PAGE_BYTES, "{count} bytes of a page");
        let begin = self.0.as_mut_ptr().cast::<u8>();
        // SAFETY: the page has as many bytes, and they are borrowed for writing.
        unsafe { begin.write_bytes(0, count) };
        // SAFETY: they were all written just now, and stay borrowed.
        unsafe { std::slice::from_raw_parts_mut(begin, count) }
    }

    /// `pread(source, page, offset)` of up to `count` bytes: those that were read.
    pub(super) fn read(&mut self, source: Fd, count: usize, offset: i64) -> Result<&[u8], Errno> {
        assert!(count <= PAGE_BYTES, "{count} bytes of a page");
        let begin = self.0.as_mut_ptr().cast::<u8>();
        // SAFETY: the kernel writes at most `count` bytes, which the page has.
        let read = unsafe { libc::pread64(source.number(), begin.cast(), count, offset) };
        let read = Errno::result(read)? as usize;
        // SAFETY: the kernel has written as many bytes from the first one on, and they stay borrowed.
        Ok(unsafe { std::slice::from_raw_parts(begin, read) })
    }
}
