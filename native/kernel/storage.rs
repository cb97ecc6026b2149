//! Questions about where the bytes of a file are: in holes, in the page cache, on which device.
//!
//! # Safety
//!
//! The unsafe code makes an ioctl(2) and a preadv2(2), with memory of the sizes that they fill.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use nix::errno::Errno;

use super::linux::file_offset;
use super::{Extent, Fd};

/// `FS_IOC_FIEMAP`: `_IOWR('f', 11, struct fiemap)`, which neither libc nor nix has.
const FIEMAP: libc::Ioctl = 0xc020_660b as libc::Ioctl;

/// `struct fiemap` of linux/fiemap.h with room for one extent.
#[repr(C)]
#[derive(Default)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extent: FiemapExtent,
}

/// `struct fiemap_extent` of linux/fiemap.h.
#[repr(C)]
#[derive(Default)]
struct FiemapExtent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

/// See [`super::Kernel::extent`]. What was allocated and not written yet counts as data: there may
/// be bytes for it in the page cache.
pub fn extent(source: Fd, offset: u64, end: u64) -> Result<Extent, Errno> {
    assert!(offset < end, "nothing is stored in an empty range");
    let mut asked =
        Fiemap { start: offset, length: end - offset, extent_count: 1, ..Fiemap::default() };
    // SAFETY: the kernel fills the header and the one extent that `extent_count` promises.
    Errno::result(unsafe { libc::ioctl(source.number(), FIEMAP, &raw mut asked) })?;
    if asked.mapped_extents == 0 {
        return Ok(Extent { is_hole: true, end });
    }
    let FiemapExtent { logical, length, .. } = asked.extent;
    if logical > offset {
        return Ok(Extent { is_hole: true, end: logical.min(end) });
    }
    let behind = logical.saturating_add(length).min(end);
    // An extent that ends before it was asked for would be asked for again without end.
    if behind > offset { Ok(Extent { is_hole: false, end: behind }) } else { Err(Errno::EIO) }
}

/// See [`super::Kernel::is_cached`].
pub fn is_cached(source: Fd, offset: u64) -> Result<bool, Errno> {
    let offset = file_offset(offset)?;
    let mut byte = MaybeUninit::<u8>::uninit();
    let part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // By number, because glibc has the wrapper only since 2.26 and we run from 2.17. The kernel
    // takes the offset in two halves, of which a 64 bit one fits in the first.
    // SAFETY: the kernel writes at most one byte to `byte`.
    let count = Errno::result(unsafe {
        libc::syscall(
            libc::SYS_preadv2,
            source.number(),
            &raw const part,
            1,
            offset,
            0,
            libc::RWF_NOWAIT,
        )
    });
    match count {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// See [`super::Kernel::read_ahead_bytes`]. A partition has the queue of its disk.
pub fn read_ahead_bytes(device: u64) -> Result<u64, Errno> {
    let folder = format!("/sys/dev/block/{}:{}", libc::major(device), libc::minor(device));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}"));
    let text = read("queue/read_ahead_kb")
        .or_else(|_| read("../queue/read_ahead_kb"))
        .map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
    let kib: u64 = text.trim().parse().map_err(|_| Errno::EIO)?;
    Ok(kib.saturating_mul(1024))
}
