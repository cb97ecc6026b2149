//! The door for sending with MSG_ZEROCOPY: one socket, its zero-copy sends and its error queue.
//!
//! [`ZeroCopySocket`] is used by static dispatch, as [`super::Kernel`] is, so that the state
//! machine of [`crate::sender`] runs on a simulated socket too. The methods are single system calls.
//!
//! # Safety
//!
//! The unsafe code here is of three kinds: borrowing a descriptor that a face has promised to keep
//! open during the call, telling the kernel where memory is that the maker of a [`Region`] has
//! promised to keep, and control messages, which are laid out in buffers of this file.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, Shutdown, SockType, sockopt};

use super::{Fd, storage};

/// `ENOTSUPP`, an errno for use inside the kernel that Linux 5.10 lets out: to SO_ZEROCOPY on a
/// family that has none it answers 524 where later kernels answer EOPNOTSUPP. nix does not know it,
/// and so could not say what it was.
const ENOTSUPP: i32 = 524;

/// `SO_EE_ORIGIN_ZEROCOPY` of linux/errqueue.h.
const ORIGIN_ZEROCOPY: u8 = 5;

/// `SO_EE_CODE_ZEROCOPY_COPIED` of linux/errqueue.h.
const CODE_COPIED: u8 = 1;

/// How a piece of memory is given to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The kernel copies before the call returns.
    Copied,
    /// With MSG_ZEROCOPY: the kernel reads the memory until it reports the completion.
    ZeroCopy,
}

/// What one message of the error queue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notification {
    /// These zero-copy sends are complete.
    Completed {
        /// The number of the first of them.
        first: u32,
        /// The number of the last of them; less than `first` where the counter wrapped between.
        last: u32,
        /// Whether the kernel copied after all.
        copied: bool,
    },
    /// Something else, an ICMP error or a time stamp. Reading it has taken it off the queue.
    Other,
}

/// What a sender needs of its socket. An answer of 524 is given as EOPNOTSUPP.
pub trait ZeroCopySocket {
    /// A piece of memory that can be sent.
    type Memory;

    /// `setsockopt(SO_ZEROCOPY)`. See socket(7).
    fn set_zero_copy(&self, on: bool) -> Result<(), Errno>;

    /// `getsockopt(SO_ZEROCOPY)`. See socket(7).
    fn zero_copy(&self) -> Result<bool, Errno>;

    /// `sendmsg(part of memory, MSG_DONTWAIT | MSG_NOSIGNAL)`, with MSG_ZEROCOPY if `mode` says so
    /// and with UDP_SEGMENT if there is a segment size. See sendmsg(2), udp(7).
    fn send(
        &self,
        memory: &Self::Memory,
        part: Range<usize>,
        mode: Mode,
        segment_bytes: Option<u16>,
    ) -> Result<usize, Errno>;

    /// `recvmsg(MSG_ERRQUEUE | MSG_DONTWAIT)`: takes one message off the error queue; EAGAIN where
    /// it is empty. Only for families that have one: to others it is a plain recvmsg. See
    /// recvmsg(2), ip(7).
    fn receive_notification(&self) -> Result<Notification, Errno>;

    /// `shutdown(SHUT_WR)`. See shutdown(2).
    fn shut_down_output(&self) -> Result<(), Errno>;
}

/// Memory of this process that the kernel may read until its completion.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    address: *const u8,
    bytes: usize,
}

// SAFETY: a region is an address that only the kernel reads through; which thread tells it does not
// matter.
unsafe impl Send for Region {}

impl Region {
    /// Describes `bytes` bytes from `address` on.
    ///
    /// # Safety
    ///
    /// The memory may be read until the sender that it is given to has reported its completion, or
    /// is no more. What is written to it meanwhile may be what the peer gets.
    pub unsafe fn new(address: *const u8, bytes: usize) -> Region {
        Region { address, bytes }
    }

    /// Where it begins.
    pub fn address(self) -> usize {
        self.address.addr()
    }

    /// How long it is.
    pub fn bytes(self) -> usize {
        self.bytes
    }
}

/// A descriptor of a socket, of our own, which is closed when this is dropped.
#[derive(Debug)]
pub struct LinuxSocket(OwnedFd);

impl From<OwnedFd> for LinuxSocket {
    fn from(fd: OwnedFd) -> LinuxSocket {
        LinuxSocket(fd)
    }
}

