//! The relay engine: a few threads that move bytes between very many pairs of sockets.
//!
//! A relay joins two connected stream sockets: what comes from the one goes to the other, in both
//! directions, until both have ended. Each thread waits by epoll(7) for all of its sockets, and lets
//! the relays that are ready take turns. A relay that rests holds two descriptors and less than 1 KiB:
//! a pipe is borrowed for as long as bytes are in it.
//!
//! | file | what it has |
//! |---|---|
//! | `mod.rs` | the engine: starting and closing relays, from any thread |
//! | `worker.rs` | a thread: events and commands |
//! | `relays.rs` | the relays of a thread: turns and deadlines |
//! | `relay.rs` | one relay: both directions, and how it ends |
//! | `flow.rs` | one direction: which mechanism, and what its answers mean |
//! | `books.rs` | what one direction has done, by which mechanism |
//! | `relay_socket.rs` | one socket, and what is known of its readiness |
//! | `completions.rs` | the outcomes, on their way to those who wait for them |

mod books;
mod completions;
mod flow;
mod relay;
mod relays;

mod relay_socket;
mod worker;

use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use books::Books;
use completions::Known;
pub use completions::{Completions, Sink};
pub use flow::FlowEnd;
use nix::errno::Errno;
use nix::sys::pthread::{Pthread, pthread_self};
pub use relay::{Counters, Outcome, Relay, RelayOptions};
pub use relays::{Finished, Relays, Token};
use worker::{Command, Mailbox, Worker};

use super::quiet_thread;
use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Linux, SocketKind, socket};
use crate::mechanism::Mechanism;
use crate::transfer::Process;

/// What a relay moves each way before it is the turn of another one.
pub const TURN_BYTES: u64 = 2 << 20;

/// More threads than this are taken for a mistake.
pub const THREADS_MAX: usize = 256;

/// The mechanisms that move bytes from socket to socket.
const SERVING: [Mechanism; 2] = [Mechanism::Splice, Mechanism::Copy];

/// The events of one wait and what the kernel door needs are a few KiB.
const STACK_BYTES: usize = 256 << 10;

/// The threads, and the relays that were started and whose outcome was not taken.
#[derive(Debug)]
pub struct RelayEngine {
    workers: Vec<Thread>,
    completions: Arc<Completions>,
    last_id: AtomicU64,
    generation: u64,
}

