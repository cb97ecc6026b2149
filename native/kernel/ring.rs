//! An io_uring with room for one file, and the memory that it reads into.
//!
//! The file is opened into a fixed slot of the ring and never becomes a descriptor, because closing
//! any descriptor of a file drops every record lock that the process holds on that file: see
//! fcntl(2), "Record locking". A slot is emptied without that.
//!
//! # Safety
//!
//! From its submission to its completion a read owns the buffer it fills, and no slice of that
//! buffer exists meanwhile: [`Ring::bytes`] refuses a buffer that is lent, and the memory is
//! unmapped only when no read is under way. Neither the ring nor its memory exists in a child after
//! fork(2), so a child forgets them and touches nothing.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;

use io_uring::types::{DestinationSlot, Fixed};
use io_uring::{EnterFlags, IoUring, opcode, squeue};
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

use super::fork::fork_generation;

/// Reads that can be under way at a time. 4 of 1 MiB were measured to be as fast as the device
/// where it reads ahead 8 MiB, and 2 to 5 times as fast as sendfile where it reads ahead 128 KiB.
pub const BUFFERS: usize = 4;

/// The size of one read.
pub const BUFFER_BYTES: usize = 1 << 20;

const MEMORY_BYTES: NonZeroUsize = NonZeroUsize::new(BUFFERS * BUFFER_BYTES).expect("not 0");

const HUGE_PAGE_BYTES: usize = 2 << 20;

/// The only slot of the table of files.
const SLOT: u32 = 0;

/// The mark of what is no read; a read has the number of its buffer.
const NO_READ: u64 = BUFFERS as u64;

/// The ring, its file and its buffers.
pub struct Ring {
    uring: ManuallyDrop<IoUring>,
    memory: NonNull<u8>,
    /// The buffers that belong to the kernel, those of reads that are not submitted yet included.
    lent: [bool; BUFFERS],
    /// The process that may use it.
    generation: u64,
    /// The system calls that were made for it, those that map memory left out.
    calls: u64,
}

// SAFETY: the memory belongs to the ring alone, and a ring may be used from any thread in turn.
unsafe impl Send for Ring {}

/// The end of a read: the buffer that was lent for it, and the count, or why it failed.
pub struct Completion {
    /// The number of the buffer.
    pub buffer: usize,
    /// What read(2) would return.
    pub count: Result<usize, Errno>,
}

impl Ring {
    /// Opens the file at `path` with `flags` into the slot of a new ring.
    pub fn open(path: &CStr, flags: i32) -> Result<Ring, Errno> {
        let mut ring = Ring::new()?;
        // A kernel before 5.15 would take no notice of the slot and make a descriptor. Those that
        // know slots refuse this one, which the table does not have. With O_PATH because to close
        // such a descriptor drops no lock.
        let trial = ring.open_into(SLOT + 1, c"/", libc::O_PATH | libc::O_CLOEXEC);
        match trial {
            Err(Errno::EINVAL) => {}
            Err(errno) => return Err(errno),
            Ok(number) => {
                // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
                drop(unsafe { OwnedFd::from_raw_fd(number) });
                return Err(Errno::ENOSYS);
            }
        }
        ring.open_into(SLOT, path, flags)?;
        Ok(ring)
    }

    /// Whether this process made the ring. A child after fork(2) must not use it.
    pub fn is_ours(&self) -> bool {
        self.generation == fork_generation()
    }

    /// How many system calls were made to set it up, to submit and to wait.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Queues a read of the file from `offset` on into the bytes `part` of `buffer`, which is lent
    /// to the kernel until its completion.
    pub fn queue_read(&mut self, buffer: usize, part: Range<usize>, offset: u64) {
        assert!(self.is_ours() && !self.lent[buffer], "buffer {buffer} is not ours to lend");
        assert!(part.start < part.end && part.end <= BUFFER_BYTES, "{part:?} of a buffer");
        let count = u32::try_from(part.len()).expect("a buffer is shorter than 4 GiB");
        // SAFETY: the place is inside of the mapped memory, as just asserted.
        let place = unsafe { self.memory.add(buffer * BUFFER_BYTES + part.start) };
        let read = opcode::Read::new(Fixed(SLOT), place.as_ptr(), count).offset(offset).build();
        self.lent[buffer] = true;
        // SAFETY: the memory is ours, stays mapped until the completion, and nobody looks at it.
        unsafe { self.push(&read.user_data(buffer as u64)) };
    }