impl LinuxSocket {
    /// `fcntl(fd, F_DUPFD_CLOEXEC)`: the same socket by a number of our own. See fcntl(2).
    pub fn duplicate(fd: Fd) -> Result<LinuxSocket, Errno> {
        // SAFETY: `Fd` is never negative, and the faces promise that it is open during the call.
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd.number()) };
        let copy = borrowed.try_clone_to_owned();
        copy.map(LinuxSocket).map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// Whether it keeps no borders between sends.
    pub fn is_stream(&self) -> Result<bool, Errno> {
        Ok(nix::sys::socket::getsockopt(&self.0, sockopt::SockType)? == SockType::Stream)
    }

    /// The number of the descriptor, which is open as long as this lives.
    pub fn fd(&self) -> Fd {
        Fd::new(self.0.as_raw_fd()).expect("an owned descriptor is not negative")
    }
}

impl ZeroCopySocket for LinuxSocket {
    type Memory = Region;

    fn set_zero_copy(&self, on: bool) -> Result<(), Errno> {
        let value = c_int::from(on);
        let size = size_of::<c_int>() as libc::socklen_t;
        // SAFETY: the kernel reads `size` bytes, the size of `value`. nix has no such option.
        let answer = unsafe {
            let value: *const c_void = (&raw const value).cast();
            libc::setsockopt(self.0.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ZEROCOPY, value, size)
        };
        if answer == 0 { Ok(()) } else { Err(last_errno()) }
    }

    fn zero_copy(&self) -> Result<bool, Errno> {
        let mut value: c_int = 0;
        let mut size = size_of::<c_int>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `size` bytes, which is the size of `value`.
        let asked = unsafe {
            let value: *mut c_void = (&raw mut value).cast();
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ZEROCOPY,
                value,
                &mut size,
            )
        };
        Errno::result(asked).map(|_| value != 0)
    }

    fn send(
        &self,
        memory: &Region,
        part: Range<usize>,
        mode: Mode,
        segment_bytes: Option<u16>,
    ) -> Result<usize, Errno> {
        assert!(part.start <= part.end && part.end <= memory.bytes, "a part of the region");
        let mut piece = libc::iovec {
            iov_base: memory.address.wrapping_add(part.start).cast_mut().cast(),
            iov_len: part.len(),
        };
        let mut control = SegmentControl::default();
        // SAFETY: a message of zeros is one without address, data and control.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut piece;
        message.msg_iovlen = 1;
        if let Some(bytes) = segment_bytes {
            control.fill(bytes);
            message.msg_control = (&raw mut control).cast();
            message.msg_controllen = size_of::<SegmentControl>();
        }
        let zero_copy = if mode == Mode::ZeroCopy { libc::MSG_ZEROCOPY } else { 0 };
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL | zero_copy;
        // SAFETY: `message` points to values that live during the call, and the maker of the region
        // promised that its memory may be read. No slice is made of it: others may write to it. An
        // address without memory is EFAULT. nix wants slices, so it can't be used here.
        let sent = unsafe { libc::sendmsg(self.0.as_raw_fd(), &raw const message, flags) };
        usize::try_from(sent).map_err(|_| last_errno())
    }

    fn receive_notification(&self) -> Result<Notification, Errno> {
        // Room for a sock_extended_err and the address behind it, or for what time stamps add.
        let mut control = [0_u8; 512];
        let received = nix::sys::socket::recvmsg::<()>(
            self.0.as_raw_fd(),
            &mut [],
            Some(&mut control),
            MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
        );
        let received = received.map_err(|_| last_errno())?;
        let error = received.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::Ipv4RecvErr(error, _) => Some(error),
            ControlMessageOwned::Ipv6RecvErr(error, _) => Some(error),
            _ => None,
        });
        Ok(match error {
            Some(error) if error.ee_origin == ORIGIN_ZEROCOPY && error.ee_errno == 0 => {
                Notification::Completed {
                    first: error.ee_info,
                    last: error.ee_data,
                    copied: error.ee_code & CODE_COPIED != 0,
                }
            }
            _ => Notification::Other,
        })
    }

    fn shut_down_output(&self) -> Result<(), Errno> {
        nix::sys::socket::shutdown(self.0.as_raw_fd(), Shutdown::Write)
    }
}

/// Why the last call failed.
fn last_errno() -> Errno {
    match Errno::last_raw() {
        ENOTSUPP => Errno::EOPNOTSUPP,
        number => Errno::from_raw(number),
    }
}

