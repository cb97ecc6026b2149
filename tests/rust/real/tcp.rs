//! What the kernel says of a TCP connection: TCP_INFO of tcp(7), the part that libc does not have.
#![allow(unsafe_code, reason = "nix has no TCP_INFO")]

use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;

/// Where `tcpi_notsent_bytes` and `tcpi_data_segs_out` are in `struct tcp_info` of linux/tcp.h.
const NOT_SENT_BYTES_AT: usize = 144;
const DATA_SEGMENTS_OUT_AT: usize = 156;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpInfo {
    /// What was written and not sent yet.
    pub not_sent_bytes: u32,
    /// How many segments with bytes in them went out.
    pub data_segments_out: u32,
}

pub fn tcp_info(socket: &impl AsRawFd) -> TcpInfo {
    let mut info = [0_u8; 256];
    let mut size = info.len() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes, which is the size of `info`.
    let asked = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &mut size,
        )
    };
    Errno::result(asked).unwrap();
    assert!(size as usize >= DATA_SEGMENTS_OUT_AT + 4, "a kernel before 4.6");
    let number = |at: usize| u32::from_ne_bytes(info[at..at + 4].try_into().unwrap());
    TcpInfo {
        not_sent_bytes: number(NOT_SENT_BYTES_AT),
        data_segments_out: number(DATA_SEGMENTS_OUT_AT),
    }
}
