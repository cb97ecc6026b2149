//! Sending with MSG_ZEROCOPY: the state machine of one sender.
//!
//! Messages are sent in the order in which they are submitted. A message is finished, exactly once,
//! when the kernel has taken all of it and has reported every zero-copy call that carried a part of
//! it; not before may its memory be used for anything else. What happens between is decided here:
//! whether a part is sent by MSG_ZEROCOPY ([`policy`]), which calls are still in flight
//! ([`flights`]), and when to wait, and for what.
//!
//! Nothing here waits: [`Sender::advance`] says what to wait for and is called again.

pub mod buffers;
pub mod flights;
mod message;
pub mod policy;

use std::collections::VecDeque;

use nix::errno::Errno;

use crate::kernel::zerocopy::{Mode, Notification, ZeroCopySocket};
use flights::{Flight, Flights};
use message::Message;
pub use message::{Finished, Outcome, Submission};
use policy::{Causes, Policy};

/// The most that one call is asked to take. The kernel accounts the pages of all that it is asked
/// for, not of what it takes, against RLIMIT_MEMLOCK; above this nothing is won by larger calls.
const PART_BYTES_MAX: usize = 512 << 10;

/// What a sender is told when it is made.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The bound on bytes that were submitted and whose message is not finished.
    pub in_flight_bytes_max: usize,
    /// Parts that are shorter are copied: below 10 to 16 KiB that costs less.
    pub threshold_bytes: usize,
    /// Whether MSG_ZEROCOPY may be used.
    pub zero_copy: bool,
    /// The number that the kernel will give to the first call: 0 unless the socket has sent with
    /// MSG_ZEROCOPY before.
    pub first_id: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            in_flight_bytes_max: 4 << 20,
            threshold_bytes: 16 << 10,
            zero_copy: true,
            first_id: 0,
        }
    }
}

/// What a sender waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: every message was taken by the kernel.
    Idle,
    /// The socket takes nothing now.
    WaitForRoom,
    /// The bound on bytes in flight is reached: a completion has to come first.
    WaitForCompletions,
}

/// The message does not fit into the bound on bytes in flight; nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// One sender on one socket.
#[derive(Debug)]
pub struct Sender<S: ZeroCopySocket> {
    socket: S,
    is_stream: bool,
    in_flight_bytes_max: usize,
    threshold_bytes: usize,
    switches_off: bool,
    /// Only a socket that knows SO_ZEROCOPY is asked: a UNIX stream takes MSG_ERRQUEUE for nothing
    /// and would give the data that its user wants to read.
    has_error_queue: bool,
    flights: Flights,
    policy: Policy,
    /// `None` where a later message has ended and an earlier one has not.
    messages: VecDeque<Option<Message<S::Memory>>>,
    /// The number of the first of `messages`.
    first_number: u64,
    /// The first message that the kernel has not taken all of.
    unsent: u64,
    unsent_bytes: usize,
    finished: VecDeque<Finished<S::Memory>>,
    /// A message of a stream was sent in part only: nothing may follow it.
    broken: Option<Outcome>,
}

impl<S: ZeroCopySocket> Sender<S> {
    /// A sender on `socket`, which it owns. A socket without MSG_ZEROCOPY is sent to by copies;
    /// [`Sender::refusal`] tells why.
    pub fn new(socket: S, is_stream: bool, settings: Settings) -> Sender<S> {
        let mut policy = Policy::new(settings.threshold_bytes, settings.first_id);
        let was_on = socket.zero_copy() == Ok(true);
        let mut switched_on = false;
        if !settings.zero_copy {
            policy.forbid();
        } else if !was_on {
            match socket.set_zero_copy(true) {
                Ok(()) => switched_on = true,
                Err(errno) => policy.note_unsupported(errno),
            }
        }
        let mut sender = Sender {
            socket,
            is_stream,
            in_flight_bytes_max: settings.in_flight_bytes_max,
            threshold_bytes: settings.threshold_bytes,
            switches_off: switched_on,
            has_error_queue: was_on || switched_on,
            flights: Flights::new(settings.first_id),
            policy,
            messages: VecDeque::new(),
            first_number: 1,
            unsent: 1,
            unsent_bytes: 0,
            finished: VecDeque::new(),
            broken: None,
        };
        // Where completions can't be read, as in some sandboxes, nothing may be lent to the kernel.
        // What is in the queue now is of an earlier sender.
        if sender.reap().is_err() {
            sender.has_error_queue = false;
        }
        sender
    }