/// A control message UDP_SEGMENT, laid out as CMSG_DATA(3) and CMSG_SPACE(3) have it.
#[repr(C)]
struct SegmentControl {
    header: libc::cmsghdr,
    segment_bytes: u16,
    padding: [u8; size_of::<usize>() - size_of::<u16>()],
}

// SAFETY: CMSG_SPACE only computes.
const _: () = assert!(size_of::<SegmentControl>() == unsafe { libc::CMSG_SPACE(2) } as usize);

impl Default for SegmentControl {
    fn default() -> SegmentControl {
        // SAFETY: a header of zeros is valid. In musl it has padding that only this can set.
        let header = unsafe { std::mem::zeroed() };
        SegmentControl {
            header,
            segment_bytes: 0,
            padding: [0; size_of::<usize>() - size_of::<u16>()],
        }
    }
}

impl SegmentControl {
    fn fill(&mut self, segment_bytes: u16) {
        self.header.cmsg_level = libc::SOL_UDP;
        self.header.cmsg_type = libc::UDP_SEGMENT;
        // SAFETY: CMSG_LEN only computes.
        self.header.cmsg_len = unsafe { libc::CMSG_LEN(size_of::<u16>() as u32) } as _;
        self.segment_bytes = segment_bytes;
    }
}

/// `poll(socket)` until something is in the error queue or, with `for_room`, until the socket takes
/// bytes. `timeout_ms` is -1 for no limit. Returns whether something is ready. See poll(2).
///
/// An error queue that is not empty is POLLERR, which poll always tells.
pub fn wait(socket: Fd, for_room: bool, timeout_ms: c_int) -> Result<bool, Errno> {
    let events = if for_room { libc::POLLOUT } else { 0 };
    let mut asked = libc::pollfd { fd: socket.number(), events, revents: 0 };
    // SAFETY: the array is one element long.
    let ready = unsafe { libc::poll(&raw mut asked, 1, timeout_ms) };
    Errno::result(ready).map(|ready| ready > 0)
}

/// Memory in whole pages, for the buffers of a sender: page-aligned and zeroed.
///
/// Unmapped when dropped. The kernel keeps the pages that it still sends.
#[derive(Debug)]
pub struct Pages {
    address: *mut c_void,
    bytes: usize,
}

// SAFETY: it is memory of the process, with no thread of its own.
unsafe impl Send for Pages {}

impl Pages {
    /// `mmap(MAP_PRIVATE | MAP_ANONYMOUS)`; `bytes` is rounded up to whole pages. See mmap(2).
    pub fn map(bytes: usize) -> Result<Pages, Errno> {
        let page = usize::try_from(storage::page_bytes()).expect("a page is in memory");
        let bytes = bytes.max(1).checked_next_multiple_of(page).ok_or(Errno::ENOMEM)?;
        let address = map_at(ptr::null_mut(), bytes, 0)?;
        Ok(Pages { address, bytes })
    }

    /// Takes over pages that [`Pages::release`] gave away.
    ///
    /// # Safety
    ///
    /// They came from there, and nobody else takes them over.
    pub unsafe fn take_over(address: *mut c_void, bytes: usize) -> Pages {
        Pages { address, bytes }
    }

    /// Gives them away: whoever takes them over unmaps them.
    pub fn release(self) -> (*mut c_void, usize) {
        let parts = (self.address, self.bytes);
        std::mem::forget(self);
        parts
    }

    /// `mmap(MAP_FIXED)` over the same addresses: what the kernel still sends are the old pages,
    /// and what is written from now on goes to new ones. See mmap(2).
    pub fn replace(&mut self) -> Result<(), Errno> {
        map_at(self.address, self.bytes, libc::MAP_FIXED).map(|_| ())
    }

    /// Where they begin.
    pub fn address(&self) -> *mut c_void {
        self.address
    }

    /// How long they are, a multiple of the size of a page.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's, and whoever was told its address was told until when.
        unsafe { libc::munmap(self.address, self.bytes) };
    }
}

fn map_at(address: *mut c_void, bytes: usize, fixed: c_int) -> Result<*mut c_void, Errno> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | fixed;
    // SAFETY: a new mapping, or with MAP_FIXED one over pages that are the caller's own. nix would
    // need a further feature and a non-zero length for the same call.
    let mapped = unsafe { libc::mmap(address, bytes, protection, flags, -1, 0) };
    if mapped == libc::MAP_FAILED { Err(Errno::last()) } else { Ok(mapped) }
}
