//! A socket with MSG_ZEROCOPY as the kernel has it, but for the time: it reads the memory of a
//! zero-copy send when the test lets it complete, and not before. So a sender that frees memory too
//! early sends what was written there afterwards.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use nix::errno::Errno;
use zerocopy_nio::kernel::zerocopy::{Mode, Notification, ZeroCopySocket};

/// What the socket does at one call of send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whim {
    /// Takes everything.
    Behave,
    /// Takes at most so many bytes.
    Short(usize),
    /// Has no room.
    Again,
    /// A signal came.
    Interrupted,
    /// No memory may be locked: fails where the kernel would not copy.
    NoBuffers,
    /// Does not know MSG_ZEROCOPY after all, or a sandbox does not.
    Refused(Errno),
    /// Fails in whatever mode: the peer is gone, or a firewall is in the way.
    Failed(Errno),
}

/// Memory of a message, which the test may overwrite.
pub type Memory = Rc<RefCell<Vec<u8>>>;

/// What stands in the stream: bytes that were read, or memory that will be.
#[derive(Debug, Clone)]
enum Chunk {
    Bytes(Vec<u8>),
    Unread { id: u32, memory: Memory, part: Range<usize> },
}

#[derive(Debug, Default)]
struct State {
    zero_copy: bool,
    next_id: u32,
    stream: Vec<Chunk>,
    notifications: VecDeque<Notification>,
    whims: VecDeque<Whim>,
    largest_in_flight: usize,
    calls: Vec<(usize, Mode)>,
    counts: Counts,
    /// How many of the next calls of recvmsg a signal interrupts.
    interruptions: usize,
    /// What recvmsg fails with from now on.
    broken_queue: Option<Errno>,
    /// The memory of calls that were completed without a copy, and of how many bytes.
    uncopied: Vec<(Memory, usize)>,
}

/// The calls that were made, with those that failed, and what they could be made for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub sends: usize,
    pub receives: usize,
    /// Notifications that came, and interruptions.
    pub to_receive: usize,
}

/// The socket; clones are the same socket, for the test to look at.
#[derive(Debug, Clone, Default)]
pub struct SimulatedSocket {
    state: Rc<RefCell<State>>,
    is_datagram: bool,
    lacks_zero_copy: bool,
}

impl SimulatedSocket {
    pub fn new(first_id: u32, is_datagram: bool) -> SimulatedSocket {
        let state = State { next_id: first_id, ..State::default() };
        let state = Rc::new(RefCell::new(state));
        SimulatedSocket { state, is_datagram, lacks_zero_copy: false }
    }

    /// A stream that refuses SO_ZEROCOPY.
    pub fn without_zero_copy() -> SimulatedSocket {
        SimulatedSocket { lacks_zero_copy: true, ..SimulatedSocket::default() }
    }

    /// How many notifications nobody has taken.
    pub fn unread_notifications(&self) -> usize {
        self.state.borrow().notifications.len()
    }

    pub fn set_whims(&self, whims: &[Whim]) {
        self.state.borrow_mut().whims = whims.iter().copied().collect();
    }

    /// The calls that took bytes: how many, and how.
    pub fn calls(&self) -> Vec<(usize, Mode)> {
        self.state.borrow().calls.clone()
    }

    pub fn counts(&self) -> Counts {
        self.state.borrow().counts
    }

    /// A signal comes during each of the next `count` calls of recvmsg.
    pub fn interrupt_receives(&self, count: usize) {
        let mut state = self.state.borrow_mut();
        state.interruptions += count;
        state.counts.to_receive += count;
    }

    /// A sandbox forbids recvmsg.
    pub fn break_error_queue(&self, errno: Errno) {
        self.state.borrow_mut().broken_queue = Some(errno);
    }

    /// How many bytes of this memory were sent without a copy and are complete.
    pub fn uncopied_bytes(&self, wanted: &Memory) -> usize {
        let state = self.state.borrow();
        let of_it = state.uncopied.iter().filter(|(memory, _)| Rc::ptr_eq(memory, wanted));
        of_it.map(|(_, bytes)| bytes).sum()
    }

    pub fn has_zero_copy_on(&self) -> bool {
        self.state.borrow().zero_copy
    }

    /// The numbers of the calls in flight, in their order.
    pub fn in_flight(&self) -> Vec<u32> {
        let state = self.state.borrow();
        let ids = state.stream.iter().filter_map(|chunk| match chunk {
            Chunk::Unread { id, .. } => Some(*id),
            Chunk::Bytes(_) => None,
        });
        ids.collect()
    }

    /// The most bytes that ever were in flight while more than one call was.
    pub fn largest_in_flight(&self) -> usize {
        self.state.borrow().largest_in_flight
    }

