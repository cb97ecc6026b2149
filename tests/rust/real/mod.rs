//! Files, pipes and sockets of the running Linux, for tests of what is done to them.
#![allow(dead_code, clippy::unwrap_used, reason = "each test crate uses its part")]

pub mod child;
pub mod content;
pub mod ends;
pub mod loop_device;
pub mod places;
pub mod relays;
pub mod run;
pub mod sample;
pub mod seccomp;
pub mod strace;
pub mod tcp;

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zerocopy_nio::kernel::Fd;

/// What takes this long never ends.
pub const HANG_BOUND: Duration = Duration::from_secs(10);

/// Owns what it makes and closes it at its end.
#[derive(Debug, Default)]
pub struct Real {
    owned: RefCell<Vec<OwnedFd>>,
    /// Threads that may have handles of their own.
    busy: RefCell<Vec<thread::JoinHandle<()>>>,
}

impl Real {
    pub fn own(&self, thing: impl Into<OwnedFd>) -> Fd {
        let thing = thing.into();
        let fd = Fd::new(thing.as_raw_fd()).unwrap();
        self.owned.borrow_mut().push(thing);
        fd
    }

    /// A second handle of what is behind `fd`, to use what the standard library has for it.
    pub fn handle(&self, fd: Fd) -> OwnedFd {
        let owned = self.owned.borrow();
        let thing = owned.iter().find(|thing| thing.as_raw_fd() == fd.number()).unwrap();
        thing.try_clone().unwrap()
    }

    pub fn file(&self, content: &[u8]) -> Fd {
        let file = nix::sys::memfd::memfd_create("test", nix::sys::memfd::MFdFlags::empty());
        let mut file = std::fs::File::from(file.unwrap());
        file.write_all(content).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        self.own(file)
    }

    /// A file on the disk that the build is on, without a name.
    pub fn stored_file(&self, content: &[u8]) -> Fd {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).custom_flags(nix::libc::O_TMPFILE);
        let mut file = options.open(env!("CARGO_TARGET_TMPDIR")).unwrap();
        file.write_all(content).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        self.own(file)
    }

    pub fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd {
        let flags = if append { nix::libc::O_APPEND } else { 0 };
        self.reopen_with(file, readable, writable, flags)
    }

    pub fn reopen_with(&self, file: Fd, readable: bool, writable: bool, flags: i32) -> Fd {
        let mut options = OpenOptions::new();
        let options = options.read(readable).write(writable).custom_flags(flags);
        self.own(options.open(format!("/proc/self/fd/{}", file.number())).unwrap())
    }

    pub fn pipe(&self, blocking: bool) -> (Fd, Fd) {
        let flags = nix::fcntl::OFlag::O_CLOEXEC;
        let (read_end, write_end) = nix::unistd::pipe2(flags).unwrap();
        let (read_end, write_end) = (self.own(read_end), self.own(write_end));
        if !blocking {
            self.set_non_blocking(write_end);
        }
        (read_end, write_end)
    }

    pub fn set_non_blocking(&self, fd: Fd) {
        let flags = nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK);
        nix::fcntl::fcntl(self.handle(fd), flags).unwrap();
    }

    pub fn tcp(&self, blocking: bool) -> (Fd, Fd) {
        let (peer, socket) = self.tcp_of("127.0.0.1:0").unwrap();
        if !blocking {
            self.set_non_blocking(socket);
        }
        (peer, socket)
    }

    /// Two connected sockets, or why there are none: not every machine has IPv6.
    pub fn tcp_of(&self, address: &str) -> Result<(Fd, Fd), String> {
        let said = |error: std::io::Error| format!("TCP on {address}: {error}");
        let listener = TcpListener::bind(address).map_err(said)?;
        let socket = TcpStream::connect(listener.local_addr().unwrap()).map_err(said)?;
        let (peer, _) = listener.accept().map_err(said)?;
        Ok((self.own(peer), self.own(socket)))
    }

    pub fn unix(&self, blocking: bool) -> (Fd, Fd) {
        let (peer, socket) = UnixStream::pair().unwrap();
        socket.set_nonblocking(!blocking).unwrap();
        (self.own(peer), self.own(socket))
    }

    pub fn udp(&self, connected: bool) -> (Fd, Fd) {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        if connected {
            socket.connect(peer.local_addr().unwrap()).unwrap();
        }
        (self.own(peer), self.own(socket))
    }

    /// One read of at most `count` bytes of a datagram; `count` bytes of anything else, fewer only
    /// where no more are there.
    pub fn read(&self, reader: Fd, count: usize) -> Vec<u8> {
        let handle = self.handle(reader);
        let is_datagram =
            nix::sys::socket::getsockopt(&handle, nix::sys::socket::sockopt::SockType)
                .is_ok_and(|kind| kind == nix::sys::socket::SockType::Datagram);
        let mut bytes = vec![0; count];
        let mut file = std::fs::File::from(handle);
        let mut filled = 0;
        while filled < count && is_readable(&file) {
            filled += file.read(&mut bytes[filled..]).unwrap();
            if is_datagram {
                break;
            }
        }
        bytes.truncate(filled);
        bytes
    }

    /// Does something in a thread. A `close` waits for it, so that no handle of it is left then.
    pub fn meanwhile(&self, act: impl FnOnce() + Send + 'static) {
        self.busy.borrow_mut().push(thread::spawn(act));
    }

    pub fn close(&self, fd: Fd) {
        for thread in self.busy.borrow_mut().drain(..) {
            thread.join().unwrap();
        }
        drop(self.take(fd));
    }

    /// The descriptor itself, which is closed by whoever gets it.
    pub fn take(&self, fd: Fd) -> OwnedFd {
        let mut owned = self.owned.borrow_mut();
        let place = owned.iter().position(|thing| thing.as_raw_fd() == fd.number()).unwrap();
        owned.swap_remove(place)
    }

    pub fn truncate(&self, file: Fd, size: u64) {
        std::fs::File::from(self.handle(file)).set_len(size).unwrap();
    }

    pub fn content(&self, file: Fd) -> Vec<u8> {
        std::fs::read(format!("/proc/self/fd/{}", file.number())).unwrap()
    }
}

/// Runs `act` in a thread of its own and fails where it does not come back.
pub fn without_hanging<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = mpsc::channel();
    let running = thread::spawn(move || {
        let outcome = act();
        // Nobody waits any more where it took too long.
        let _ = done.send(());
        outcome
    });
    match outcome.recv_timeout(HANG_BOUND) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }
    }
}

/// Whether something comes within the time that loopback may need.
fn is_readable(file: &std::fs::File) -> bool {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut waited = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    poll(&mut waited, PollTimeout::from(100_u8)).unwrap() > 0
}
