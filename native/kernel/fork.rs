//! Notices fork(2): what a child may not share with its parent, it must not go on using.
//!
//! # Safety
//!
//! The unsafe code maps one page that is never unmapped once others know of it, and reads a number in
//! it.
#![allow(unsafe_code)]

use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

const PAGE_BYTES: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not 0");

/// A number that is another one in a child after fork(2). It costs a load: the page that holds it is
/// emptied by the kernel in the child, see `MADV_WIPEONFORK` in madvise(2), Linux 4.14.
pub fn fork_generation() -> u64 {
    // Not in the page, so that a child goes on counting where its parent was.
    static GENERATIONS: AtomicU64 = AtomicU64::new(0);
    let Some(word) = word() else {
        return u64::from(std::process::id());
    };
    match word.load(Ordering::Relaxed) {
        0 => {
            let next = GENERATIONS.fetch_add(1, Ordering::Relaxed) + 1;
            // Another thread may have been faster: then its number counts.
            match word.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => next,
                Err(theirs) => theirs,
            }
        }
        generation => generation,
    }
}

/// The number in its page, if there is such a page. Threads that come first together map one each, and
/// none waits: in a child after fork(2) it would wait for a thread of the parent, for ever.
fn word() -> Option<&'static AtomicU64> {
    static WORD: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());
    let known = match NonNull::new(WORD.load(Ordering::Acquire)) {
        Some(known) => known,
        None => {
            let page = wiped_page()?;
            let ours = page.as_ptr();
            let null = std::ptr::null_mut();
            match WORD.compare_exchange(null, ours, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => page,
                Err(theirs) => {
                    give_back(page);
                    NonNull::new(theirs).expect("it was not null")
                }
            }
        }
    };
    // SAFETY: the page is aligned, zeroed, never unmapped, and only used through this atomic.
    Some(unsafe { known.as_ref() })
}

fn wiped_page() -> Option<NonNull<AtomicU64>> {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory that is in use.
    let page =
        unsafe { mmap_anonymous(None, PAGE_BYTES, protection, MapFlags::MAP_PRIVATE) }.ok()?;
    // SAFETY: the page is ours, and nothing in it has to outlive a fork.
    let advised = unsafe { madvise(page, PAGE_BYTES.get(), MmapAdvise::MADV_WIPEONFORK) };
    if advised.is_err() {
        give_back(page.cast());
        return None;
    }
    Some(page.cast())
}

/// Unmaps a page that nobody else knows of.
fn give_back(page: NonNull<AtomicU64>) {
    // SAFETY: it is a page of ours, to which no reference was made.
    let unmapped = unsafe { munmap(page.cast(), PAGE_BYTES.get()) };
    debug_assert_eq!(unmapped, Ok(()), "a page of our own can be unmapped");
}
