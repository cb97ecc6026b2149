//! The only door to the operating system.
//!
//! [`Kernel`] is used by static dispatch, so that the same state machine runs on [`Linux`] and on
//! the simulated kernel of the tests, which may answer any call with a short count, EAGAIN, EINTR
//! or an error. The methods are single system calls: they neither retry nor fall back.

mod linux;
mod sigpipe;

use std::ffi::CStr;
use std::fmt;
use std::mem::MaybeUninit;

pub use linux::Linux;
use nix::errno::Errno;
pub use sigpipe::LinuxWithoutSigpipe;

/// The number of an open file description in this process.
///
/// The faces promise that it stays open while a transfer uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fd(i32);

impl Fd {
    /// Accepts any number that could be a file descriptor: not a negative one.
    pub fn new(number: i32) -> Option<Fd> {
        (number >= 0).then_some(Fd(number))
    }

    /// The plain number.
    pub fn number(self) -> i32 {
        self.0
    }
}

/// The system calls that can fail a transfer, by their names in section 2 of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// sendfile(2)
    Sendfile,
    /// pread(2)
    Pread,
    /// pwrite(2)
    Pwrite,
    /// write(2)
    Write,
    /// send(2)
    Send,
    /// fstat(2)
    Fstat,
    /// getsockopt(2)
    Getsockopt,
    /// lseek(2)
    Lseek,
    /// poll(2)
    Poll,
}

impl Call {
    /// The name, as a C string that lives for ever.
    pub fn name(self) -> &'static CStr {
        match self {
            Call::Sendfile => c"sendfile",
            Call::Pread => c"pread",
            Call::Pwrite => c"pwrite",
            Call::Write => c"write",
            Call::Send => c"send",
            Call::Fstat => c"fstat",
            Call::Getsockopt => c"getsockopt",
            Call::Lseek => c"lseek",
            Call::Poll => c"poll",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().to_string_lossy())
    }
}

/// What kind of thing a descriptor refers to, as far as a transfer must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file, a memory file, or a file of procfs or sysfs.
    Regular,
    /// A pipe or FIFO.
    Pipe,
    /// Any socket.
    Socket,
    /// Devices, directories and everything else.
    Other,
}

/// What `fstat(2)` says of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStatus {
    /// The kind of thing.
    pub kind: FileKind,
    /// Size in bytes. 0 also where the file does not know its size, as in procfs.
    pub size: u64,
}

/// What the socket options say of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketKind {
    /// A TCP stream, or a stream of any family other than UNIX.
    Stream,
    /// A UNIX stream, with the size of its send buffer as the kernel reports it.
    UnixStream {
        /// `SO_SNDBUF` as read back, which is twice what was set.
        send_buffer_bytes: u64,
    },
    /// Datagrams or sequenced packets: the borders of the writes can be seen by the peer.
    Datagram,
}

/// The side of a transfer that has to become ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The source has nothing to read now.
    Source,
    /// The target takes nothing now.
    Target,
}

/// The system calls that the mechanisms are made of.
pub trait Kernel {
    /// `sendfile(target, source, &offset, count)`: copies inside the kernel from a file at `offset`.
    /// See sendfile(2).
    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno>;

    /// `pread(source, buffer, offset)`: returns the part of `buffer` that was filled; empty at the
    /// end of the file. See pread(2).
    fn pread<'b>(
        &self,
        source: Fd,
        buffer: &'b mut [MaybeUninit<u8>],
        offset: u64,
    ) -> Result<&'b [u8], Errno>;

    /// `pwrite(target, bytes, offset)`. See pwrite(2).
    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno>;

    /// `write(target, bytes)`. See write(2).
    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno>;

    /// `send(target, bytes, MSG_NOSIGNAL)`: as `write`, and never raises SIGPIPE. See send(2).
    fn send(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno>;

    /// `fstat(fd)`. See fstat(2).
    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno>;

    /// `getsockopt(fd, SO_TYPE, SO_DOMAIN, SO_SNDBUF)`. See socket(7).
    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno>;

    /// `lseek(fd, 0, SEEK_CUR)`. See lseek(2).
    fn position(&self, fd: Fd) -> Result<u64, Errno>;

    /// `lseek(fd, position, SEEK_SET)`. See lseek(2).
    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno>;

    /// `poll(fd)` for reading or writing, without a time limit. See poll(2).
    fn wait_until_ready(&self, fd: Fd, side: Side) -> Result<(), Errno>;

    /// `pipe2(O_CLOEXEC | O_NONBLOCK)`: the read end, then the write end. See pipe(2).
    fn pipe(&self) -> Result<(Fd, Fd), Errno>;

    /// A file in memory that holds `content`. See memfd_create(2).
    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno>;

    /// `close(fd)` of a descriptor that this kernel made. See close(2).
    fn close(&self, fd: Fd);
}