    /// Submits what is queued, if anything is.
    pub fn submit(&mut self) -> Result<(), Errno> {
        assert!(self.is_ours(), "the ring of another process");
        if self.uring.submission().is_empty() {
            return Ok(());
        }
        self.calls += 1;
        self.uring.submit().map(drop).map_err(errno_of)
    }

    /// Submits what is queued and waits for a completion. EINTR where a signal came first; then
    /// nothing is lost, and what could not be submitted stays queued.
    pub fn submit_and_wait(&mut self) -> Result<(), Errno> {
        assert!(self.is_ours(), "the ring of another process");
        self.calls += 1;
        self.uring.submit_and_wait(1).map(drop).map_err(errno_of)
    }

    /// The next read that has ended, whose buffer is ours again.
    pub fn completion(&mut self) -> Option<Completion> {
        let entry = self.uring.completion().next()?;
        let buffer = usize::try_from(entry.user_data()).expect("the number of a buffer");
        assert!(self.lent[buffer], "a read of buffer {buffer} ended twice");
        self.lent[buffer] = false;
        Some(Completion { buffer, count: count_of(entry.result()) })
    }

    /// The bytes `part` of `buffer`, which reads have filled.
    pub fn bytes(&self, buffer: usize, part: Range<usize>) -> &[u8] {
        assert!(self.is_ours() && !self.lent[buffer], "buffer {buffer} is the kernel's");
        assert!(part.start <= part.end && part.end <= BUFFER_BYTES, "{part:?} of a buffer");
        // SAFETY: inside of the mapped memory, which was zeroed or written by the kernel, and which
        // nobody writes while `self` is borrowed: to lend the buffer takes `&mut self`.
        unsafe {
            let begin = self.memory.add(buffer * BUFFER_BYTES + part.start);
            std::slice::from_raw_parts(begin.as_ptr(), part.len())
        }
    }

    fn new() -> Result<Ring, Errno> {
        let entries = u32::try_from(BUFFERS).expect("a small number");
        let uring = IoUring::builder().dontfork().build(entries).map_err(errno_of)?;
        uring.submitter().register_files(&[-1]).map_err(errno_of)?;
        let memory = map_memory()?;
        let generation = fork_generation();
        Ok(Ring {
            uring: ManuallyDrop::new(uring),
            memory,
            lent: [false; BUFFERS],
            generation,
            // io_uring_setup(2) and io_uring_register(2).
            calls: 2,
        })
    }

    /// openat(2) into `slot`, waited for: 0, or the number of a descriptor where the kernel does
    /// not know slots.
    fn open_into(&mut self, slot: u32, path: &CStr, flags: i32) -> Result<i32, Errno> {
        let slot = DestinationSlot::try_from_slot_target(slot).map_err(|_| Errno::EINVAL)?;
        let here = io_uring::types::Fd(libc::AT_FDCWD);
        let open = opcode::OpenAt::new(here, path.as_ptr()).file_index(Some(slot)).flags(flags);
        // SAFETY: `path` outlives the request: what is not submitted here is never submitted.
        unsafe { self.push(&open.build().user_data(NO_READ)) };
        self.answer()
    }