    /// Takes a message if the bound allows it, or if there is nothing else in flight.
    pub fn submit(&mut self, submission: Submission<S::Memory>) -> Result<u64, Full> {
        let in_flight = self.bytes_in_flight();
        if in_flight > 0 && in_flight + submission.bytes > self.in_flight_bytes_max {
            return Err(Full);
        }
        Ok(self.submit_always(submission))
    }

    /// Takes a message for a caller that waits until all of it is sent.
    pub fn submit_always(&mut self, submission: Submission<S::Memory>) -> u64 {
        let number = self.first_number + self.messages.len() as u64;
        self.unsent_bytes += submission.bytes;
        self.messages.push_back(Some(Message::new(submission)));
        number
    }

    /// Gives the kernel what it takes now of what was submitted.
    pub fn advance(&mut self) -> Progress {
        // Ends: each turn makes the kernel take bytes of a finite queue, or takes a message off it,
        // or rules zero-copy out for the next turn, or follows a signal; else it leaves.
        while let Some(number) = self.first_unsent() {
            if let Some(outcome) = self.broken {
                self.stop(number, outcome);
                continue;
            }
            if let Some(wait) = self.send_part(number) {
                return wait;
            }
        }
        Progress::Idle
    }

    /// Takes all completions that there are. After an error, which no kernel is known to have here,
    /// what is in flight may stay so for ever, and everything else is copied.
    pub fn reap(&mut self) -> Result<(), Errno> {
        if !self.has_error_queue {
            return Ok(());
        }
        // Ends: the error queue is bounded by the socket's receive buffer, and what fills it again,
        // calls in flight, are bounded too.
        loop {
            match self.socket.receive_notification() {
                Ok(Notification::Completed { first, last, copied }) => {
                    for flight in self.flights.complete(first, last) {
                        self.land(flight, copied);
                    }
                }
                Ok(Notification::Other) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => {
                    self.policy.note_unsupported(errno);
                    return Err(errno);
                }
            }
        }
    }

    /// The next message that has ended.
    pub fn next_finished(&mut self) -> Option<Finished<S::Memory>> {
        self.finished.pop_front()
    }

    /// Whether a message has ended that nobody has taken.
    pub fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    /// Gives up everything that the kernel has not taken yet.
    pub fn withdraw(&mut self) {
        while let Some(number) = self.first_unsent() {
            self.stop(number, Outcome::Withdrawn);
        }
    }

    /// Gives up everything, also what the kernel may still read: that is [`Outcome::Abandoned`].
    pub fn abandon(&mut self) {
        self.withdraw();
        for index in 0..self.messages.len() {
            if let Some(message) = self.messages[index].take() {
                let number = self.first_number + index as u64;
                self.finished.push_back(message.finish(number, Outcome::Abandoned));
            }
        }
        self.first_number += self.messages.len() as u64;
        self.messages.clear();
    }

    /// Tells the peer that nothing follows.
    pub fn shut_down_output(&self) -> Result<(), Errno> {
        self.socket.shut_down_output()
    }

    /// Bytes that were submitted and are neither copied by the kernel nor completed.
    pub fn bytes_in_flight(&self) -> usize {
        self.unsent_bytes + self.flights.bytes()
    }

    /// Bytes that were submitted and that the kernel has not taken.
    pub fn bytes_unsent(&self) -> usize {
        self.unsent_bytes
    }

    /// The number of the first message that the kernel has not taken all of, or will be given to
    /// the next one.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Whether nothing is queued and nothing is in flight.
    pub fn is_settled(&self) -> bool {
        self.messages.is_empty()
    }

    /// What a sender on the same socket has to begin with.
    pub fn next_id(&self) -> u32 {
        self.flights.next_id()
    }

    /// What the system said when it refused MSG_ZEROCOPY for this socket, or `None`.
    pub fn refusal(&self) -> Option<Errno> {
        self.policy.refusal()
    }

    /// Whether parts above the threshold are copied now, for whatever cause.
    pub fn is_copying(&self) -> bool {
        self.policy.is_copying()
    }

