//! One of the two sockets of a relay, and what is known of it.

use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::events::Edge;
use crate::kernel::{Fd, Kernel, SocketKind};
use crate::mechanism::TargetKind;

/// A connected stream socket in non-blocking mode.
#[derive(Debug)]
pub struct Socket {
    /// The descriptor, which belongs to the relay.
    pub fd: Fd,
    /// How it is written to.
    pub kind: TargetKind,
    /// No read has met EAGAIN since the last edge.
    pub is_readable: bool,
    /// No write has met EAGAIN since the last edge.
    pub is_writable: bool,
    /// See [`Edge::has_mark`]. Then a read that is short does not say that the socket is dry.
    pub has_mark: bool,
    /// It was reset, so that the end of what it gives is not the end of what was sent.
    pub failure: Option<Error>,
}

impl Socket {
    /// A socket of which nothing is known but its kind: it may be ready for everything.
    pub fn new(fd: Fd, kind: SocketKind) -> Socket {
        let kind = match kind {
            SocketKind::UnixStream { send_buffer_bytes } => {
                TargetKind::UnixStream { send_buffer_bytes }
            }
            SocketKind::Stream | SocketKind::Datagram => TargetKind::TcpStream,
        };
        Socket { fd, kind, is_readable: true, is_writable: true, has_mark: true, failure: None }
    }

    /// Notes what an event says.
    pub fn note(&mut self, edge: Edge) {
        self.is_readable |= edge.is_readable;
        self.is_writable |= edge.is_writable;
        self.has_mark |= edge.has_mark;
    }

    /// Notes that a read has met EAGAIN, or has taken less than it had room for.
    pub fn is_dry(&mut self) {
        self.is_readable = false;
        self.has_mark = false;
    }

    /// Whether a read that takes less than it has room for has taken all there is, so that no second
    /// one is needed to find that out: epoll(7). recv(2) of a UNIX stream stops where a message with
    /// descriptors or other credentials begins, and of TCP before urgent data.
    pub fn tells_by_short_read(&self) -> bool {
        #[cfg(feature = "planted-bug")]
        if crate::transfer::planted::is_planted(crate::transfer::planted::Bug::ShortReadTrusted) {
            return true;
        }
        self.kind == TargetKind::TcpStream && !self.has_mark
    }

    /// Whether something that its peer has sent was not taken yet, or was lost by a reset.
    pub fn has_more<K: Kernel>(&self, kernel: &K) -> bool {
        self.failure.is_some()
            || match kernel.peek(self.fd) {
                Ok(count) => count > 0,
                Err(errno) => errno != Errno::EAGAIN,
            }
    }

    /// Says how it is to be closed: with a reset, where its peer must not take what it got for all there
    /// was. Without one close(2) must not wait for that peer, which SO_LINGER of the program's would
    /// have it do, in non-blocking mode too: all other relays of the thread would wait as well.
    ///
    /// A UNIX socket has no reset: its peer sees an end.
    pub fn set_reset_on_close<K: Kernel>(&self, kernel: &K, resets: bool) {
        if self.kind == TargetKind::TcpStream {
            // Where it fails the peer sees an end in place of a reset, which is all that is left.
            let _ = kernel.set_reset_on_close(self.fd, resets);
        }
    }
}
