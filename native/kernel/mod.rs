//! The only door to the operating system.
//!
//! [`Kernel`] is used by static dispatch, so that the same state machine runs on [`Linux`] and on
//! the simulated kernel of the tests, which may answer any call with a short count, EAGAIN, EINTR
//! or an error. The methods are single system calls: they neither retry nor fall back.

mod direct;
pub mod events;
mod fork;
mod linux;
mod mapping;
mod page;
mod pieces;
mod process;
pub mod readiness;
mod ring;
mod sigpipe;
pub mod socket;
mod storage;
pub mod zerocopy;

use std::ffi::CStr;
use std::fmt;
use std::time::Duration;

pub use linux::Linux;
use nix::errno::Errno;
pub use page::{PAGE_BYTES, Page};
pub use process::Restrictions;
pub use sigpipe::WithoutSigpipe;

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
    /// splice(2)
    Splice,
    /// copy_file_range(2)
    CopyFileRange,
    /// read(2)
    Read,
    /// recv(2)
    Recv,
    /// writev(2)
    Writev,
    /// sendmsg(2)
    Sendmsg,
    /// mmap(2)
    Mmap,
    /// io_uring_enter(2)
    IoUring,
    /// fcntl(2)
    Fcntl,
    /// setsockopt(2)
    Setsockopt,
    /// fallocate(2)
    Fallocate,
    /// ftruncate(2)
    Ftruncate,
    /// pipe2(2)
    Pipe,
    /// memfd_create(2)
    MemfdCreate,
    /// fcntl(2) with F_DUPFD_CLOEXEC, of a socket
    Dup,
    /// recvmsg(2) with MSG_ERRQUEUE
    Recvmsg,
    /// shutdown(2)
    Shutdown,
    /// epoll_ctl(2)
    EpollCtl,
    /// epoll_wait(2)
    EpollWait,
    /// epoll_create1(2)
    EpollCreate,
    /// eventfd(2)
    Eventfd,
    /// getpeername(2)
    Getpeername,
    /// pthread_create(3)
    PthreadCreate,
}

impl Call {
    /// The name, as a C string that lives for ever.
    pub fn name(self) -> &'static CStr {
        match self {
            Call::Dup => c"dup",
            Call::Recvmsg => c"recvmsg",
            Call::Shutdown => c"shutdown",
            Call::EpollCtl => c"epoll_ctl",
            Call::EpollWait => c"epoll_wait",
            Call::EpollCreate => c"epoll_create1",
            Call::Eventfd => c"eventfd",
            Call::Getpeername => c"getpeername",
            Call::PthreadCreate => c"pthread_create",
            Call::Sendfile => c"sendfile",
            Call::Pread => c"pread",
            Call::Pwrite => c"pwrite",
            Call::Write => c"write",
            Call::Send => c"send",
            Call::Fstat => c"fstat",
            Call::Getsockopt => c"getsockopt",
            Call::Lseek => c"lseek",
            Call::Poll => c"poll",
            Call::Splice => c"splice",
            Call::CopyFileRange => c"copy_file_range",
            Call::Read => c"read",
            Call::Recv => c"recv",
            Call::Writev => c"writev",
            Call::Sendmsg => c"sendmsg",
            Call::Mmap => c"mmap",
            Call::IoUring => c"io_uring_enter",
            Call::Fcntl => c"fcntl",
            Call::Setsockopt => c"setsockopt",
            Call::Fallocate => c"fallocate",
            Call::Ftruncate => c"ftruncate",
            Call::Pipe => c"pipe2",
            Call::MemfdCreate => c"memfd_create",
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
    /// What is stored of it, in bytes; below `size` where it has holes.
    pub allocated_bytes: u64,
    /// The device that it is stored on, and its number there: two descriptors with both the same
    /// refer to the same file.
    pub device: u64,
    /// See `device`.
    pub inode: u64,
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

/// What `fcntl(F_GETFL)` says of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatusFlags {
    /// `O_NONBLOCK`: calls answer EAGAIN instead of sleeping.
    pub is_non_blocking: bool,
    /// `O_APPEND`: writes go to the end of the file, and sendfile, splice and copy_file_range refuse.
    pub is_append: bool,
    /// `O_DIRECT`: the file wants aligned memory, offsets and counts.
    pub is_direct: bool,
}

/// The flags of splice(2) that this library uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpliceFlags {
    /// `SPLICE_F_NONBLOCK`: do not sleep on a pipe. It says nothing of the other end: an empty TCP
    /// socket in blocking mode is slept on all the same.
    pub non_blocking: bool,
    /// `SPLICE_F_MORE`: more bytes follow at once.
    pub more: bool,
}

