//! The running kernel for callers that may not ignore SIGPIPE: C, where the JVM always does.
//!
//! sendfile(2) and write(2) raise SIGPIPE when the peer is gone and have no flag against it. The
//! signal is directed at the thread, so blocking it around the call and taking it back is enough.
//!
//! # Safety
//!
//! The unsafe code asks about signals that nix has no safe question for. It changes the mask of the
//! calling thread only, and puts it back.
#![allow(unsafe_code)]

use std::cell::OnceCell;
use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};

use super::{Fd, FileStatus, Kernel, Linux, Side, SocketKind};

/// [`Linux`], but no call raises SIGPIPE. For one transfer on one thread.
#[derive(Debug, Default)]
pub struct LinuxWithoutSigpipe {
    /// Asked at the first call that could raise it: a guard costs two calls, 730 ns.
    is_ignored: OnceCell<bool>,
}

impl LinuxWithoutSigpipe {
    /// Makes a call that moves up to `asked` bytes.
    fn guarded(
        &self,
        asked: usize,
        call: impl FnOnce() -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        if *self.is_ignored.get_or_init(sigpipe_is_ignored) {
            return call();
        }
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&sigpipe()), Some(&mut before))?;
        let was_blocked = before.contains(Signal::SIGPIPE);
        // What is not blocked is delivered at once, so it can only be pending where it is blocked.
        let was_pending = was_blocked && sigpipe_is_pending();
        let answer = call();
        // sendfile(2) raises it too where a part was sent before the peer went away.
        if answer != Ok(asked) && !was_pending {
            take_pending_sigpipe();
        }
        if !was_blocked {
            pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)
                .expect("setting a mask that was in force fails for no reason that exists");
        }
        answer
    }
}

impl Kernel for LinuxWithoutSigpipe {
    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        self.guarded(count, || Linux.sendfile(target, source, offset, count))
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        self.guarded(bytes.len(), || Linux.write(target, bytes))
    }

    fn send(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        Linux.send(target, bytes)
    }

    fn pread<'b>(
        &self,
        source: Fd,
        buffer: &'b mut [MaybeUninit<u8>],
        offset: u64,
    ) -> Result<&'b [u8], Errno> {
        Linux.pread(source, buffer, offset)
    }

    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        Linux.pwrite(target, bytes, offset)
    }

    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        Linux.file_status(fd)
    }

    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno> {
        Linux.socket_kind(fd)
    }

    fn position(&self, fd: Fd) -> Result<u64, Errno> {
        Linux.position(fd)
    }

    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno> {
        Linux.set_position(fd, position)
    }

    fn wait_until_ready(&self, fd: Fd, side: Side) -> Result<(), Errno> {
        Linux.wait_until_ready(fd, side)
    }

    fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        Linux.pipe()
    }

    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno> {
        Linux.memory_file(content)
    }

    fn close(&self, fd: Fd) {
        Linux.close(fd);
    }
}

fn sigpipe() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGPIPE);
    set
}

fn sigpipe_is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a NULL action only asks, and the answer goes to memory of the right type.
    let asked = unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded, so `action` is filled.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

fn sigpipe_is_pending() -> bool {
    let mut pending = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call fills the set it is given.
    let asked = unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: the call succeeded, so `pending` is filled.
    asked == 0 && unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1
}

fn take_pending_sigpipe() {
    // Answers EAGAIN where none is pending.
    let no_wait = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both pointers are to live values; the information about the signal is not asked for.
    unsafe { libc::sigtimedwait(sigpipe().as_ref(), std::ptr::null_mut(), &no_wait) };
}
