//! A bounded pool of pipes. Making one and growing it costs 11 µs, more than a small transfer.
//!
//! Large pipes are counted for the whole user: 64 of 1 MiB are the default budget of pipe(7), after
//! which every new pipe of the user, in whatever process, has two pages. So a process holds few.

use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;

use crate::kernel::{Fd, Kernel};

/// What a pipe of ours is grown to: `fs.pipe-max-size` as it is shipped. Measured from a socket to
/// a file, 1 MiB is twice as fast as 64 KiB.
pub const PIPE_BYTES: usize = 1 << 20;

/// What pipe2(2) makes, where the budget allows it.
pub const DEFAULT_PIPE_BYTES: usize = 64 << 10;

/// How many large pipes this process has at most, in use or not.
const LARGE_PIPES_MAX: usize = 8;

/// And so many where relays run: half of the budget of a user. Each relay whose reader is slower than its
/// writer keeps one, and of those that find none left each MiB takes four times the system calls.
pub const RELAY_LARGE_PIPES_MAX: usize = 32;

/// How many pipes lie in the pool at most. A small one is worth keeping too.
const IDLE_PIPES_MAX: usize = 64;

/// How long a pipe lies in the pool unused before it is closed.
pub const IDLE_NS_MAX: u64 = 5_000_000_000;

/// When to look again at a pool that somebody else is just looking at.
const IN_USE_NS: u64 = 100_000_000;

/// An empty pipe, or one with the bytes of one transfer in it.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnPipe {
    /// Where bytes come out.
    pub read_end: Fd,
    /// Where bytes go in.
    pub write_end: Fd,
    /// What it holds at most, as read back from the kernel: pages, which need not be full.
    pub bytes: usize,
    generation: u64,
}

/// The free pipes of the process.
#[derive(Debug, Default)]
pub struct PipePool {
    state: Mutex<State>,
    /// Called when a pipe was put in, so that somebody sees to it that idle ones are closed.
    on_idle: Option<fn()>,
}

#[derive(Debug)]
struct State {
    free: Vec<Idle>,
    large_count: usize,
    large_max: usize,
    generation: u64,
}

#[derive(Debug)]
struct Idle {
    pipe: OwnPipe,
    since_ns: u64,
}

impl PipePool {
    /// An empty pool, in which pipes idle until it is used again.
    pub const fn new() -> PipePool {
        PipePool { state: Mutex::new(State::new()), on_idle: None }
    }

    /// An empty pool that calls `on_idle` whenever a pipe was put in.
    pub const fn watched(on_idle: fn()) -> PipePool {
        PipePool { state: Mutex::new(State::new()), on_idle: Some(on_idle) }
    }

    /// An empty pipe: the free large one that was used last, or a new one, large while there are few, or
    /// else any that is free.
    ///
    /// The pool is only tried, never waited for: in a child after fork(2) another thread of the
    /// parent may have held its lock for good.
    pub fn take<K: Kernel>(&self, kernel: &K) -> Result<OwnPipe, Errno> {
        let generation = kernel.fork_generation();
        let mut is_large_allowed = false;
        if let Ok(mut state) = self.state.try_lock() {
            state.forget_after_fork(kernel, generation);
            state.close_idle(kernel);
            if let Some(pipe) = state.take_free() {
                return Ok(pipe);
            }
            is_large_allowed = state.may_make_large();
            state.large_count += usize::from(is_large_allowed);
        }
        let made = make(kernel, is_large_allowed, generation);
        let is_large = made.as_ref().is_ok_and(OwnPipe::is_large);
        if is_large_allowed && !is_large {
            self.count_large_out(generation);
        }
        made
    }

    /// From now on the process may have as many as [`RELAY_LARGE_PIPES_MAX`] large pipes.
    pub fn serve_relays(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.large_max = RELAY_LARGE_PIPES_MAX;
    }

    /// Takes a pipe back that is empty.
    pub fn give<K: Kernel>(&self, kernel: &K, pipe: OwnPipe) {
        match self.keep(kernel, pipe) {
            Ok(()) => {
                if let Some(on_idle) = self.on_idle {
                    on_idle();
                }
            }
            Err(pipe) => self.destroy(kernel, pipe),
        }
    }

    fn keep<K: Kernel>(&self, kernel: &K, pipe: OwnPipe) -> Result<(), OwnPipe> {
        if pipe.generation != kernel.fork_generation() {
            return Err(pipe);
        }
        let Ok(mut state) = self.state.try_lock() else { return Err(pipe) };
        if state.generation != pipe.generation || state.free.len() >= IDLE_PIPES_MAX {
            return Err(pipe);
        }
        state.free.push(Idle { pipe, since_ns: kernel.now_ns() });
        state.close_idle(kernel);
        Ok(())
    }

