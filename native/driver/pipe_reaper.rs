//! Closes the pipes that lie idle in the pool of the process, without being called: large pipes
//! come out of a budget that all programs of the user share.
//!
//! It is a thread that exists only while idle pipes do. It is started by the transfer that puts the
//! first one into the pool and ends when the pool is empty. A forked child has not got it, and
//! starts its own when it needs one.
//!
//! The thread has a destructor of the standard library's, because of which dlclose(3) leaves this
//! code mapped while the thread runs: `__cxa_thread_atexit_impl` of glibc counts it for the
//! library.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{PROCESS, quiet_thread};
use crate::kernel::{Kernel, Linux};

/// No process has this generation: they are counted from 1.
const NOBODY: u64 = 0;

/// The little that it does needs no more.
const STACK_BYTES: usize = 64 << 10;

/// The generation of the process in which the thread runs. After a fork the child finds another
/// generation here than its own.
static RUNNING_IN: AtomicU64 = AtomicU64::new(NOBODY);

static IS_STOPPED: AtomicBool = AtomicBool::new(false);

/// The thread, and the generation of its process. Only tried, never waited for: in a child another
/// thread of the parent may have held it for good.
static THREAD: Mutex<Option<(u64, JoinHandle<()>)>> = Mutex::new(None);

/// Sees to it that the thread runs. To be called when a pipe was put into the pool.
///
/// Where no thread can be had, pipes idle until the pool is used again.
pub fn start() {
    let generation = Linux.fork_generation();
    let running = RUNNING_IN.load(Ordering::SeqCst);
    if running == generation || IS_STOPPED.load(Ordering::SeqCst) {
        return;
    }
    let changed =
        RUNNING_IN.compare_exchange(running, generation, Ordering::SeqCst, Ordering::SeqCst);
    if changed.is_err() {
        return;
    }
    match quiet_thread::spawn("zc-idle-pipes", STACK_BYTES, move || close_idle_pipes(generation)) {
        Ok(thread) => keep(generation, thread),
        Err(_) => RUNNING_IN.store(NOBODY, Ordering::SeqCst),
    }
}

/// Closes all idle pipes and ends the thread. No other one is started. To be called before this
/// code goes away.
pub fn stop() {
    IS_STOPPED.store(true, Ordering::SeqCst);
    PROCESS.pipes.close_all(&Linux);
    let kept = THREAD.try_lock().ok().and_then(|mut kept| kept.take());
    if let Some((generation, thread)) = kept {
        if generation == Linux.fork_generation() {
            thread.thread().unpark();
            // It does not panic, and nobody is left to tell if it did.
            let _ = thread.join();
        } else {
            std::mem::forget(thread);
        }
    }
}

fn keep(generation: u64, thread: JoinHandle<()>) {
    let Ok(mut kept) = THREAD.try_lock() else { return };
    if let Some((old_generation, old_thread)) = kept.replace((generation, thread)) {
        if old_generation != generation {
            // It was a thread of the parent's, which here is nothing that could be detached.
            std::mem::forget(old_thread);
        }
    }
}

fn close_idle_pipes(generation: u64) {
    // Ends: a pool that nobody uses is empty after 5 s, and one that is used keeps the thread.
    while !IS_STOPPED.load(Ordering::SeqCst) {
        if let Some(left_ns) = PROCESS.pipes.close_idle(&Linux) {
            thread::park_timeout(Duration::from_nanos(left_ns));
            continue;
        }
        RUNNING_IN.store(NOBODY, Ordering::SeqCst);
        // A pipe that was put in since the pool was found empty has found this thread running.
        let is_empty = PROCESS.pipes.idle_count() == 0;
        if is_empty || !goes_on(generation) {
            break;
        }
    }
    forget_own_handle();
}

/// Whether this thread is the one that goes on; a pipe that came meanwhile may have started
/// another.
fn goes_on(generation: u64) -> bool {
    let changed =
        RUNNING_IN.compare_exchange(NOBODY, generation, Ordering::SeqCst, Ordering::SeqCst);
    changed.is_ok()
}

/// A thread that nobody joins gives its memory back by itself where its handle is gone.
fn forget_own_handle() {
    let Ok(mut kept) = THREAD.try_lock() else { return };
    let is_own =
        kept.as_ref().is_some_and(|(_, kept)| kept.thread().id() == thread::current().id());
    if is_own {
        *kept = None;
    }
}
