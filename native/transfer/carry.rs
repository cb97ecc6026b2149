//! What was taken from a source that can't be rewound, and not delivered yet: in a buffer, in a
//! pipe of ours, or in both, and then those of the buffer are the older ones.

use nix::errno::Errno;

use super::buffers::{BufferSize, PooledBuffer};
use super::pipes::{DEFAULT_PIPE_BYTES, OwnPipe, PipePool};
use crate::kernel::{Fd, Kernel};

/// The bytes on their way.
#[derive(Debug, Default)]
pub struct Carry {
    buffer: Option<PooledBuffer>,
    /// The bytes of `buffer` that were not delivered.
    begin: usize,
    end: usize,
    pipe: Option<OwnPipe>,
    /// How many bytes are in `pipe`.
    in_pipe: u64,
}

impl Carry {
    /// Whether nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.begin == self.end && self.in_pipe == 0
    }

    /// How many bytes are on their way.
    pub fn len(&self) -> u64 {
        (self.end - self.begin) as u64 + self.in_pipe
    }

    /// The bytes of the buffer, which are the next ones.
    pub fn buffered(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], |buffer| &buffer.bytes()[self.begin..self.end])
    }

    /// The end to read the pipe at, and how many bytes are in it. Only where the buffer is empty.
    pub fn piped(&self) -> Option<(Fd, u64)> {
        assert!(self.buffered().is_empty(), "the bytes of the buffer are older");
        let pipe = self.pipe.as_ref().filter(|_| self.in_pipe > 0)?;
        Some((pipe.read_end, self.in_pipe))
    }

    /// An empty buffer to read into.
    pub fn buffer_to_fill(&mut self, size: BufferSize) -> &mut [u8] {
        assert!(self.begin == self.end, "the buffer has bytes in it");
        (self.begin, self.end) = (0, 0);
        self.buffer.take_if(|buffer| !buffer.serves_as(size));
        self.buffer.get_or_insert_with(|| PooledBuffer::take(size)).bytes_mut()
    }

    /// An empty pipe to fill: the end to write to, and how much it holds at most.
    pub fn pipe_to_fill<K: Kernel>(
        &mut self,
        kernel: &K,
        pool: &PipePool,
    ) -> Result<(Fd, u64), Errno> {
        assert!(self.is_empty(), "a pipe is filled only when it is empty");
        let pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None => pool.take(kernel)?,
        };
        let pipe = self.pipe.insert(pipe);
        Ok((pipe.write_end, pipe.bytes as u64))
    }

    /// The end to write to of a pipe that has the next bytes in it, and how much more it may hold; what
    /// of that has no slot is refused.
    pub fn pipe_to_top_up(&self) -> Option<(Fd, u64)> {
        let pipe = self.pipe.as_ref().filter(|_| self.in_pipe > 0 && self.buffered().is_empty())?;
        Some((pipe.write_end, (pipe.bytes as u64).saturating_sub(self.in_pipe)))
    }

    /// `count` bytes were read into the buffer.
    pub fn buffer_filled(&mut self, count: u64) {
        (self.begin, self.end) = (0, usize::try_from(count).expect("no more than the buffer has"));
        assert!(self.buffer.as_ref().is_some_and(|buffer| self.end <= buffer.bytes().len()));
    }

    /// `count` bytes were put into the pipe.
    pub fn pipe_filled(&mut self, count: u64) {
        assert!(self.pipe.is_some(), "bytes went into a pipe that is not there");
        self.in_pipe += count;
    }

    /// `count` bytes were moved from the pipe into the buffer.
    pub fn unpiped(&mut self, count: u64) {
        assert!(count <= self.in_pipe, "{count} bytes out of a pipe with {}", self.in_pipe);
        self.in_pipe -= count;
        self.buffer_filled(count);
    }

    /// `count` of the next bytes were delivered, all of them from the buffer or all from the pipe.
    pub fn delivered(&mut self, count: u64) {
        let buffered = (self.end - self.begin) as u64;
        if buffered > 0 {
            assert!(count <= buffered, "{count} bytes of a buffer with {buffered}");
            self.begin += usize::try_from(count).expect("no more than the buffer has");
        } else {
            assert!(count <= self.in_pipe, "{count} bytes of a pipe with {}", self.in_pipe);
            self.in_pipe -= count;
        }
    }

    /// Gives the pipe and the buffer back where nothing is in them: a transfer that waits needs
    /// none.
    pub fn release_empty<K: Kernel>(&mut self, kernel: &K, pool: &PipePool) {
        if self.in_pipe == 0 {
            if let Some(pipe) = self.pipe.take() {
                pool.give(kernel, pipe);
            }
        }
        if self.begin == self.end {
            self.buffer = None;
        }
    }

    /// Takes the next bytes out, as many as fit into `into`: 0 only where nothing is left.
    pub fn drain<K: Kernel>(&mut self, kernel: &K, into: &mut [u8]) -> Result<usize, Errno> {
        let buffered = self.buffered();
        let count = buffered.len().min(into.len());
        if count > 0 {
            into[..count].copy_from_slice(&buffered[..count]);
            self.begin += count;
            return Ok(count);
        }
        let Some(pipe) = self.pipe.as_ref().filter(|_| self.in_pipe > 0 && !into.is_empty()) else {
            return Ok(0);
        };
        let count = kernel.read(pipe.read_end, into)?;
        assert!(count > 0 && count as u64 <= self.in_pipe, "{count} bytes of {}", self.in_pipe);
        self.in_pipe -= count as u64;
        Ok(count)
    }

    /// Gives all of it away as a descriptor to be read to its end; `None` where nothing is left.
    pub fn give_away<K: Kernel>(
        &mut self,
        kernel: &K,
        pool: &PipePool,
    ) -> Result<Option<Fd>, Errno> {
        if self.is_empty() {
            return Ok(None);
        }
        if self.buffered().is_empty() {
            let pipe = self.pipe.take().expect("what is not in the buffer is in the pipe");
            self.in_pipe = 0;
            return Ok(Some(pool.give_away(kernel, pipe)));
        }
        let size = usize::try_from(self.len()).expect("a pipe and a buffer fit in memory");
        let mut bytes = vec![0; size];
        let mut filled = 0;
        // Ends: each turn takes bytes that are there, or leaves.
        let drained = loop {
            if filled == size {
                break Ok(());
            }
            match self.drain(kernel, &mut bytes[filled..]) {
                Ok(count) => filled += count,
                Err(Errno::EINTR) => {}
                Err(errno) => break Err(errno),
            }
        };
        let given = drained.and_then(|()| readable(kernel, &bytes));
        if given.is_err() {
            self.put_back(&bytes[..filled]);
        }
        given.map(Some)
    }

    /// Puts bytes back that were drained, before those that were not.
    fn put_back(&mut self, bytes: &[u8]) {
        assert!(self.buffered().is_empty(), "the bytes of the buffer are drained first");
        // All of them came out of one buffer, or out of one pipe, which is smaller.
        let mut buffer = PooledBuffer::take(BufferSize::Batch);
        buffer.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        self.buffer = Some(buffer);
        (self.begin, self.end) = (0, bytes.len());
    }

    /// Destroys the pipe with what is in it, or gives it back empty.
    pub fn close<K: Kernel>(&mut self, kernel: &K, pool: &PipePool) {
        if let Some(pipe) = self.pipe.take() {
            if self.in_pipe == 0 {
                pool.give(kernel, pipe);
            } else {
                pool.destroy(kernel, pipe);
            }
        }
        *self = Carry::default();
    }
}