    /// Closes a pipe that may have bytes in it: nobody else may ever see them.
    pub fn destroy<K: Kernel>(&self, kernel: &K, pipe: OwnPipe) {
        kernel.close(pipe.write_end);
        self.forget(kernel, &pipe);
        kernel.close(pipe.read_end);
    }

    /// Gives the read end away with the bytes that are in it, and closes the other one, so that
    /// they are followed by the end of the stream. The pipe is the caller's from now on.
    pub fn give_away<K: Kernel>(&self, kernel: &K, pipe: OwnPipe) -> Fd {
        kernel.close(pipe.write_end);
        self.forget(kernel, &pipe);
        pipe.read_end
    }

    /// Closes the pipes that have lain unused for [`IDLE_NS_MAX`]. Returns after how many
    /// nanoseconds that has to be done again, which is `None` where no pipe is left.
    pub fn close_idle<K: Kernel>(&self, kernel: &K) -> Option<u64> {
        let Ok(mut state) = self.state.try_lock() else { return Some(IN_USE_NS) };
        state.forget_after_fork(kernel, kernel.fork_generation());
        state.close_idle(kernel);
        let oldest = state.free.first()?;
        let age_ns = kernel.now_ns().saturating_sub(oldest.since_ns);
        Some(IDLE_NS_MAX.saturating_sub(age_ns))
    }

    /// Closes all pipes that lie in the pool.
    pub fn close_all<K: Kernel>(&self, kernel: &K) {
        if let Ok(mut state) = self.state.try_lock() {
            state.close_first(kernel, usize::MAX);
        }
    }

    /// How many pipes lie in the pool.
    pub fn idle_count(&self) -> usize {
        self.state.try_lock().map_or(0, |state| state.free.len())
    }

    fn forget<K: Kernel>(&self, kernel: &K, pipe: &OwnPipe) {
        if pipe.is_large() && pipe.generation == kernel.fork_generation() {
            self.count_large_out(pipe.generation);
        }
    }

    fn count_large_out(&self, generation: u64) {
        // Where the lock can't be had one large pipe fewer is made from now on, which is harmless.
        if let Ok(mut state) = self.state.try_lock() {
            if state.generation == generation {
                state.large_count = state.large_count.saturating_sub(1);
            }
        }
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl State {
    const fn new() -> State {
        State { free: Vec::new(), large_count: 0, large_max: LARGE_PIPES_MAX, generation: 0 }
    }

    /// A free pipe: a large one, or any where no large one may be made.
    fn take_free(&mut self) -> Option<OwnPipe> {
        let large = self.free.iter().rposition(|idle| idle.pipe.is_large());
        let index = match large {
            Some(index) => index,
            None if self.may_make_large() => return None,
            None => self.free.len().checked_sub(1)?,
        };
        Some(self.free.remove(index).pipe)
    }

    fn may_make_large(&self) -> bool {
        self.large_count < self.large_max
    }

    /// A child after fork(2) has its parent's pipes too. Bytes that it put in one would come out at
    /// the parent's, so it closes them and begins anew.
    fn forget_after_fork<K: Kernel>(&mut self, kernel: &K, generation: u64) {
        if self.generation == generation {
            return;
        }
        for Idle { pipe, .. } in self.free.drain(..) {
            kernel.close(pipe.write_end);
            kernel.close(pipe.read_end);
        }
        self.large_count = 0;
        self.generation = generation;
    }

    fn close_idle<K: Kernel>(&mut self, kernel: &K) {
        if self.free.is_empty() {
            return;
        }
        let now_ns = kernel.now_ns();
        // The last one given is the first one taken, so those that lie longest are at the front.
        let is_fresh = |idle: &Idle| now_ns.saturating_sub(idle.since_ns) < IDLE_NS_MAX;
        let idle_count = self.free.iter().position(is_fresh).unwrap_or(self.free.len());
        self.close_first(kernel, idle_count);
    }

    fn close_first<K: Kernel>(&mut self, kernel: &K, count: usize) {
        let count = count.min(self.free.len());
        for Idle { pipe, .. } in self.free.drain(..count) {
            kernel.close(pipe.write_end);
            kernel.close(pipe.read_end);
            self.large_count = self.large_count.saturating_sub(usize::from(pipe.is_large()));
        }
    }
}

impl OwnPipe {
    fn is_large(&self) -> bool {
        self.bytes > DEFAULT_PIPE_BYTES
    }
}

fn make<K: Kernel>(kernel: &K, is_large: bool, generation: u64) -> Result<OwnPipe, Errno> {
    let (read_end, write_end) = kernel.pipe()?;
    let mut bytes = DEFAULT_PIPE_BYTES;
    if is_large {
        // EPERM is usual for users whose budget is used up: the pipe serves as it is.
        bytes = kernel.set_pipe_size(write_end, PIPE_BYTES).unwrap_or(DEFAULT_PIPE_BYTES);
    }
    Ok(OwnPipe { read_end, write_end, bytes, generation })
}
