//! What is asked of sockets, and done to them, when they are handed over to this library.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag};
use nix::sys::socket::SockaddrStorage;

use super::Fd;
use super::linux::borrow;

/// Sets `O_NONBLOCK`, for all who have a descriptor of the same socket. See fcntl(2), F_SETFL.
pub fn set_non_blocking(socket: Fd) -> Result<(), Errno> {
    let bits = nix::fcntl::fcntl(borrow(socket), FcntlArg::F_GETFL)?;
    let flags = OFlag::from_bits_retain(bits);
    if !flags.contains(OFlag::O_NONBLOCK) {
        nix::fcntl::fcntl(borrow(socket), FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    }
    Ok(())
}

/// Whether it is connected: `getpeername`, whose ENOTCONN says that it is not. See getpeername(2).
pub fn is_connected(socket: Fd) -> Result<bool, Errno> {
    match nix::sys::socket::getpeername::<SockaddrStorage>(socket.number()) {
        Ok(_) => Ok(true),
        Err(Errno::ENOTCONN) => Ok(false),
        Err(errno) => Err(errno),
    }
}
