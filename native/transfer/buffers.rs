//! A bounded pool of copy buffers, so that a copy step neither allocates nor touches fresh pages.

use std::mem::MaybeUninit;
use std::sync::Mutex;

/// Size of a buffer. Measured best for a UNIX stream with the default send buffer, and within the
/// noise of the best for TCP.
pub const COPY_BUFFER_BYTES: usize = 64 << 10;

/// Copying to and from memory that begins in the middle of a page was measured to take up to twice
/// as long as from its beginning; malloc(3) begins 16 bytes into one.
const PAGE_BYTES: usize = 4096;

/// More threads than this copying at the same moment allocate for themselves.
const POOLED_BUFFERS_MAX: usize = 16;

type Memory = Box<[MaybeUninit<u8>]>;

static FREE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

/// A buffer that goes back to the pool when it is dropped.
pub struct PooledBuffer {
    memory: Memory,
}

impl PooledBuffer {
    /// A free buffer, or a new one where there is none.
    ///
    /// The pool is only tried, never waited for: in a child after fork(2) another thread of the
    /// parent may have held its lock for good.
    pub fn take() -> PooledBuffer {
        let free = FREE.try_lock().ok().and_then(|mut free| free.pop());
        let memory = free.unwrap_or_else(|| Box::new_uninit_slice(COPY_BUFFER_BYTES + PAGE_BYTES));
        PooledBuffer { memory }
    }

    /// The page-aligned memory, of which nothing may be read before it was written.
    pub fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        let begin = self.memory.as_ptr().align_offset(PAGE_BYTES);
        &mut self.memory[begin..begin + COPY_BUFFER_BYTES]
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        if let Ok(mut free) = FREE.try_lock() {
            if free.len() < POOLED_BUFFERS_MAX {
                free.push(memory);
            }
        }
    }
}