    /// Whether the kernel still has to read this memory.
    pub fn is_reading(&self, wanted: &Memory) -> bool {
        self.state.borrow().stream.iter().any(
            |chunk| matches!(chunk, Chunk::Unread { memory, .. } if Rc::ptr_eq(memory, wanted)),
        )
    }

    /// Reads the memory of these calls and says that they are complete, one by one.
    pub fn complete(&self, ids: &[u32], copied: bool) {
        for id in ids {
            self.complete_range(*id, *id, copied);
        }
    }

    /// The same for all calls from `first` to `last`, in one notification.
    pub fn complete_range(&self, first: u32, last: u32, copied: bool) {
        let mut state = self.state.borrow_mut();
        let State { stream, uncopied, .. } = &mut *state;
        for chunk in stream {
            if let Chunk::Unread { id, memory, part } = chunk {
                if id.wrapping_sub(first) <= last.wrapping_sub(first) {
                    let bytes = memory.borrow()[part.clone()].to_vec();
                    if !copied {
                        uncopied.push((memory.clone(), bytes.len()));
                    }
                    *chunk = Chunk::Bytes(bytes);
                }
            }
        }
        state.counts.to_receive += 1;
        state.notifications.push_back(Notification::Completed { first, last, copied });
    }

    /// Puts something of somebody else into the error queue.
    pub fn disturb(&self) {
        let mut state = self.state.borrow_mut();
        state.counts.to_receive += 1;
        state.notifications.push_back(Notification::Other);
    }

    /// All that the peer gets, read at last.
    pub fn received(&self) -> Vec<u8> {
        let state = self.state.borrow();
        let read = |chunk: &Chunk| match chunk {
            Chunk::Bytes(bytes) => bytes.clone(),
            Chunk::Unread { memory, part, .. } => memory.borrow()[part.clone()].to_vec(),
        };
        state.stream.iter().flat_map(read).collect()
    }
}

impl ZeroCopySocket for SimulatedSocket {
    type Memory = Memory;

    fn set_zero_copy(&self, on: bool) -> Result<(), Errno> {
        if self.lacks_zero_copy {
            return Err(Errno::EOPNOTSUPP);
        }
        self.state.borrow_mut().zero_copy = on;
        Ok(())
    }

    fn zero_copy(&self) -> Result<bool, Errno> {
        Ok(self.state.borrow().zero_copy)
    }

    fn send(
        &self,
        memory: &Memory,
        part: Range<usize>,
        mode: Mode,
        _segment_bytes: Option<u16>,
    ) -> Result<usize, Errno> {
        let state = &mut *self.state.borrow_mut();
        state.counts.sends += 1;
        let whim = state.whims.pop_front().unwrap_or(Whim::Behave);
        let taken = match whim {
            Whim::Again => return Err(Errno::EAGAIN),
            Whim::Interrupted => return Err(Errno::EINTR),
            Whim::Failed(errno) => return Err(errno),
            Whim::NoBuffers if mode == Mode::ZeroCopy => return Err(Errno::ENOBUFS),
            Whim::Refused(errno) if mode == Mode::ZeroCopy => return Err(errno),
            Whim::Short(most) if !self.is_datagram => part.start..part.end.min(part.start + most),
            _ => part,
        };
        let count = taken.len();
        state.calls.push((count, mode));
        if mode == Mode::Copied || count == 0 {
            let bytes = memory.borrow()[taken].to_vec();
            state.stream.push(Chunk::Bytes(bytes));
            return Ok(count);
        }
        assert!(state.zero_copy, "MSG_ZEROCOPY without SO_ZEROCOPY is never completed");
        let chunk = Chunk::Unread { id: state.next_id, memory: memory.clone(), part: taken };
        state.stream.push(chunk);
        state.next_id = state.next_id.wrapping_add(1);
        let flights = state.stream.iter().filter_map(|chunk| match chunk {
            Chunk::Unread { part, .. } => Some(part.len()),
            Chunk::Bytes(_) => None,
        });
        let sizes: Vec<usize> = flights.collect();
        if sizes.len() > 1 {
            state.largest_in_flight = state.largest_in_flight.max(sizes.iter().sum());
        }
        Ok(count)
    }

    fn receive_notification(&self) -> Result<Notification, Errno> {
        let mut state = self.state.borrow_mut();
        state.counts.receives += 1;
        if let Some(errno) = state.broken_queue {
            return Err(errno);
        }
        if state.interruptions > 0 {
            state.interruptions -= 1;
            return Err(Errno::EINTR);
        }
        state.notifications.pop_front().ok_or(Errno::EAGAIN)
    }

    fn shut_down_output(&self) -> Result<(), Errno> {
        Ok(())
    }
}
