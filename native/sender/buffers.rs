//! Page-aligned buffers for callers that can't keep memory of their own: the C face.
//!
//! The pages of a buffer that is sent are the kernel's until the completion. So a buffer that is
//! given back early is kept aside until then, and only then used again.

use std::collections::BTreeMap;

use nix::errno::Errno;

use crate::kernel::zerocopy::Pages;

/// How many bytes of free buffers are kept for the next caller.
const FREE_BYTES_MAX: usize = 4 << 20;

#[derive(Debug)]
struct Buffer {
    pages: Pages,
    /// How many messages have their memory here.
    messages: usize,
    is_held_by_caller: bool,
}

/// The buffers of one sender.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Those that somebody uses, by address.
    used: BTreeMap<usize, Buffer>,
    free: Vec<Pages>,
}

impl Buffers {
    /// A buffer of at least `bytes`, for the caller to fill.
    pub fn acquire(&mut self, bytes: usize) -> Result<*mut std::ffi::c_void, Errno> {
        let fitting = |pages: &Pages| pages.bytes() >= bytes && pages.bytes() / 2 <= bytes;
        let pages = match self.free.iter().position(fitting) {
            Some(index) => self.free.swap_remove(index),
            None => Pages::map(bytes)?,
        };
        let address = pages.address();
        let buffer = Buffer { pages, messages: 0, is_held_by_caller: true };
        let before = self.used.insert(address.addr(), buffer);
        assert!(before.is_none(), "pages are used once");
        Ok(address)
    }

    /// The caller gives a buffer back, whether its messages are complete or not. False if it is not
    /// one that the caller holds.
    pub fn release(&mut self, address: usize) -> bool {
        match self.used.get_mut(&address) {
            Some(buffer) if buffer.is_held_by_caller => {
                buffer.is_held_by_caller = false;
                self.recycle(address);
                true
            }
            _ => false,
        }
    }

    /// A message from this memory, which may be none of these buffers, was submitted.
    pub fn begin_message(&mut self, address: usize) {
        if let Some((_, buffer)) = self.containing(address) {
            buffer.messages += 1;
        }
    }

    /// A message from this memory has ended.
    pub fn end_message(&mut self, address: usize) {
        if let Some((start, buffer)) = self.containing(address) {
            buffer.messages -= 1;
            self.recycle(start);
        }
    }

    fn containing(&mut self, address: usize) -> Option<(usize, &mut Buffer)> {
        let (start, buffer) = self.used.range_mut(..=address).next_back()?;
        (address - start < buffer.pages.bytes()).then_some((*start, buffer))
    }

    fn recycle(&mut self, address: usize) {
        let buffer = &self.used[&address];
        if buffer.messages > 0 || buffer.is_held_by_caller {
            return;
        }
        let Some(Buffer { pages, .. }) = self.used.remove(&address) else { return };
        let free_bytes: usize = self.free.iter().map(Pages::bytes).sum();
        if free_bytes + pages.bytes() <= FREE_BYTES_MAX {
            self.free.push(pages);
        }
    }
}
