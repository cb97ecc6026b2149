//! The system calls of Linux, by nix where it has them and by libc where it does not.
//!
//! # Safety
//!
//! The unsafe code here is of two kinds: borrowing a descriptor that a face has promised to keep
//! open, and calls that nix has no safe form of. Neither can break memory when a descriptor is
//! wrong: the kernel answers EBADF.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag};
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, SockType, getsockopt, setsockopt, sockopt};
use nix::sys::stat::SFlag;
use nix::sys::time::TimeVal;
use nix::time::ClockId;
use nix::unistd::Whence;

use super::direct::DirectFile;
use super::fork::fork_generation;
use super::mapping::Mapping;
use super::{
    Extent, Fd, FileKind, FileStatus, Kernel, Page, Restrictions, SendFlags, Side, SocketKind,
    SpliceFlags, StatusFlags, process, storage,
};

/// The running kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

impl Kernel for Linux {
    type Mapping = Mapping;
    type DirectFile = DirectFile;

    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        let mut offset = file_offset(offset)?;
        nix::sys::sendfile::sendfile64(borrow(target), borrow(source), Some(&mut offset), count)
    }

    fn splice(
        &self,
        source: Fd,
        source_offset: Option<u64>,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        let mut source_offset = source_offset.map(file_offset).transpose()?;
        let mut target_offset = target_offset.map(file_offset).transpose()?;
        let mut bits = nix::fcntl::SpliceFFlags::empty();
        bits.set(nix::fcntl::SpliceFFlags::SPLICE_F_NONBLOCK, flags.non_blocking);
        bits.set(nix::fcntl::SpliceFFlags::SPLICE_F_MORE, flags.more);
        nix::fcntl::splice(
            borrow(source),
            source_offset.as_mut(),
            borrow(target),
            target_offset.as_mut(),
            count,
            bits,
        )
    }

    fn copy_file_range(
        &self,
        source: Fd,
        source_offset: u64,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
    ) -> Result<usize, Errno> {
        let mut source_offset = file_offset(source_offset)?;
        let mut target_offset = target_offset.map(file_offset).transpose()?;
        nix::fcntl::copy_file_range(
            borrow(source),
            Some(&mut source_offset),
            borrow(target),
            target_offset.as_mut(),
            count,
        )
    }

    fn pread(&self, source: Fd, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        nix::sys::uio::pread(borrow(source), buffer, file_offset(offset)?)
    }

    fn pread_page<'p>(
        &self,
        source: Fd,
        page: &'p mut Page,
        count: usize,
        offset: u64,
    ) -> Result<&'p [u8], Errno> {
        page.read(source, count, file_offset(offset)?)
    }

    fn read(&self, source: Fd, buffer: &mut [u8]) -> Result<usize, Errno> {
        nix::unistd::read(borrow(source), buffer)
    }

    fn receive(&self, source: Fd, buffer: &mut [u8], non_blocking: bool) -> Result<usize, Errno> {
        let mut flags = MsgFlags::empty();
        flags.set(MsgFlags::MSG_DONTWAIT, non_blocking);
        nix::sys::socket::recv(source.number(), buffer, flags)
    }

    fn peek(&self, source: Fd) -> Result<usize, Errno> {
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        nix::sys::socket::recv(source.number(), &mut [0], flags)
    }

    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        // What the kernel says of the offsets just before: no file is so large.
        let offset = file_offset(offset).map_err(|_| Errno::EFBIG)?;
        nix::sys::uio::pwrite(borrow(target), bytes, offset)
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        nix::unistd::write(borrow(target), bytes)
    }

    fn write_both(&self, target: Fd, first: &[u8], second: &[u8]) -> Result<usize, Errno> {
        nix::sys::uio::writev(borrow(target), &[IoSlice::new(first), IoSlice::new(second)])
    }

    fn send(&self, target: Fd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno> {
        nix::sys::socket::send(target.number(), bytes, message_flags(flags))
    }

    fn send_both(
        &self,
        target: Fd,
        first: &[u8],
        second: &[u8],
        flags: SendFlags,
    ) -> Result<usize, Errno> {
        nix::sys::socket::sendmsg::<()>(
            target.number(),
            &[IoSlice::new(first), IoSlice::new(second)],
            &[],
            message_flags(flags),
            None,
        )
    }

    fn map(&self, source: Fd, offset: u64, count: usize) -> Result<Mapping, Errno> {
        Mapping::of(source, file_offset(offset)?, count)
    }

    fn write_mapped(
        &self,
        target: Fd,
        target_offset: Option<u64>,
        mapping: &Mapping,
        begin: usize,
        count: usize,
        flags: Option<SendFlags>,
    ) -> Result<usize, Errno> {
        let target_offset = target_offset.map(file_offset).transpose()?;
        mapping.write_to(target, target_offset, begin, count, flags.map(message_flags))
    }

    fn open_direct(&self, source: Fd, offset: u64, end: u64) -> Result<DirectFile, Errno> {
        DirectFile::open(source, offset, end)
    }

    fn direct_bytes<'d>(&self, file: &'d mut DirectFile) -> Result<&'d [u8], Errno> {
        file.bytes()
    }

    fn direct_calls(&self, file: &DirectFile) -> u64 {
        file.calls()
    }

    fn consume_direct(&self, file: &mut DirectFile, count: usize) {
        file.consume(count);
    }

    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        let status = nix::sys::stat::fstat(borrow(fd))?;
        let kind = match SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => FileKind::Regular,
            SFlag::S_IFIFO => FileKind::Pipe,
            SFlag::S_IFSOCK => FileKind::Socket,
            _ => FileKind::Other,
        };
        Ok(FileStatus {
            kind,
            size: u64::try_from(status.st_size).unwrap_or(0),
            allocated_bytes: u64::try_from(status.st_blocks).unwrap_or(0).saturating_mul(512),
            device: status.st_dev,
            inode: status.st_ino,
        })
    }

    fn status_flags(&self, fd: Fd) -> Result<StatusFlags, Errno> {
        let bits = nix::fcntl::fcntl(borrow(fd), FcntlArg::F_GETFL)?;
        let flags = OFlag::from_bits_retain(bits);
        Ok(StatusFlags {
            is_non_blocking: flags.contains(OFlag::O_NONBLOCK),
            is_append: flags.contains(OFlag::O_APPEND),
            is_direct: flags.contains(OFlag::O_DIRECT),
        })
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

    fn tcp_no_delay(&self, fd: Fd) -> Result<bool, Errno> {
        getsockopt(&borrow(fd), sockopt::TcpNoDelay)
    }

    fn set_tcp_no_delay(&self, fd: Fd, no_delay: bool) -> Result<(), Errno> {
        setsockopt(&borrow(fd), sockopt::TcpNoDelay, &no_delay)
    }

    fn send_timeout(&self, fd: Fd) -> Result<Duration, Errno> {
        let timeout = getsockopt(&borrow(fd), sockopt::SendTimeout)?;
        let seconds = u64::try_from(timeout.tv_sec()).unwrap_or(0);
        let micros = u64::try_from(timeout.tv_usec()).unwrap_or(0);
        Ok(Duration::from_secs(seconds) + Duration::from_micros(micros))
    }

    fn set_send_timeout(&self, fd: Fd, timeout: Duration) -> Result<(), Errno> {
        let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
        let timeout = TimeVal::new(seconds, i64::from(timeout.subsec_micros()));
        setsockopt(&borrow(fd), sockopt::SendTimeout, &timeout)
    }

    fn shutdown_write(&self, socket: Fd) -> Result<(), Errno> {
        nix::sys::socket::shutdown(socket.number(), nix::sys::socket::Shutdown::Write)
    }

    fn set_reset_on_close(&self, socket: Fd, resets: bool) -> Result<(), Errno> {
        let linger = libc::linger { l_onoff: i32::from(resets), l_linger: 0 };
        setsockopt(&borrow(socket), sockopt::Linger, &linger)
    }

    fn position(&self, fd: Fd) -> Result<u64, Errno> {
        let position = nix::unistd::lseek64(borrow(fd), 0, Whence::SeekCur)?;
        u64::try_from(position).map_err(|_| Errno::EOVERFLOW)
    }

    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno> {
        nix::unistd::lseek64(borrow(fd), file_offset(position)?, Whence::SeekSet)?;
        Ok(())
    }

    fn extent(&self, source: Fd, offset: u64, end: u64) -> Result<Extent, Errno> {
        storage::extent(source, offset, end)
    }

    fn punch_hole(&self, fd: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        use nix::fcntl::FallocateFlags;
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        nix::fcntl::fallocate(borrow(fd), flags, file_offset(offset)?, file_offset(count)?)
    }

    fn set_size(&self, fd: Fd, size: u64) -> Result<(), Errno> {
        nix::unistd::ftruncate(borrow(fd), file_offset(size)?)
    }

    fn is_cached(&self, source: Fd, offset: u64) -> Result<bool, Errno> {
        storage::is_cached(source, offset)
    }

    fn read_ahead_bytes(&self, device: u64) -> Result<u64, Errno> {
        storage::read_ahead_bytes(device)
    }

    fn will_need(&self, source: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        let advice = nix::fcntl::PosixFadviseAdvice::POSIX_FADV_WILLNEED;
        nix::fcntl::posix_fadvise(borrow(source), file_offset(offset)?, file_offset(count)?, advice)
    }

    fn is_in_memory(&self, source: Fd) -> Result<bool, Errno> {
        let status = nix::sys::statfs::fstatfs(borrow(source))?;
        Ok(status.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC)
    }

    fn stored_pages(&self, source: Fd, offset: u64, count: u64) -> Result<u64, Errno> {
        storage::stored_pages(source, offset, count)
    }

    fn page_bytes(&self) -> u64 {
        storage::page_bytes()
    }

    fn block_bytes(&self, target: Fd) -> Result<u64, Errno> {
        storage::block_bytes(target)
    }

    fn poll(&self, waits: &[(Fd, Side)], limit: Option<Duration>) -> Result<u32, Errno> {
        const WAITS_MAX: usize = 4;
        assert!(waits.len() <= WAITS_MAX, "{} sides to wait for", waits.len());
        let unused = |_| PollFd::new(borrow(Fd(0)), PollFlags::empty());
        let mut asked: [PollFd; WAITS_MAX] = std::array::from_fn(unused);
        for (entry, (fd, side)) in asked.iter_mut().zip(waits) {
            let events = match side {
                Side::Source => PollFlags::POLLIN,
                Side::Target => PollFlags::POLLOUT,
            };
            *entry = PollFd::new(borrow(*fd), events);
        }
        let asked = &mut asked[..waits.len()];
        // ppoll(2) counts in nanoseconds; poll(2) would cut a short limit to 0 and spin.
        nix::poll::ppoll(asked, limit.map(Into::into), None)?;
        let is_ready = |entry: &PollFd| entry.revents().is_some_and(|events| !events.is_empty());
        Ok(asked
            .iter()
            .enumerate()
            .fold(0, |ready, (index, entry)| ready | (u32::from(is_ready(entry)) << index)))
    }

    fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        let (read_end, write_end) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        Ok((release(read_end), release(write_end)))
    }

    fn set_pipe_size(&self, pipe: Fd, bytes: usize) -> Result<usize, Errno> {
        let bytes = i32::try_from(bytes).map_err(|_| Errno::EINVAL)?;
        let size = nix::fcntl::fcntl(borrow(pipe), FcntlArg::F_SETPIPE_SZ(bytes))?;
        usize::try_from(size).map_err(|_| Errno::EOVERFLOW)
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
        // At an offset, so that whoever is given the file reads it from its beginning.
        let mut written = 0;
        // Ends: a write to memory moves bytes of a finite content or fails.
        while written < content.len() {
            let offset = file_offset(written as u64)?;
            written += nix::sys::uio::pwrite(&file, &content[written..], offset)?;
        }
        Ok(release(file))
    }

    fn close(&self, fd: Fd) {
        // SAFETY: only descriptors that `pipe` and `memory_file` gave away come here, once each.
        drop(unsafe { OwnedFd::from_raw_fd(fd.number()) });
    }

    fn now_ns(&self) -> u64 {
        let now = ClockId::CLOCK_MONOTONIC.now().expect("the clock is always there");
        let seconds = u64::try_from(now.tv_sec()).expect("the clock began at 0");
        seconds * 1_000_000_000 + u64::try_from(now.tv_nsec()).expect("a part of a second")
    }

    fn fork_generation(&self) -> u64 {
        fork_generation()
    }

    fn restrictions(&self) -> Restrictions {
        process::restrictions()
    }

    fn send_zero_copy_to_itself(&self) -> Result<(), Errno> {
        process::send_zero_copy_to_itself()
    }
}

fn message_flags(flags: SendFlags) -> MsgFlags {
    let mut bits = MsgFlags::MSG_NOSIGNAL;
    bits.set(MsgFlags::from_bits_retain(libc::MSG_MORE), flags.more);
    bits.set(MsgFlags::MSG_DONTWAIT, flags.non_blocking);
    bits
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

pub(super) fn borrow<'fd>(fd: Fd) -> BorrowedFd<'fd> {
    // SAFETY: `Fd` is never negative, and the faces promise that it stays open during the call.
    unsafe { BorrowedFd::borrow_raw(fd.number()) }
}

fn release(fd: OwnedFd) -> Fd {
    Fd::new(fd.into_raw_fd()).expect("a descriptor that the kernel made is not negative")
}

pub(super) fn file_offset(offset: u64) -> Result<i64, Errno> {
    i64::try_from(offset).map_err(|_| Errno::EOVERFLOW)
}
