//! What the system lets this process do, beside the calls themselves.
//!
//! # Safety
//!
//! The unsafe code makes calls that nix has no form of, with memory of the sizes that they use.
#![allow(unsafe_code)]

use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::errno::Errno;

/// Limits and settings by which a refusal can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// The sysctl kernel.io_uring_disabled: 0 for nobody, 1 for all but a group, 2 for everybody; 0
    /// too where the kernel does not have it.
    pub io_uring_disabled: u32,
    /// RLIMIT_MEMLOCK: how much memory the user may have locked, in bytes.
    pub locked_bytes_max: u64,
}

/// See [`super::Kernel::restrictions`].
pub fn restrictions() -> Restrictions {
    let setting = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel fills the structure.
    let asked = unsafe { libc::getrlimit64(libc::RLIMIT_MEMLOCK, &raw mut limit) };
    Restrictions {
        io_uring_disabled: setting.trim().parse().unwrap_or(0),
        locked_bytes_max: if asked == 0 { limit.rlim_cur } else { u64::MAX },
    }
}

/// See [`super::Kernel::send_zero_copy_to_itself`]. By UDP, because one socket is enough there.
pub fn send_zero_copy_to_itself() -> Result<(), Errno> {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(errno_of)?;
    socket.local_addr().and_then(|itself| socket.connect(itself)).map_err(errno_of)?;
    let on: libc::c_int = 1;
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    let fd = socket.as_raw_fd();
    // SAFETY: the kernel reads `size` bytes, which is the size of `on`.
    Errno::result(unsafe {
        libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_ZEROCOPY, (&raw const on).cast(), size)
    })?;
    // The kernel may read it until the completion comes, so it is one that never goes away.
    static BYTE: [u8; 1] = [0];
    let flags = libc::MSG_ZEROCOPY | libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // SAFETY: the kernel reads one byte, which is there.
    Errno::result(unsafe { libc::send(fd, BYTE.as_ptr().cast(), BYTE.len(), flags) }).map(drop)
}

fn errno_of(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
