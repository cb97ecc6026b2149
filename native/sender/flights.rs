//! The zero-copy sends whose completion is not known yet.
//!
//! The kernel numbers the successful calls of a socket with a u32 that wraps around. Completions
//! come as inclusive ranges: neighbours joined or each alone, usually but not always in order.

use std::collections::VecDeque;

/// One call with MSG_ZEROCOPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// The message that it sent a part of.
    pub message: u64,
    /// How many bytes the call took.
    pub bytes: usize,
    /// Its number at the kernel.
    pub id: u32,
}

/// A window on the kernel's counter: from the oldest incomplete call to the latest.
#[derive(Debug)]
pub struct Flights {
    /// The number of the next call.
    next_id: u32,
    /// `None` where a later call is complete and an earlier one is not.
    window: VecDeque<Option<Flight>>,
    bytes: usize,
}

impl Flights {
    /// No call yet; the kernel will give `first_id` to the next one.
    pub fn new(first_id: u32) -> Flights {
        Flights { next_id: first_id, window: VecDeque::new(), bytes: 0 }
    }

    /// Notes a call that took `bytes`, which is not 0.
    pub fn begin(&mut self, message: u64, bytes: usize) {
        debug_assert!(bytes > 0, "a call without bytes gets no number");
        self.window.push_back(Some(Flight { message, bytes, id: self.next_id }));
        self.next_id = self.next_id.wrapping_add(1);
        self.bytes += bytes;
    }

    /// Takes out the calls from `first` to `last`, both included. Numbers that are not in the
    /// window are somebody else's and are passed over.
    pub fn complete(&mut self, first: u32, last: u32) -> Vec<Flight> {
        let oldest = self.next_id.wrapping_sub(self.window.len() as u32);
        // Signed, as a range can begin before the window: the difference of two neighbours on the
        // circle is small, in whichever direction.
        let from = i64::from(first.wrapping_sub(oldest) as i32);
        let to = from + i64::from(last.wrapping_sub(first)) + 1;
        let bound = |offset: i64| offset.clamp(0, self.window.len() as i64) as usize;
        let range = bound(from)..bound(to);
        let done: Vec<Flight> = self.window.range_mut(range).filter_map(Option::take).collect();
        self.bytes -= done.iter().map(|flight| flight.bytes).sum::<usize>();
        while let Some(None) = self.window.front() {
            self.window.pop_front();
        }
        done
    }

    /// The number that the kernel will give to the next call.
    pub fn next_id(&self) -> u32 {
        self.next_id
    }

    /// The bytes of the calls that are not complete.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether every call is complete.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }
}