/// The flags of send(2) that this library uses, beside `MSG_NOSIGNAL`, which is always set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SendFlags {
    /// `MSG_MORE`: more bytes follow at once, so a segment that is not full may wait for them.
    pub more: bool,
    /// `MSG_DONTWAIT`: answer EAGAIN instead of sleeping, whatever the mode of the socket is.
    pub non_blocking: bool,
}

/// How far a file goes on with data, or with a hole, from an offset on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Whether nothing is stored there: it reads as zeros.
    pub is_hole: bool,
    /// The first offset behind it; at most the size of the file.
    pub end: u64,
}

/// The system calls that the mechanisms are made of.
pub trait Kernel {
    /// A part of a file that is mapped into memory. Its bytes can be written to a target by the
    /// kernel, and cannot be looked at: a load from a page that was truncated away raises SIGBUS,
    /// while a system call answers EFAULT. Dropping it unmaps.
    type Mapping: fmt::Debug;

    /// A file that is read past the page cache, several reads ahead. Dropping it waits for the reads
    /// that are under way and closes it.
    type DirectFile: fmt::Debug;

    /// `sendfile(target, source, &offset, count)`: copies inside the kernel from a file at `offset`.
    /// See sendfile(2).
    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno>;

    /// `splice(source, &source_offset, target, &target_offset, count, flags)`: one end is a pipe.
    /// `None` stands for the position of a file, and is the only choice for what has no positions.
    /// See splice(2).
    fn splice(
        &self,
        source: Fd,
        source_offset: Option<u64>,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno>;

    /// `copy_file_range(source, &source_offset, target, &target_offset, count, 0)`; `None` stands
    /// for the position of the target. See copy_file_range(2).
    fn copy_file_range(
        &self,
        source: Fd,
        source_offset: u64,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
    ) -> Result<usize, Errno>;

    /// `pread(source, buffer, offset)`: how much of `buffer` was filled; 0 at the end of the file. See
    /// pread(2).
    fn pread(&self, source: Fd, buffer: &mut [u8], offset: u64) -> Result<usize, Errno>;

    /// `pread(source, page, offset)` of up to `count` bytes: those that were read. As
    /// [`Kernel::pread`], into memory that need not be cleared first.
    fn pread_page<'p>(
        &self,
        source: Fd,
        page: &'p mut Page,
        count: usize,
        offset: u64,
    ) -> Result<&'p [u8], Errno> {
        let buffer = page.cleared(count);
        let read = self.pread(source, buffer, offset)?;
        Ok(&buffer[..read])
    }

    /// `read(source, buffer)`: as `pread`, at the position. See read(2).
    fn read(&self, source: Fd, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// `recv(source, buffer, MSG_DONTWAIT or 0)`: how much of `buffer` was filled; 0 at the end of the
    /// stream, or for an empty datagram. See recv(2).
    fn receive(&self, source: Fd, buffer: &mut [u8], non_blocking: bool) -> Result<usize, Errno>;

    /// `recv(source, one byte, MSG_PEEK | MSG_DONTWAIT)`: 1 where the stream `source` has a byte to
    /// read, which stays there; 0 at its end. See recv(2).
    fn peek(&self, source: Fd) -> Result<usize, Errno>;

    /// `pwrite(target, bytes, offset)`. See pwrite(2).
    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno>;

    /// `write(target, bytes)`. See write(2).
    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno>;

    /// `writev(target, [first, second])`. See writev(2).
    fn write_both(&self, target: Fd, first: &[u8], second: &[u8]) -> Result<usize, Errno>;

    /// `send(target, bytes, flags | MSG_NOSIGNAL)`: as `write`, and never raises SIGPIPE. See
    /// send(2).
    fn send(&self, target: Fd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno>;

    /// `sendmsg(target, [first, second], flags | MSG_NOSIGNAL)`. See sendmsg(2).
    fn send_both(
        &self,
        target: Fd,
        first: &[u8],
        second: &[u8],
        flags: SendFlags,
    ) -> Result<usize, Errno>;

    /// `mmap(PROT_READ, MAP_SHARED)` of `count` bytes of `source` from `offset` on, which need not be
    /// at the beginning of a page. See mmap(2).
    fn map(&self, source: Fd, offset: u64, count: usize) -> Result<Self::Mapping, Errno>;

    /// Sends (`flags` given) or writes (`None`) up to `count` bytes of `mapping`, from its byte
    /// `begin` on. EFAULT where the file was truncated. See send(2), write(2), pwrite(2).
    fn write_mapped(
        &self,
        target: Fd,
        target_offset: Option<u64>,
        mapping: &Self::Mapping,
        begin: usize,
        count: usize,
        flags: Option<SendFlags>,
    ) -> Result<usize, Errno>;

    /// Opens the file of `source` again for reading with O_DIRECT, without a descriptor that could
    /// drop the record locks of the process when it is closed, and begins to read at `offset`, in
    /// pieces ahead, up to `end`. See io_uring(7) and open(2).
    fn open_direct(&self, source: Fd, offset: u64, end: u64) -> Result<Self::DirectFile, Errno>;

    /// The next bytes of the file, those that were not consumed yet; waits for the disk. Empty at the
    /// end of the file.
    fn direct_bytes<'d>(&self, file: &'d mut Self::DirectFile) -> Result<&'d [u8], Errno>;

    /// How many system calls were made for the file until now, to open it and to read: the bytes that
    /// are next are often there already.
    fn direct_calls(&self, file: &Self::DirectFile) -> u64;

    /// Goes on behind the first `count` of the bytes that [`Kernel::direct_bytes`] has returned.
    fn consume_direct(&self, file: &mut Self::DirectFile, count: usize);

    /// `fstat(fd)`. See fstat(2).
    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno>;

    /// `fcntl(fd, F_GETFL)`. See fcntl(2).
    fn status_flags(&self, fd: Fd) -> Result<StatusFlags, Errno>;

    /// `getsockopt(fd, SO_TYPE, SO_DOMAIN, SO_SNDBUF)`. See socket(7).
    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno>;

    /// `getsockopt(fd, TCP_NODELAY)`. See tcp(7).
    fn tcp_no_delay(&self, fd: Fd) -> Result<bool, Errno>;

    /// `setsockopt(fd, TCP_NODELAY)`. Setting it, also again, sends what was held back. See tcp(7).
    fn set_tcp_no_delay(&self, fd: Fd, no_delay: bool) -> Result<(), Errno>;

    /// `getsockopt(fd, SO_SNDTIMEO)`; zero stands for no limit. See socket(7).
    fn send_timeout(&self, fd: Fd) -> Result<Duration, Errno>;

    /// `setsockopt(fd, SO_SNDTIMEO)`. See socket(7).
    fn set_send_timeout(&self, fd: Fd, timeout: Duration) -> Result<(), Errno>;

    /// `shutdown(socket, SHUT_WR)`: the peer reads an end behind what was sent. See shutdown(2).
    fn shutdown_write(&self, socket: Fd) -> Result<(), Errno>;

    /// `setsockopt(socket, SO_LINGER)`: closing a TCP socket resets it, by 0 seconds, or ends it in the
    /// background, by none. See socket(7).
    fn set_reset_on_close(&self, socket: Fd, resets: bool) -> Result<(), Errno>;

    /// `lseek(fd, 0, SEEK_CUR)`. See lseek(2).
    fn position(&self, fd: Fd) -> Result<u64, Errno>;

    /// `lseek(fd, position, SEEK_SET)`. See lseek(2).
    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno>;

    /// What is stored of a file from `offset` on, up to `end`. It neither uses nor moves the
    /// position, as lseek(SEEK_DATA) would. See the ioctl FS_IOC_FIEMAP.
    fn extent(&self, source: Fd, offset: u64, end: u64) -> Result<Extent, Errno>;

    /// `fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count)`. See fallocate(2).
    fn punch_hole(&self, fd: Fd, offset: u64, count: u64) -> Result<(), Errno>;

    /// `ftruncate(fd, size)`. See ftruncate(2).
    fn set_size(&self, fd: Fd, size: u64) -> Result<(), Errno>;

    /// Whether the byte at `offset` is in the page cache: `cachestat` of its page, or
    /// `preadv2(RWF_NOWAIT)` of that byte where there is no cachestat. See preadv2(2).
    fn is_cached(&self, source: Fd, offset: u64) -> Result<bool, Errno>;

    /// `read_ahead_kb` of the block device with the number `device`, in bytes. See sysfs(5).
    fn read_ahead_bytes(&self, device: u64) -> Result<u64, Errno>;

    /// `posix_fadvise(source, offset, count, POSIX_FADV_WILLNEED)`. See posix_fadvise(2).
    fn will_need(&self, source: Fd, offset: u64, count: u64) -> Result<(), Errno>;

    /// Whether the file is kept in memory and nowhere else, so that what has no page is a hole: it is
    /// one of tmpfs. See fstatfs(2).
    fn is_in_memory(&self, source: Fd) -> Result<bool, Errno>;

    /// How many of the pages that `count` bytes from `offset` on touch are in the page cache, or were
    /// moved from there to swap space. See the header linux/mman.h, `cachestat`.
    fn stored_pages(&self, source: Fd, offset: u64, count: u64) -> Result<u64, Errno>;

    /// The bytes of a page of memory. See sysconf(3), which makes no system call for it.
    fn page_bytes(&self) -> u64;

    /// What the offsets and counts of writes to a file with O_DIRECT have to be multiples of; EOPNOTSUPP
    /// where the file system does not say. See statx(2), STATX_DIOALIGN.
    fn block_bytes(&self, target: Fd) -> Result<u64, Errno>;

    /// `poll(waits, limit)`: which of at most 4 sides are ready, as bits in their order; 0 when the
    /// limit passed first. `None` is no limit. A side with an error or without a peer is ready. See
    /// poll(2).
    fn poll(&self, waits: &[(Fd, Side)], limit: Option<Duration>) -> Result<u32, Errno>;

    /// `pipe2(O_CLOEXEC | O_NONBLOCK)`: the read end, then the write end. See pipe(2).
    fn pipe(&self) -> Result<(Fd, Fd), Errno>;

    /// `fcntl(pipe, F_SETPIPE_SZ, bytes)`: the size in bytes that it has now. EPERM where the user's
    /// budget is used up. See pipe(7).
    fn set_pipe_size(&self, pipe: Fd, bytes: usize) -> Result<usize, Errno>;

    /// A file in memory that holds `content`, read from its beginning. See memfd_create(2).
    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno>;

    /// `close(fd)` of a descriptor that this kernel made. See close(2).
    fn close(&self, fd: Fd);

    /// `clock_gettime(CLOCK_MONOTONIC)` in nanoseconds. See clock_gettime(2).
    fn now_ns(&self) -> u64;

    /// A number that is another one in a child after fork(2).
    fn fork_generation(&self) -> u64;

    /// What the system lets this process do, to explain a refusal by. A kernel that refuses nothing
    /// of that kind has nothing to say.
    fn restrictions(&self) -> Restrictions {
        Restrictions::default()
    }

    /// Sends a byte with MSG_ZEROCOPY from a socket of its own to itself. For trying only: sockets
    /// of users are sent to through [`zerocopy`]. A kernel without sockets of its own does not
    /// support it.
    fn send_zero_copy_to_itself(&self) -> Result<(), Errno> {
        Err(Errno::EOPNOTSUPP)
    }
}
