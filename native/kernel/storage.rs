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

const PAGE_BYTES: usize = 4096;

/// `FS_IOC_FIEMAP`: `_IOWR('f', 11, struct fiemap)`, which neither libc nor nix has.
const FIEMAP: libc::Ioctl = 0xc020_660b as libc::Ioctl;

/// btrfs was seen to put an extent before the one that was asked for (Linux 6.18, where something
/// was written into what was only allocated before).
const EXTENTS: usize = 4;

/// `struct fiemap` of linux/fiemap.h with room for a few extents.
#[repr(C)]
#[derive(Default)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extents: [FiemapExtent; EXTENTS],
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
    let mut asked = Fiemap {
        start: offset,
        length: end - offset,
        extent_count: EXTENTS as u32,
        ..Fiemap::default()
    };
    // SAFETY: the kernel fills the header and no more extents than `extent_count` promises.
    Errno::result(unsafe { libc::ioctl(source.number(), FIEMAP, &raw mut asked) })?;
    let extents = asked.extents.iter().take(asked.mapped_extents as usize);
    let behind = |extent: &FiemapExtent| extent.logical.saturating_add(extent.length);
    match extents.clone().find(|extent| behind(extent) > offset) {
        Some(extent) if extent.logical > offset => {
            Ok(Extent { is_hole: true, end: extent.logical.min(end) })
        }
        Some(extent) => Ok(Extent { is_hole: false, end: behind(extent).min(end) }),
        None if extents.len() == 0 => Ok(Extent { is_hole: true, end }),
        // An answer to another question. To take for data what is none is never wrong.
        None => Ok(Extent { is_hole: false, end }),
    }
}

/// `cachestat(2)`, which libc does not have: the same number on all architectures.
const CACHESTAT: libc::c_long = 451;

/// `struct cachestat_range` of linux/mman.h.
#[repr(C)]
struct CacheRange {
    offset: u64,
    length: u64,
}

/// `struct cachestat` of linux/mman.h.
#[repr(C)]
#[derive(Default)]
struct CacheState {
    cached_pages: u64,
    dirty_pages: u64,
    written_pages: u64,
    evicted_pages: u64,
    recently_evicted_pages: u64,
}

/// What cachestat(2) says of the pages that `length` bytes from `offset` on touch. It looks and changes
/// nothing; it came with Linux 6.5 and may be asked only of files that the process owns or may write
/// to.
fn cache_state(source: Fd, offset: u64, length: u64) -> Result<CacheState, Errno> {
    file_offset(offset)?;
    let range = CacheRange { offset, length };
    let mut state = CacheState::default();
    // SAFETY: the kernel reads the range and fills the state, both of the sizes that it has.
    let asked = Errno::result(unsafe {
        libc::syscall(CACHESTAT, source.number(), &raw const range, &raw mut state, 0)
    });
    asked.map(|_| state)
}

/// See [`super::Kernel::is_cached`].
pub fn is_cached(source: Fd, offset: u64) -> Result<bool, Errno> {
    match cache_state(source, offset, 1) {
        Ok(state) => Ok(state.cached_pages > 0),
        Err(_) => reads_at_once(source, offset),
    }
}

/// See [`super::Kernel::stored_pages`]. A page of tmpfs that is swapped out counts as evicted.
pub fn stored_pages(source: Fd, offset: u64, count: u64) -> Result<u64, Errno> {
    assert!(count > 0, "cachestat(2) takes 0 for everything up to the end");
    cache_state(source, offset, count).map(|state| state.cached_pages + state.evicted_pages)
}

/// See [`super::Kernel::page_bytes`]: 4 KiB, or up to 64 KiB on ARM.
pub fn page_bytes() -> u64 {
    // SAFETY: it takes a number and gives one.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes).expect("every system has pages")
}

/// Whether the byte at `offset` can be read without waiting for a device: `preadv2(RWF_NOWAIT)`.
/// Where it can't, the kernel begins to read it ahead all the same.
fn reads_at_once(source: Fd, offset: u64) -> Result<bool, Errno> {
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

/// What the offset and the count of a direct read have to be multiples of, at least a page: a file
/// system that asks for less is content with it too, and one that does not say what it asks for
/// (before Linux 6.1, and tmpfs and btrfs until today) wants no more. EINVAL where the file can't
/// be read directly.
pub fn direct_alignment_bytes(source: Fd) -> Result<usize, Errno> {
    let Some(status) = direct_status(source) else { return Ok(PAGE_BYTES) };
    let read_alignment = match status.stx_mask & libc::STATX_DIO_READ_ALIGN {
        0 => status.stx_dio_offset_align,
        _ => status.stx_dio_read_offset_align,
    };
    let memory_alignment = status.stx_dio_mem_align as usize;
    if read_alignment == 0 || memory_alignment == 0 || memory_alignment > PAGE_BYTES {
        return Err(Errno::EINVAL);
    }
    Ok((read_alignment as usize).next_power_of_two().max(PAGE_BYTES))
}

/// See [`super::Kernel::block_bytes`].
pub fn block_bytes(target: Fd) -> Result<u64, Errno> {
    match direct_status(target).map(|status| status.stx_dio_offset_align) {
        None | Some(0) => Err(Errno::EOPNOTSUPP),
        Some(bytes) => Ok(u64::from(bytes)),
    }
}

/// What statx(2) says of direct reads and writes; `None` where it says nothing.
fn direct_status(file: Fd) -> Option<libc::statx> {
    let asked = libc::STATX_DIOALIGN | libc::STATX_DIO_READ_ALIGN;
    let mut status = MaybeUninit::<libc::statx>::zeroed();
    // By number, because glibc has the wrapper only since 2.28 and we run from 2.17.
    // SAFETY: the path is a C string, and the kernel fills the structure.
    let answer = Errno::result(unsafe {
        let flags = libc::AT_EMPTY_PATH;
        let fd = file.number();
        libc::syscall(libc::SYS_statx, fd, c"".as_ptr(), flags, asked, status.as_mut_ptr())
    });
    // SAFETY: it was zeroed, which is valid for it, or filled by the kernel.
    let status = unsafe { status.assume_init() };
    (answer.is_ok() && status.stx_mask & libc::STATX_DIOALIGN != 0).then_some(status)
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
