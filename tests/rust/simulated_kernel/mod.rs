//! A kernel in memory, for the tests of everything above [`Kernel`].
//!
//! It has files, streams, datagram sockets and pipes, and answers as Linux does; `simulation.rs`
//! holds it against the running Linux. On top of that each call may meet one [`Whim`] of a schedule:
//! a short count, any error, a source that shrinks or grows, a peer that sends, drains or goes away.
//! All calls are recorded, so that a test can say what was asked and not only what came of it.
//!
//! A call that would sleep lets the peer act, and so much simulated time passes. Where the peer never
//! acts by itself it would sleep for ever, and the simulation panics.
#![allow(dead_code, unused_imports, reason = "each test crate uses its part of the simulation")]

mod calls;
mod datagrams;
mod feeder;
mod files;
mod memory;
mod moves;
mod objects;
mod patience;
mod pipes;
mod reads_and_writes;
mod sockets;
mod state;
mod storage;
mod streams;
mod whim;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

pub use datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
pub use feeder::{Feed, Feeder};
pub use files::{Device, File, pattern};
pub use memory::{SimulatedDirectFile, SimulatedMapping};
use nix::errno::Errno;
pub use objects::Object;
pub use pipes::{Pipe, SLOTS};
use state::State;
pub use state::{Mode, Name, PipeSlots, Record};
pub use streams::{HeldBack, Stream};
pub use whim::{Whim, refusals, schedules};
use zerocopy_nio::kernel::{Fd, Kernel};

/// `MAX_RW_COUNT` of Linux: what a single call moves at most.
const CALL_BYTES_MAX: usize = 0x7fff_f000;

pub const PAGE_BYTES: usize = 4096;

/// What descriptors with O_DIRECT count in.
const SECTOR_BYTES: u64 = 512;

/// Far more than a schedule of whims can bring about.
const REFUSED_IN_A_ROW_MAX: usize = 1000;

/// So much time passes in a call that does not sleep, or in a look at the clock.
const CALL_NS: u64 = 250;

/// The simulated kernel.
#[derive(Debug, Default)]
pub struct SimulatedKernel {
    state: RefCell<State>,
    /// How many mappings there are, and how many direct files.
    mapped: Rc<Cell<usize>>,
    live: Rc<Cell<usize>>,
    fork_generation: Cell<u64>,
}

impl SimulatedKernel {
    pub fn new() -> SimulatedKernel {
        SimulatedKernel::default()
    }

    pub fn add(&self, object: Object, mode: Mode) -> Fd {
        self.state.borrow_mut().add(object, mode)
    }

    /// Another descriptor of what `fd` refers to, as by opening it again.
    pub fn open_again(&self, fd: Fd, mode: Mode) -> Fd {
        let mut state = self.state.borrow_mut();
        let object = state.descriptors[&fd.number()].object;
        state.open(object, mode)
    }

    pub fn change_mode(&self, fd: Fd, change: impl FnOnce(Mode) -> Mode) {
        let mut state = self.state.borrow_mut();
        let descriptor = state.descriptors.get_mut(&fd.number()).expect("it is open");
        descriptor.mode = change(descriptor.mode);
    }

    /// The calls from now on meet these whims, one each.
    pub fn set_whims(&self, whims: &[Whim]) {
        self.state.borrow_mut().whims = whims.iter().copied().collect();
    }

    pub fn whims_left(&self) -> usize {
        self.state.borrow().whims.len()
    }

    /// Every call of this name is answered with an error, as by a seccomp filter.
    pub fn refuse(&self, name: Name, errno: Option<Errno>) {
        let refusals = &mut self.state.borrow_mut().refusals;
        match errno {
            Some(errno) => refusals.insert(name, errno),
            None => refusals.remove(&name),
        };
    }

    /// The calls of this name meet no whims.
    pub fn spare(&self, name: Name) {
        self.state.borrow_mut().spared.insert(name);
    }

    /// Panics at the first call behind so many.
    pub fn limit_calls(&self, calls_max: usize) {
        self.state.borrow_mut().calls_max = Some(calls_max);
    }

    /// How many pages the pipes of `pipe` have, and up to how many they may grow.
    pub fn set_pipe_slots(&self, pipe_slots: PipeSlots) {
        self.state.borrow_mut().pipe_slots = pipe_slots;
    }

    /// From now on the process is a child of the one it was.
    pub fn fork(&self) {
        self.fork_generation.set(self.fork_generation.get() + 1);
    }

    /// Whims truncate and grow the file `source` or let its other end send, and move the reader at
    /// the other end of `target`.
    pub fn expose(&self, source: Fd, target: Fd) {
        let mut state = self.state.borrow_mut();
        let object = state.descriptors[&source.number()].object;
        let size = match &*state.object(object) {
            Object::File(file) => Some(file.size()),
            _ => None,
        };
        state.restless = size.map(|size| (object, size));
        state.written_to = Some(object);
        state.read_from = Some(state.descriptors[&target.number()].object);
    }

