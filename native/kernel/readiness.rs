//! epoll(7), for the one thread that takes the completions of all senders.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::Fd;

/// How many events one wait brings.
const EVENTS_MAX: usize = 64;

/// The readiness of many sockets, by edges: each change is told once.
///
/// By level, a socket whose peer is gone would be told for ever: EPOLLHUP can't be masked.
#[derive(Debug)]
pub struct Readiness(Epoll);

impl Readiness {
    /// `epoll_create1(EPOLL_CLOEXEC)`. See epoll_create(2).
    pub fn new() -> Result<Readiness, Errno> {
        Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(Readiness)
    }

    /// `epoll_ctl(EPOLL_CTL_ADD)` for the error queue, under the name of `token`. It ends when the
    /// descriptor is closed. See epoll_ctl(2).
    pub fn add(&self, fd: Fd, token: u64) -> Result<(), Errno> {
        self.0.add(borrow(fd), EpollEvent::new(EpollFlags::EPOLLET, token))
    }

    /// `epoll_ctl(EPOLL_CTL_MOD)`: whether room in the socket is told too. What is already so is
    /// told once more. See epoll_ctl(2).
    pub fn set_room_wanted(&self, fd: Fd, token: u64, wanted: bool) -> Result<(), Errno> {
        let room = if wanted { EpollFlags::EPOLLOUT } else { EpollFlags::empty() };
        let mut event = EpollEvent::new(EpollFlags::EPOLLET | room, token);
        self.0.modify(borrow(fd), &mut event)
    }

    /// `epoll_ctl(EPOLL_CTL_DEL)`, for a descriptor whose socket lives on by another one. See
    /// epoll_ctl(2).
    pub fn remove(&self, fd: Fd) -> Result<(), Errno> {
        self.0.delete(borrow(fd))
    }

    /// `epoll_wait`, for at most `timeout_ms`: the tokens of what has changed. See epoll_wait(2).
    pub fn wait(&self, timeout_ms: u16) -> Result<Vec<u64>, Errno> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let count = self.0.wait(&mut events, EpollTimeout::from(timeout_ms))?;
        Ok(events[..count].iter().map(EpollEvent::data).collect())
    }
}

#[allow(unsafe_code)]
fn borrow<'fd>(fd: Fd) -> BorrowedFd<'fd> {
    // SAFETY: `Fd` is never negative, and the sender that it belongs to is alive during the call. A
    // wrong one is EBADF.
    unsafe { BorrowedFd::borrow_raw(fd.number()) }
}
