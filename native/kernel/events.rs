//! epoll(7) and eventfd(2), for threads that serve many sockets.

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::Fd;
use super::linux::borrow;

/// How many events one wait brings.
const EVENTS_MAX: usize = 256;

const NS_PER_MS: u64 = 1_000_000;

/// What an event says of a socket. In edge-triggered mode each change is told once, or several times,
/// or late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edge {
    /// There may be something to read: bytes, the end, or an error.
    pub is_readable: bool,
    /// There may be room, or an error.
    pub is_writable: bool,
    /// What there is to read may be followed by more than bytes: the end, an error, urgent data.
    pub has_mark: bool,
}

/// The sockets that a thread waits for, by edges: each change is told once.
#[derive(Debug)]
pub struct Events(Epoll);

impl Events {
    /// `epoll_create1(EPOLL_CLOEXEC)`. See epoll_create(2).
    pub fn new() -> Result<Events, Errno> {
        Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(Events)
    }

    /// `epoll_ctl(EPOLL_CTL_ADD)` of a socket, for everything that may happen to it. What is so already
    /// is told too. See epoll_ctl(2).
    pub fn add(&self, socket: Fd, token: u64) -> Result<(), Errno> {
        let all = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLPRI
            | EpollFlags::EPOLLET;
        self.0.add(borrow(socket), EpollEvent::new(all, token))
    }

    /// `epoll_ctl(EPOLL_CTL_ADD)` of an alarm. See epoll_ctl(2).
    pub fn add_alarm(&self, alarm: &Alarm, token: u64) -> Result<(), Errno> {
        let ringing = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        self.0.add(&alarm.0, EpollEvent::new(ringing, token))
    }

    /// `epoll_ctl(EPOLL_CTL_DEL)`, which closing does by itself only where nobody holds another
    /// descriptor of the same socket. See epoll_ctl(2).
    pub fn remove(&self, socket: Fd) -> Result<(), Errno> {
        self.0.delete(borrow(socket))
    }

    /// `epoll_wait` for at most `limit_ns`, rounded up to milliseconds; `None` is no limit. Tells `each`
    /// the token of what has changed, and how. A wait that a signal ends has brought nothing. See
    /// epoll_wait(2).
    pub fn wait(&self, limit_ns: Option<u64>, mut each: impl FnMut(u64, Edge)) {
        let limit = match limit_ns {
            None => EpollTimeout::NONE,
            Some(limit_ns) => {
                let limit_ms = i32::try_from(limit_ns.div_ceil(NS_PER_MS)).unwrap_or(i32::MAX);
                EpollTimeout::try_from(limit_ms).unwrap_or(EpollTimeout::ZERO)
            }
        };
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        match self.0.wait(&mut events, limit) {
            Ok(count) => events[..count].iter().for_each(|it| each(it.data(), edge(it.events()))),
            Err(Errno::EINTR) => {}
            Err(errno) => unreachable!("epoll_wait of an own set: {errno}"),
        }
    }
}

fn edge(flags: EpollFlags) -> Edge {
    let dead = EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
    let mark = dead | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLPRI;
    Edge {
        is_readable: flags.intersects(mark | EpollFlags::EPOLLIN),
        is_writable: flags.intersects(dead | EpollFlags::EPOLLOUT),
        has_mark: flags.intersects(mark),
    }
}

/// Wakes a thread that waits for events: an eventfd(2).
#[derive(Debug)]
pub struct Alarm(EventFd);

impl Alarm {
    /// `eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)`. See eventfd(2).
    pub fn new() -> Result<Alarm, Errno> {
        EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map(Alarm)
    }

    /// Makes it ready for reading, until it is silenced.
    pub fn ring(&self) {
        // EAGAIN, after 2^64 - 2 rings that nobody has heard, leaves it ready as well.
        let _ = self.0.write(1);
    }

    /// Makes it not ready.
    pub fn silence(&self) {
        // EAGAIN: it was silent.
        let _ = self.0.read();
    }

    /// `poll` until it is ready for reading, a signal comes, or `limit_ms` are over. See poll(2).
    pub fn wait(&self, limit_ms: u16) -> Result<(), Errno> {
        let mut asked = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match nix::poll::poll(&mut asked, limit_ms) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// What to wait for.
    pub fn fd(&self) -> Fd {
        Fd::new(self.0.as_fd().as_raw_fd()).expect("an open descriptor is not negative")
    }
}
