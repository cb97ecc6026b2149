//! What is asked of sockets, and done to them, when they are handed over to this library.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag};
use nix::sys::socket::SockaddrStorage;

use super::Fd;
use super::linux::borrow;

/// Another descriptor of the same socket: `fcntl(F_DUPFD_CLOEXEC)`. It is the caller's to be closed.
/// See fcntl(2).
pub fn duplicate(socket: Fd) -> Result<Fd, Errno> {
    let number = nix::fcntl::fcntl(borrow(socket), FcntlArg::F_DUPFD_CLOEXEC(0))?;
    Ok(Fd::new(number).expect("a descriptor that was just made is not negative"))
}

/// Sets or clears `O_NONBLOCK`, for all who have a descriptor of the same socket. Returns whether it was
/// set before. See fcntl(2), F_SETFL.
pub fn set_non_blocking(socket: Fd, is_wanted: bool) -> Result<bool, Errno> {
    let bits = nix::fcntl::fcntl(borrow(socket), FcntlArg::F_GETFL)?;
    let mut flags = OFlag::from_bits_retain(bits);
    let was_set = flags.contains(OFlag::O_NONBLOCK);
    if was_set != is_wanted {
        flags.set(OFlag::O_NONBLOCK, is_wanted);
        nix::fcntl::fcntl(borrow(socket), FcntlArg::F_SETFL(flags))?;
    }
    Ok(was_set)
}

/// Whether it is connected: `getpeername`, whose ENOTCONN says that it is not. See getpeername(2).
pub fn is_connected(socket: Fd) -> Result<bool, Errno> {
    match nix::sys::socket::getpeername::<SockaddrStorage>(socket.number()) {
        Ok(_) => Ok(true),
        Err(Errno::ENOTCONN) => Ok(false),
        Err(errno) => Err(errno),
    }
}