    /// The socket.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    fn first_unsent(&self) -> Option<u64> {
        let end = self.first_number + self.messages.len() as u64;
        debug_assert!(self.unsent <= end);
        (self.unsent < end).then_some(self.unsent)
    }

    fn message(&mut self, number: u64) -> &mut Message<S::Memory> {
        let index = (number - self.first_number) as usize;
        self.messages[index].as_mut().expect("a message stays while a part of it is to come")
    }

    /// One call. Returns what to wait for if the kernel took nothing.
    fn send_part(&mut self, number: u64) -> Option<Progress> {
        let left = self.message(number).left();
        if left == 0 && self.is_stream {
            self.accept(number, 0);
            return None;
        }
        let mut bytes = if self.is_stream { left.min(PART_BYTES_MAX) } else { left };
        let cause = self.policy.why_copy(bytes);
        let by_zero_copy = cause == Causes::NONE && bytes > 0;
        if by_zero_copy {
            match self.fit(bytes) {
                Some(fitting) => bytes = fitting,
                None => return Some(Progress::WaitForCompletions),
            }
        }
        let mode = if by_zero_copy { Mode::ZeroCopy } else { Mode::Copied };
        match self.call(number, bytes, mode) {
            // It would be asked for ever.
            Ok(0) if bytes > 0 => self.stop(number, Outcome::Failed(Errno::EIO)),
            Err(Errno::EAGAIN) => return Some(Progress::WaitForRoom),
            Err(Errno::EINTR) => {}
            Err(Errno::ENOBUFS) if by_zero_copy => self.policy.note_no_buffers(),
            Err(errno) if by_zero_copy && is_missing(errno) => self.policy.note_refused(errno),
            Err(errno) => self.stop(number, Outcome::Failed(errno)),
            Ok(taken) => {
                if by_zero_copy {
                    self.flights.begin(number, taken);
                    self.message(number).flights += 1;
                } else {
                    self.policy.note_copied_send(cause);
                    let message = self.message(number);
                    message.causes = message.causes.and(cause);
                }
                self.accept(number, taken);
            }
        }
        None
    }

    fn call(&mut self, number: u64, bytes: usize, mode: Mode) -> Result<usize, Errno> {
        let index = (number - self.first_number) as usize;
        let message = self.messages[index].as_ref().expect("a message that is sent is there");
        let part = message.accepted..message.accepted + bytes;
        let submission = &message.submission;
        self.socket.send(&submission.memory, part, mode, submission.segment_bytes)
    }

    /// How much of a part the bound on bytes in flight leaves. A stream's part may be cut, but not
    /// into pieces so small that they are not worth it.
    fn fit(&self, bytes: usize) -> Option<usize> {
        let room = self.in_flight_bytes_max.saturating_sub(self.flights.bytes());
        if self.flights.is_empty() || bytes <= room {
            return Some(bytes);
        }
        (self.is_stream && room > 0 && room >= self.threshold_bytes).then_some(room)
    }

    /// The kernel has taken `bytes` more of the first message that is unsent.
    fn accept(&mut self, number: u64, bytes: usize) {
        let message = self.message(number);
        message.accepted += bytes;
        let is_whole = message.left() == 0;
        self.unsent_bytes -= bytes;
        if is_whole {
            self.unsent += 1;
            self.settle(number);
        }
    }

    /// No more of the first message that is unsent is sent.
    fn stop(&mut self, number: u64, outcome: Outcome) {
        self.policy.note_stopped();
        let message = self.message(number);
        message.stopped = Some(outcome);
        let left = message.left();
        let is_cut = message.accepted > 0;
        self.unsent_bytes -= left;
        self.unsent += 1;
        if is_cut && self.is_stream {
            self.broken = Some(outcome);
        }
        self.settle(number);
    }

    fn land(&mut self, flight: Flight, copied: bool) {
        self.policy.note_completion(flight.id, self.flights.next_id(), copied);
        if flight.message < self.first_number {
            // It was abandoned.
            return;
        }
        let message = self.message(flight.message);
        message.flights -= 1;
        if copied {
            message.causes = message.causes.and(Causes::COPIED_BY_KERNEL);
        } else {
            message.zero_copy_bytes += flight.bytes;
        }
        self.settle(flight.message);
    }

    /// Ends a message of which nothing is to come.
    fn settle(&mut self, number: u64) {
        let message = self.message(number);
        if message.flights > 0 || message.left() > 0 && message.stopped.is_none() {
            return;
        }
        let index = (number - self.first_number) as usize;
        let message = self.messages[index].take().expect("a message ends once");
        let outcome = message.stopped.unwrap_or(Outcome::Sent);
        self.finished.push_back(message.finish(number, outcome));
        while let Some(None) = self.messages.front() {
            self.messages.pop_front();
            self.first_number += 1;
        }
    }
}

impl<S: ZeroCopySocket> Drop for Sender<S> {
    /// Leaves the socket as it was. The calls in flight complete all the same.
    fn drop(&mut self) {
        if self.switches_off {
            // A socket whose option can't be put back is one that is gone.
            let _ = self.socket.set_zero_copy(false);
        }
    }
}

/// The answers by which a kernel, a socket or a sandbox says that it has no such call or flag. The
/// same as for the mechanisms of transfers.
fn is_missing(errno: Errno) -> bool {
    matches!(errno, Errno::ENOSYS | Errno::EPERM | Errno::EINVAL | Errno::EOPNOTSUPP)
}