#[derive(Debug)]
struct Thread {
    mailbox: Arc<Mailbox>,
    number: Pthread,
    /// Until somebody joins it.
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl RelayEngine {
    /// An engine with so many threads, at least 1, that have nothing to do yet.
    ///
    /// EMFILE and EAGAIN are the usual failures: no descriptor, or no thread, is to be had.
    pub fn start(
        process: &'static Process,
        threads: usize,
        turn_bytes: u64,
        sink: Sink,
    ) -> Result<RelayEngine, Error> {
        if threads == 0 || threads > THREADS_MAX {
            return Err(Error::InvalidArgument("an engine has 1 to 256 threads"));
        }
        if turn_bytes == 0 {
            return Err(Error::InvalidArgument("a turn moves at least a byte"));
        }
        process.pipes.serve_relays();
        let completions = Completions::new(sink).map_err(alarm_failed)?;
        let mut engine = RelayEngine {
            workers: Vec::with_capacity(threads),
            completions: Arc::new(completions),
            last_id: AtomicU64::new(0),
            generation: Linux.fork_generation(),
        };
        for _ in 0..threads {
            // What was started before is stopped where this fails: by dropping the engine.
            let mailbox = Arc::new(Mailbox::new().map_err(alarm_failed)?);
            let completions = Arc::clone(&engine.completions);
            let worker = Worker::new(process, Arc::clone(&mailbox), completions, turn_bytes)?;
            let handle = quiet_thread::spawn("zc-relays", STACK_BYTES, move || worker.run())
                .map_err(|errno| Error::looking(errno, Call::PthreadCreate))?;
            let number = handle.as_pthread_t();
            engine.workers.push(Thread { mailbox, number, handle: Mutex::new(Some(handle)) });
        }
        Ok(engine)
    }

    /// Starts a relay between two connected stream sockets, on the thread that has the fewest. Returns
    /// its number, which no other relay of this engine ever has.
    ///
    /// From here on the engine owns both descriptors, and nobody else may use them. They are put into
    /// non-blocking mode. Where it fails they are the caller's as before.
    pub fn relay(&self, sockets: [Fd; 2], options: RelayOptions) -> Result<u64, Error> {
        for fd in sockets {
            kind_of(fd)?;
            match socket::is_connected(fd) {
                Ok(true) => {}
                Ok(false) => return Err(Error::looking(Errno::ENOTCONN, Call::Getpeername)),
                Err(errno) => return Err(Error::looking(errno, Call::Getpeername)),
            }
        }
        self.relay_connected(sockets, options)
    }

    /// As [`RelayEngine::relay`], for sockets that were connected once, as the caller knows: where one
    /// was reset since then, the relay begins and ends with that.
    pub fn relay_connected(&self, sockets: [Fd; 2], options: RelayOptions) -> Result<u64, Error> {
        self.refuse_in_child()?;
        let [a, b] = sockets;
        if a == b {
            return Err(Error::InvalidArgument("a relay joins two sockets, not one with itself"));
        }
        if !SERVING.into_iter().any(|mechanism| options.allowed.contains(mechanism)) {
            return Err(Error::Unsupported("a relay needs splice or copy, and may use neither"));
        }
        let ends = [(a, kind_of(a)?), (b, kind_of(b)?)];
        let were_non_blocking = [make_non_blocking(a)?, make_non_blocking(b)?];
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let counters = Arc::<Counters>::default();
        let relay = Relay::new(id, ends, options, Arc::clone(&counters), Linux.now_ns());
        let loads = self.workers.iter().map(|thread| thread.mailbox.relay_count());
        let (worker, _) = loads.enumerate().min_by_key(|(_, load)| *load).expect("a thread");
        self.completions.begin(id, Known { worker, counters });
        if self.workers[worker].mailbox.put(Command::Add(Box::new(relay))) {
            return Ok(id);
        }
        self.completions.forget(id);
        for (fd, was_non_blocking) in sockets.into_iter().zip(were_non_blocking) {
            // It was changed a moment ago, so that nothing speaks against changing it back.
            let _ = socket::set_non_blocking(fd, was_non_blocking);
        }
        Err(Error::Unsupported("the engine is closed"))
    }

    /// Ends a relay at once; what was not delivered is lost. Its outcome comes like that of any other.
    /// One that is over already is left.
    pub fn close_relay(&self, id: u64) {
        if let Some(known) = self.completions.known(id) {
            self.workers[known.worker].mailbox.put(Command::Close(id));
        }
    }

    /// How many bytes were delivered each way until now; `None` once the outcome was taken.
    pub fn delivered(&self, id: u64) -> Option<[u64; 2]> {
        self.completions.known(id).map(|known| known.counters.delivered())
    }

    /// What to wait for, and where outcomes come from where they go to a queue.
    pub fn completions(&self) -> &Completions {
        &self.completions
    }

    /// Ends all relays and all threads, and waits for that, which a thread of the engine's must not do.
    /// Their outcomes come before it returns. What is started meanwhile is refused.
    pub fn stop(&self) {
        if self.refuse_in_child().is_err() {
            return;
        }
        for thread in &self.workers {
            thread.mailbox.put(Command::Stop);
        }
        for thread in &self.workers {
            if let Some(handle) = thread.take_handle() {
                // A thread that has panicked has nothing left to wait for.
                let _ = handle.join();
            }
        }
    }

    /// Whether the calling thread is one of this engine's, which must not wait for itself.
    pub fn is_on_own_thread(&self) -> bool {
        let own_number = pthread_self();
        self.workers.iter().any(|worker| worker.number == own_number)
    }

    /// Fails in a child after fork(2): the threads are not there, and locks may be held for ever.
    pub fn refuse_in_child(&self) -> Result<(), Error> {
        if self.generation == Linux.fork_generation() {
            return Ok(());
        }
        Err(Error::Unsupported("the engine belongs to the process that has forked this one"))
    }
}

impl Drop for RelayEngine {
    fn drop(&mut self) {
        self.stop();
        if self.generation != Linux.fork_generation() {
            for thread in &self.workers {
                // It was a thread of the parent's, which here is nothing that could be detached.
                std::mem::forget(thread.take_handle());
            }
        }
    }
}

impl Thread {
    fn take_handle(&self) -> Option<JoinHandle<()>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn make_non_blocking(fd: Fd) -> Result<bool, Error> {
    let changed = socket::set_non_blocking(fd, true);
    changed.map_err(|errno| Error::looking(errno, Call::Fcntl))
}

fn alarm_failed(errno: Errno) -> Error {
    Error::looking(errno, Call::Eventfd)
}

/// What kind of socket it is, where it is a stream.
fn kind_of(fd: Fd) -> Result<SocketKind, Error> {
    let kind = Linux.socket_kind(fd).map_err(|errno| Error::looking(errno, Call::Getsockopt))?;
    if kind == SocketKind::Datagram {
        return Err(Error::Unsupported("a relay joins stream sockets"));
    }
    Ok(kind)
}
