//! Notices fork(2): what a child may not share with its parent, it must not go on using.
//!
//! # Safety
//!
//! The unsafe code maps one page that is never unmapped, and reads a number in it.
#![allow(unsafe_code)]

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};

const PAGE_BYTES: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not 0");

/// A number that is another one in a child after fork(2). It costs a load: the page that holds it is
/// emptied by the kernel in the child, see `MADV_WIPEONFORK` in madvise(2), Linux 4.14.
pub fn fork_generation() -> u64 {
    static WORD: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    // Not in the page, so that a child goes on counting where its parent was.
    static GENERATIONS: AtomicU64 = AtomicU64::new(0);
    let Some(word) = WORD.get_or_init(wiped_word) else {
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

fn wiped_word() -> Option<&'static AtomicU64> {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory that is in use.
    let page =
        unsafe { mmap_anonymous(None, PAGE_BYTES, protection, MapFlags::MAP_PRIVATE) }.ok()?;
    // SAFETY: the page is ours, and nothing in it has to outlive a fork.
    unsafe { madvise(page, PAGE_BYTES.get(), MmapAdvise::MADV_WIPEONFORK) }.ok()?;
    // SAFETY: the page is aligned, zeroed, never unmapped, and only used through this atomic.
    Some(unsafe { page.cast::<AtomicU64>().as_ref() })
}