/// A descriptor from which `bytes` can be read to their end: a pipe where they fit into one,
/// because RLIMIT_FSIZE, which may be what has stopped the transfer, is for files in memory too.
fn readable<K: Kernel>(kernel: &K, bytes: &[u8]) -> Result<Fd, Errno> {
    match filled_pipe(kernel, bytes) {
        Ok(fd) => Ok(fd),
        Err(_) => kernel.memory_file(bytes),
    }
}

fn filled_pipe<K: Kernel>(kernel: &K, bytes: &[u8]) -> Result<Fd, Errno> {
    let (read_end, write_end) = kernel.pipe()?;
    if bytes.len() > DEFAULT_PIPE_BYTES {
        // What is not granted shows below, where the pipe is full.
        let _ = kernel.set_pipe_size(write_end, bytes.len());
    }
    let mut written = 0;
    // Ends: each turn writes bytes that are there, or is a signal's, or leaves.
    let filled = loop {
        if written == bytes.len() {
            break Ok(read_end);
        }
        match kernel.write(write_end, &bytes[written..]) {
            Ok(0) => break Err(Errno::EIO),
            Ok(count) => written += count,
            Err(Errno::EINTR) => {}
            Err(errno) => break Err(errno),
        }
    };
    kernel.close(write_end);
    if filled.is_err() {
        kernel.close(read_end);
    }
    filled
}
