//! What epoll(7) promises in edge-triggered mode: each change is told at least once, some time.

use nix::errno::Errno;
use zerocopy_nio::driver::relay_engine::Token;
use zerocopy_nio::kernel::events::Edge;
use zerocopy_nio::kernel::{Fd, Side};

use crate::simulated_kernel::{Name, Record, SimulatedKernel};

/// The events of one socket that is watched.
#[derive(Debug)]
pub struct Watched {
    pub fd: Fd,
    pub token: Token,
    /// Something has changed since the last event.
    pub is_due: bool,
    /// A write has found too little room, so that Linux tells when there is some again.
    wants_room: bool,
    /// How many bytes it has taken out of pipes.
    pub spliced_bytes: u64,
}

impl Watched {
    /// What is so already is told as well.
    pub fn new(fd: Fd, token: Token) -> Watched {
        Watched { fd, token, is_due: true, wants_room: false, spliced_bytes: 0 }
    }

    /// What the event says that is fetched now: as poll(2) does, all that is so.
    pub fn edge(&self, kernel: &SimulatedKernel) -> Edge {
        let (is_readable, is_over, was_reset) = kernel.with_incoming(self.fd, |stream| {
            (stream.is_readable(), !stream.is_writer_open, stream.was_reset)
        });
        let is_writable = kernel.with_outgoing(self.fd, |stream| stream.is_writable());
        Edge { is_readable, is_writable: is_writable || was_reset, has_mark: is_over }
    }

    /// Its peer has read something.
    pub fn room_made(&mut self, kernel: &SimulatedKernel) {
        if self.wants_room && kernel.with_outgoing(self.fd, |stream| stream.is_writable()) {
            self.wants_room = false;
            self.is_due = true;
        }
    }

    /// The relay has made a call. Where it was refused though the socket was ready, or has left
    /// something to read behind that it may take for nothing, Linux would have an event to come.
    pub fn called(&mut self, kernel: &SimulatedKernel, record: &Record) {
        let is_refused = record.answer == Err(Errno::EAGAIN);
        let is_short = record.answer.is_ok_and(|count| count < record.count);
        let reads = match record.name {
            Name::Splice => record.source == Some(self.fd),
            Name::Receive | Name::Peek => record.fd == Some(self.fd),
            _ => false,
        };
        let writes = record.fd == Some(self.fd)
            && matches!(record.name, Name::Splice | Name::Send | Name::Sendmsg);
        let is_full = |to: &Fd| kernel.with_object(*to, |it| !it.is_ready(Side::Target));
        let written_to = record.fd.filter(|to| kernel.descriptors().contains(to));
        let is_pipe_full = record.name == Name::Splice && written_to.as_ref().is_some_and(is_full);
        // A full pipe is refused as well, and says nothing of the socket: no event is to come of it.
        if reads && !(is_refused && is_pipe_full) {
            // Of TCP a short read means that nothing was left at that moment; of UNIX it does not.
            let has_bytes = kernel.with_incoming(self.fd, |stream| {
                stream.is_readable()
                    && (is_refused || (is_short && stream.is_tcp() && stream.unread() > 0))
            });
            self.is_due |= has_bytes;
        }
        if writes && record.name == Name::Splice {
            self.spliced_bytes += record.answer.unwrap_or(0);
        }
        if writes && (is_refused || is_short) {
            self.wants_room = true;
            // By a whim: there was room.
            if is_refused {
                self.room_made(kernel);
            }
        }
    }
}
