//! Bounded pools of copy buffers, so that a copy step neither allocates nor touches fresh pages.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Copying to and from memory that begins in the middle of a page was measured to take up to twice
/// as long as from its beginning; malloc(3) begins 16 bytes into one.
const PAGE_BYTES: usize = 4096;

/// The sizes of buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BufferSize {
    /// For what one end says to another: a relay reads so much before it splices.
    Message = 16 << 10,
    /// From a file to a UNIX stream with the default send buffer 0.131 s/GB of processor time and 7.0
    /// GB/s were measured, against 0.165 and 5.9 in pieces of 64 KiB.
    Piece = 256 << 10,
    /// For what comes from a stream: a new file of ext4 took 0.55 s/GB of processor time in writes of
    /// 64 KiB, 0.24 of 1 MiB and 0.22 of 2 MiB; more is no better.
    Batch = 2 << 20,
}

impl BufferSize {
    /// The number of bytes of a [`BufferSize::Message`].
    pub const MESSAGE_BYTES: u64 = BufferSize::Message as u64;
    /// The number of bytes of a [`BufferSize::Piece`].
    pub const PIECE_BYTES: u64 = BufferSize::Piece as u64;

    /// More threads than this copying at the same moment allocate for themselves.
    const fn pooled_max(self) -> usize {
        match self {
            BufferSize::Message | BufferSize::Piece => 16,
            BufferSize::Batch => 8,
        }
    }

    /// This size, or the smaller one where there are enough large buffers.
    fn allotted(self) -> BufferSize {
        if self != BufferSize::Batch {
            return self;
        }
        let is_free = |in_use| (in_use < self.pooled_max()).then_some(in_use + 1);
        let counted = BATCHES_IN_USE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_free);
        if counted.is_ok() { self } else { BufferSize::Piece }
    }

    fn pool(self) -> &'static Mutex<Vec<Box<[u8]>>> {
        static MESSAGES: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());
        static PIECES: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());
        static BATCHES: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());
        match self {
            BufferSize::Message => &MESSAGES,
            BufferSize::Piece => &PIECES,
            BufferSize::Batch => &BATCHES,
        }
    }
}

/// How many large buffers are in use. Many transfers that sleep with one each would be much memory.
static BATCHES_IN_USE: AtomicUsize = AtomicUsize::new(0);

/// A buffer that goes back to its pool when it is dropped.
#[derive(Debug)]
pub struct PooledBuffer {
    memory: Box<[u8]>,
    size: BufferSize,
}

impl PooledBuffer {
    /// A free buffer, or a new one where there is none; a smaller one where many large ones are in
    /// use. Its content is what its last user left.
    ///
    /// The pool is only tried, never waited for: in a child after fork(2) another thread of the
    /// parent may have held its lock for good.
    pub fn take(size: BufferSize) -> PooledBuffer {
        let size = size.allotted();
        let free = size.pool().try_lock().ok().and_then(|mut free| free.pop());
        let memory = free.unwrap_or_else(|| vec![0; size as usize + PAGE_BYTES].into_boxed_slice());
        PooledBuffer { memory, size }
    }

    /// Whether it may be used where this size was asked for: a large one is not always to be had.
    pub fn serves_as(&self, size: BufferSize) -> bool {
        self.size == size || (self.size, size) == (BufferSize::Piece, BufferSize::Batch)
    }

    /// The page-aligned memory.
    pub fn bytes(&self) -> &[u8] {
        let begin = self.begin();
        &self.memory[begin..begin + self.size as usize]
    }

    /// The page-aligned memory, to be written to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let begin = self.begin();
        &mut self.memory[begin..begin + self.size as usize]
    }

    fn begin(&self) -> usize {
        self.memory.as_ptr().align_offset(PAGE_BYTES)
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        if self.size == BufferSize::Batch {
            BATCHES_IN_USE.fetch_sub(1, Ordering::Relaxed);
        }
        let memory = std::mem::take(&mut self.memory);
        if let Ok(mut free) = self.size.pool().try_lock() {
            if free.len() < self.size.pooled_max() {
                free.push(memory);
            }
        }
    }
}