    /// Waits for the answer to what is no read.
    fn answer(&mut self) -> Result<i32, Errno> {
        // Ends: opening and closing a file does, and only signals come in between.
        loop {
            if let Some(entry) = self.uring.completion().next() {
                assert!(entry.user_data() == NO_READ, "no read is under way");
                return match entry.result() {
                    // A signal came before it was begun, so it was given up.
                    result if result == -libc::ECANCELED => Err(Errno::EINTR),
                    result if result < 0 => Err(errno_from(result)),
                    result => Ok(result),
                };
            }
            match self.submit_and_wait() {
                Ok(()) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    fn close_slot(&mut self) -> Result<i32, Errno> {
        // SAFETY: it points to nothing.
        unsafe { self.push(&opcode::Close::new(Fixed(SLOT)).build().user_data(NO_READ)) };
        self.answer()
    }

    /// # Safety
    ///
    /// What the entry points to has to stay valid until its completion.
    unsafe fn push(&mut self, entry: &squeue::Entry) {
        // SAFETY: as the caller promises.
        let pushed = unsafe { self.uring.submission().push(entry) };
        assert!(pushed.is_ok(), "there is an entry for each buffer");
    }

    /// Waits for the reads that the kernel works on. `false` where that can't be known.
    fn settle(&mut self) -> bool {
        // Ends: each turn waits for one of at most `BUFFERS` reads, or a signal came.
        loop {
            while self.completion().is_some() {}
            let lent = self.lent.iter().filter(|lent| **lent).count();
            // What is only queued has not come to the kernel, and never will.
            if lent <= self.uring.submission().len() {
                return true;
            }
            let wait = EnterFlags::GETEVENTS.bits();
            // SAFETY: it submits nothing and passes no pointer.
            let waited =
                unsafe { self.uring.submitter().enter::<libc::sigset_t>(0, 1, wait, None) };
            match waited.map_err(errno_of) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return false,
            }
        }
    }
}

impl Drop for Ring {
    /// Waits for the reads that are under way: until then the memory is the kernel's.
    fn drop(&mut self) {
        // In a child the addresses may belong to others by now, and so may the number of the
        // descriptor. Where the kernel does not say whether a read has ended, its memory has to
        // stay.
        if !self.is_ours() || !self.settle() {
            return;
        }
        // Closing the ring would take the file out of its slot too, but some time later. It has to
        // serve where this can't be asked for, or would submit what is only queued.
        if self.uring.submission().is_empty() {
            let _ = self.close_slot();
        }
        // SAFETY: it is dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.uring) };
        // SAFETY: mapped by `map_memory`; no read is under way and no slice outlives the ring.
        unsafe { unmap(self.memory.cast(), MEMORY_BYTES.get()) };
    }
}

/// Memory in huge pages where there are any. A read of 1 MiB has 256 pieces in small ones: a virtio
/// disk was measured at 1.2 GB/s and 65 µs of CPU time a MiB with them, at 4.3 GB/s and 10 µs
/// without. Opening and dropping take 0.1 ms then instead of 1 ms, too little for a pool.
///
/// It is not passed on to a child, as open(2) asks for where direct I/O and fork(2) meet.
fn map_memory() -> Result<NonNull<u8>, Errno> {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let room = NonZeroUsize::new(MEMORY_BYTES.get() + HUGE_PAGE_BYTES).ok_or(Errno::EINVAL)?;
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory that is in use.
    let pages = unsafe { mmap_anonymous(None, room, protection, MapFlags::MAP_PRIVATE) }?;
    // Only kernels from 6.7 on begin a mapping of this size at a huge page.
    let before = pages.as_ptr().addr().next_multiple_of(HUGE_PAGE_BYTES) - pages.as_ptr().addr();
    // SAFETY: both are inside of what was just mapped: `before` is less than a huge page.
    let (memory, behind) =
        unsafe { (pages.byte_add(before), pages.byte_add(before + MEMORY_BYTES.get())) };
    // SAFETY: nobody knows these pages yet, and they do not overlap with `memory`.
    unsafe {
        unmap(pages, before);
        unmap(behind, HUGE_PAGE_BYTES - before);
    }
    // SAFETY: the memory is ours.
    let advised = unsafe {
        // Where there are no huge pages small ones serve.
        let _ = madvise(memory, MEMORY_BYTES.get(), MmapAdvise::MADV_HUGEPAGE);
        madvise(memory, MEMORY_BYTES.get(), MmapAdvise::MADV_DONTFORK)
    };
    if let Err(errno) = advised {
        // SAFETY: nobody knows the memory yet.
        unsafe { unmap(memory, MEMORY_BYTES.get()) };
        return Err(errno);
    }
    Ok(memory.cast())
}

/// # Safety
///
/// The memory has to be mapped, and nobody may use it any more: no slice, no read under way.
unsafe fn unmap(memory: NonNull<std::ffi::c_void>, bytes: usize) {
    if bytes > 0 {
        // SAFETY: as the caller promises.
        let unmapped = unsafe { munmap(memory, bytes) };
        debug_assert_eq!(unmapped, Ok(()), "memory of ours can be unmapped");
    }
}

/// The result of a completion: a count, or an errno with its sign turned.
fn count_of(result: i32) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| errno_from(result))
}

fn errno_from(result: i32) -> Errno {
    Errno::from_raw(result.saturating_neg())
}

/// EAGAIN of io_uring_enter(2) means that there was no memory, and not that one should wait.
fn errno_of(error: std::io::Error) -> Errno {
    match error.raw_os_error() {
        Some(libc::EAGAIN) => Errno::ENOMEM,
        number => number.map_or(Errno::EIO, Errno::from_raw),
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("lent", &self.lent).finish_non_exhaustive()
    }
}
