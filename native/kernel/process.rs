//! What the system lets this process do, beside the calls themselves.
//!
//! # Safety
//!
//! The unsafe code makes a call that nix has no form of, with memory of the size that it uses, and
//! promises that a static is there for ever.
#![allow(unsafe_code)]

use std::fs;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;

use nix::errno::Errno;

use super::zerocopy::{LinuxSocket, Mode, Region, ZeroCopySocket};

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
    // The kernel may read it until the completion comes, so it is one that never goes away.
    static BYTE: [u8; 1] = [0];
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(errno_of)?;
    socket.local_addr().and_then(|itself| socket.connect(itself)).map_err(errno_of)?;
    let socket = LinuxSocket::from(OwnedFd::from(socket));
    socket.set_zero_copy(true)?;
    // SAFETY: nobody ever writes to it.
    let memory = unsafe { Region::new(BYTE.as_ptr(), BYTE.len()) };
    socket.send(&memory, 0..BYTE.len(), Mode::ZeroCopy, None).map(drop)
}

fn errno_of(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
