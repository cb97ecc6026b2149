//! The system calls of Linux, by nix where it has them and by libc where it does not.
//!
//! # Safety
//!
//! The unsafe code here is of three kinds: borrowing a descriptor that a face has promised to keep
//! open, giving the kernel memory that a slice owns, and calls that nix has no safe form of. None
//! of them can break memory when a descriptor is wrong: the kernel answers EBADF.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{MsgFlags, SockType, getsockopt, sockopt};
use nix::sys::stat::SFlag;
use nix::unistd::Whence;

use super::{Fd, FileKind, FileStatus, Kernel, Side, SocketKind};

/// The running kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

impl Kernel for Linux {
    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        let mut offset = file_offset(offset)?;
        nix::sys::sendfile::sendfile64(borrow(target), borrow(source), Some(&mut offset), count)
    }

    fn pread<'b>(
        &self,
        source: Fd,
        buffer: &'b mut [MaybeUninit<u8>],
        offset: u64,
    ) -> Result<&'b [u8], Errno> {
        let offset = file_offset(offset)?;
        // SAFETY: the kernel writes at most `buffer.len()` bytes to memory that `buffer` owns.
        let count = Errno::result(unsafe {
            libc::pread64(source.number(), buffer.as_mut_ptr().cast(), buffer.len(), offset)
        })?;
        let count = usize::try_from(count).expect("a count that is not an error is not negative");
        assert!(count <= buffer.len(), "pread returned more than it was asked for");
        // SAFETY: the kernel has just written the first `count` bytes, and u8 has no invalid value.
        Ok(unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast(), count) })
    }

    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        nix::sys::uio::pwrite(borrow(target), bytes, file_offset(offset)?)
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        nix::unistd::write(borrow(target), bytes)
    }

    fn send(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        nix::sys::socket::send(target.number(), bytes, MsgFlags::MSG_NOSIGNAL)
    }

    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        let status = nix::sys::stat::fstat(borrow(fd))?;
        let kind = match SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => FileKind::Regular,
            SFlag::S_IFIFO => FileKind::Pipe,
            SFlag::S_IFSOCK => FileKind::Socket,
            _ => FileKind::Other,
        };
        let size = u64::try_from(status.st_size).unwrap_or(0);
        Ok(FileStatus { kind, size })
    }

    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno> {
        // One call for the common case.
        if socket_option(fd, libc::SO_PROTOCOL)? == libc::IPPROTO_TCP {
            return Ok(SocketKind::Stream);
        }
        if getsockopt(&borrow(fd), sockopt::SockType)? != SockType::Stream {
            return Ok(SocketKind::Datagram);
        }
        if socket_option(fd, libc::SO_DOMAIN)? != libc::AF_UNIX {
            return Ok(SocketKind::Stream);
        }
        let send_buffer_bytes = getsockopt(&borrow(fd), sockopt::SndBuf)? as u64;
        Ok(SocketKind::UnixStream { send_buffer_bytes })
    }

    fn position(&self, fd: Fd) -> Result<u64, Errno> {
        let position = nix::unistd::lseek64(borrow(fd), 0, Whence::SeekCur)?;
        u64::try_from(position).map_err(|_| Errno::EOVERFLOW)
    }

    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno> {
        nix::unistd::lseek64(borrow(fd), file_offset(position)?, Whence::SeekSet)?;
        Ok(())
    }

    fn wait_until_ready(&self, fd: Fd, side: Side) -> Result<(), Errno> {
        let events = match side {
            Side::Source => PollFlags::POLLIN,
            Side::Target => PollFlags::POLLOUT,
        };
        nix::poll::poll(&mut [PollFd::new(borrow(fd), events)], PollTimeout::NONE)?;
        Ok(())
    }

    fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        let (read_end, write_end) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        Ok((release(read_end), release(write_end)))
    }

    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno> {
        // By number, because glibc has the wrapper only since 2.27 and we run from 2.17.
        // SAFETY: the name is a C string that lives as long as the program.
        let number = Errno::result(unsafe {
            libc::syscall(libc::SYS_memfd_create, c"zerocopy-nio".as_ptr(), libc::MFD_CLOEXEC)
        })?;
        let number = i32::try_from(number).map_err(|_| Errno::EOVERFLOW)?;
        // SAFETY: the descriptor was just made and nobody else knows it.
        let file = unsafe { OwnedFd::from_raw_fd(number) };
        nix::unistd::write(&file, content)?;
        Ok(release(file))
    }

    fn close(&self, fd: Fd) {
        // SAFETY: only descriptors that `pipe` and `memory_file` gave away come here, once each.
        drop(unsafe { OwnedFd::from_raw_fd(fd.number()) });
    }
}

/// An option of the level SOL_SOCKET that is an int and that nix does not have.
fn socket_option(fd: Fd, option: libc::c_int) -> Result<libc::c_int, Errno> {
    let mut value: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes, which is the size of `value`.
    let asked = unsafe {
        libc::getsockopt(fd.number(), libc::SOL_SOCKET, option, (&raw mut value).cast(), &mut size)
    };
    Errno::result(asked).map(|_| value)
}

fn borrow<'fd>(fd: Fd) -> BorrowedFd<'fd> {
    // SAFETY: `Fd` is never negative, and the faces promise that it stays open during the call.
    unsafe { BorrowedFd::borrow_raw(fd.number()) }
}

fn release(fd: OwnedFd) -> Fd {
    Fd::new(fd.into_raw_fd()).expect("a descriptor that the kernel made is not negative")
}

fn file_offset(offset: u64) -> Result<i64, Errno> {
    i64::try_from(offset).map_err(|_| Errno::EOVERFLOW)
}