    /// The smallest size that the exposed source has had.
    pub fn smallest_source(&self) -> u64 {
        self.state.borrow().restless.expect("a file is exposed").1
    }

    /// The position of `fd`, looked at without a call.
    pub fn position_of(&self, fd: Fd) -> u64 {
        self.state.borrow().descriptors[&fd.number()].position as u64
    }

    pub fn set_position_of(&self, fd: Fd, position: u64) {
        self.state.borrow_mut().set_position(fd, position as usize);
    }

    /// Lets time pass.
    pub fn advance_clock(&self, ns: u64) {
        self.state.borrow_mut().clock_ns += ns;
    }

    pub fn descriptors(&self) -> Vec<Fd> {
        self.state.borrow().descriptors.keys().filter_map(|number| Fd::new(*number)).collect()
    }

    pub fn records(&self) -> Vec<Record> {
        self.state.borrow().records.clone()
    }

    /// Looks at the calls from the `from`th on.
    pub fn with_records<T>(&self, from: usize, look: impl FnOnce(&[Record]) -> T) -> T {
        look(&self.state.borrow().records[from..])
    }

    pub fn record_count(&self) -> usize {
        self.state.borrow().records.len()
    }

    pub fn open_descriptors(&self) -> usize {
        self.state.borrow().descriptors.len()
    }

    /// How many mappings and direct files were not dropped yet.
    pub fn live_memory(&self) -> usize {
        self.mapped.get() + self.live.get()
    }

    /// Looks at, or changes, what `fd` refers to.
    pub fn with_object<T>(&self, fd: Fd, act: impl FnOnce(&mut Object) -> T) -> T {
        let state = self.state.borrow();
        let object = state.descriptors[&fd.number()].object;
        let mut object = state.object(object);
        act(&mut object)
    }

    /// Meets a whim, makes the call, and records it.
    fn call(
        &self,
        name: Name,
        (fd, source): (Option<Fd>, Option<Fd>),
        (offset, count): (u64, u64),
        act: impl FnOnce(&mut State, usize) -> Result<u64, Errno>,
    ) -> Result<u64, Errno> {
        let mut state = self.state.borrow_mut();
        state.clock_ns += CALL_NS;
        // Between the last look at the size of a mapped file and the write of it a truncation lets
        // the rest of its last page be sent as zeros, which no caller can keep from happening.
        let is_shrinkable =
            name == Name::FileStatus || (name != Name::Map && self.mapped.get() == 0);
        let whim = match state.spared.contains(&name) {
            true => Ok(usize::MAX),
            false => state.next_whim(is_shrinkable),
        };
        let answer = match (whim, state.refusals.get(&name)) {
            (Err(errno), _) => Err(errno),
            (Ok(_), Some(errno)) => Err(*errno),
            (Ok(most), None) => act(&mut state, most),
        };
        state.records.push(Record { name, fd, source, offset, count, answer });
        let is_too_much = state.calls_max.is_some_and(|most| state.records.len() > most);
        assert!(!is_too_much, "more than {:?} calls are made", state.calls_max);
        state.refused_in_a_row =
            if answer == Err(Errno::EAGAIN) { state.refused_in_a_row + 1 } else { 0 };
        assert!(state.refused_in_a_row < REFUSED_IN_A_ROW_MAX, "somebody spins on {name:?}");
        answer
    }

    /// A call on one descriptor that moves up to `count` bytes.
    fn moving(
        &self,
        name: Name,
        fd: Fd,
        (offset, count): (u64, usize),
        act: impl FnOnce(&mut State, usize) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        let moved = self.call(name, (Some(fd), None), (offset, count as u64), |state, most| {
            act(state, most).map(|moved| moved as u64)
        })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    /// A call from a source to a target that moves up to `count` bytes.
    fn moving_between(
        &self,
        name: Name,
        (target, source): (Fd, Fd),
        (offset, count): (u64, usize),
        act: impl FnOnce(&mut State, usize) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        let fds = (Some(target), Some(source));
        let moved = self.call(name, fds, (offset, count as u64), |state, most| {
            act(state, most).map(|moved| moved as u64)
        })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    /// A call on one descriptor that has no count.
    fn asking<T>(
        &self,
        name: Name,
        fd: Fd,
        act: impl FnOnce(&mut State) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let mut answer = None;
        self.call(name, (Some(fd), None), (0, 0), |state, _| {
            answer = Some(act(state)?);
            Ok(0)
        })?;
        Ok(answer.expect("a call that succeeds has an answer"))
    }
}

fn file_offset(offset: u64) -> Result<i64, Errno> {
    i64::try_from(offset).map_err(|_| Errno::EOVERFLOW)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
