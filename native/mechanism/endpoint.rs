//! The two ends of a transfer, as far as a mechanism must know them.

use crate::kernel::Fd;

/// Whether a step may sleep in a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// It may, where the descriptor is in blocking mode: the caller has nothing else to do.
    #[default]
    Sleep,
    /// It must come back. Two calls have no flag for that and sleep on a target in blocking mode
    /// all the same: sendfile(2) and splice(2) to a socket. There the driver sets SO_SNDTIMEO.
    Return,
}

/// Where bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The descriptor.
    pub fd: Fd,
    /// How it is read.
    pub kind: SourceKind,
    /// Where the next byte of a file comes from. 0 for everything else.
    pub offset: u64,
    /// Whether it is in blocking mode, as far as anybody has to know: see [`Patience`].
    pub is_blocking: bool,
}

/// The kinds of source that differ in how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A regular file: read at an offset, which can be repeated, so that nothing is ever lost.
    File,
    /// A TCP or UNIX stream.
    Stream,
    /// A socket that keeps the borders of writes.
    Datagram,
    /// The read end of a pipe.
    Pipe,
    /// Devices and everything else that takes read(2).
    Other,
}

impl SourceKind {
    /// Whether recv(2) with its flags can be used.
    pub fn is_socket(self) -> bool {
        matches!(self, SourceKind::Stream | SourceKind::Datagram)
    }
}

/// Where bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The descriptor.
    pub fd: Fd,
    /// How it is written to.
    pub kind: TargetKind,
    /// Where in the file the next byte goes; `None` for the position of the descriptor itself.
    pub offset: Option<u64>,
    /// Whether it is in blocking mode, as far as anybody has to know: see [`Patience`].
    pub is_blocking: bool,
}

/// The kinds of target that differ in how they are best written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A regular file.
    File,
    /// A regular file that every write goes to the end of, as far as that is known.
    AppendedFile,
    /// A TCP stream.
    TcpStream,
    /// A UNIX stream with the size of its send buffer as the kernel reports it.
    UnixStream {
        /// `SO_SNDBUF` as read back.
        send_buffer_bytes: u64,
    },
    /// A socket that keeps the borders of writes.
    Datagram,
    /// The write end of a pipe.
    Pipe,
    /// Devices and everything else that takes write(2).
    Other,
}

impl TargetKind {
    /// Whether send(2) with its flags can be used.
    pub fn is_socket(self) -> bool {
        matches!(self, TargetKind::TcpStream | TargetKind::UnixStream { .. } | TargetKind::Datagram)
    }

    /// Whether it is a file of either kind, which always takes bytes at once.
    pub fn is_file(self) -> bool {
        matches!(self, TargetKind::File | TargetKind::AppendedFile)
    }
}
