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
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};

use super::{
    Extent, Fd, FileStatus, Kernel, Linux, Restrictions, SendFlags, Side, SocketKind, SpliceFlags,
    StatusFlags,
};

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

/// Methods of [`Kernel`] whose system calls never raise SIGPIPE: [`Linux`] makes them.
macro_rules! by_linux {
    ($(fn $name:ident$(<$life:lifetime>)?($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        fn $name$(<$life>)?(&self, $($argument: $type),*) $(-> $answer)? {
            Linux.$name($($argument),*)
        }
    )*};
}

impl Kernel for LinuxWithoutSigpipe {
    type Mapping = <Linux as Kernel>::Mapping;
    type DirectFile = <Linux as Kernel>::DirectFile;

    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        self.guarded(count, || Linux.sendfile(target, source, offset, count))
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
        self.guarded(count, || {
            Linux.splice(source, source_offset, target, target_offset, count, flags)
        })
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        self.guarded(bytes.len(), || Linux.write(target, bytes))
    }

    fn write_both(&self, target: Fd, first: &[u8], second: &[u8]) -> Result<usize, Errno> {
        self.guarded(first.len() + second.len(), || Linux.write_both(target, first, second))
    }

    fn write_mapped(
        &self,
        target: Fd,
        target_offset: Option<u64>,
        mapping: &Self::Mapping,
        begin: usize,
        count: usize,
        flags: Option<SendFlags>,
    ) -> Result<usize, Errno> {
        let write = || Linux.write_mapped(target, target_offset, mapping, begin, count, flags);
        if flags.is_some() { write() } else { self.guarded(count, write) }
    }

    by_linux! {
        fn copy_file_range(
            source: Fd,
            source_offset: u64,
            target: Fd,
            target_offset: Option<u64>,
            count: usize
        ) -> Result<usize, Errno>;
        fn pread(source: Fd, buffer: &mut [u8], offset: u64) -> Result<usize, Errno>;
        fn read(source: Fd, buffer: &mut [u8]) -> Result<usize, Errno>;
        fn receive(source: Fd, buffer: &mut [u8], non_blocking: bool) -> Result<usize, Errno>;
        fn pwrite(target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno>;
        fn send(target: Fd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno>;
        fn send_both(
            target: Fd,
            first: &[u8],
            second: &[u8],
            flags: SendFlags
        ) -> Result<usize, Errno>;
        fn map(source: Fd, offset: u64, count: usize) -> Result<Self::Mapping, Errno>;
        fn open_direct(source: Fd, offset: u64, end: u64) -> Result<Self::DirectFile, Errno>;
        fn direct_bytes<'d>(file: &'d mut Self::DirectFile) -> Result<&'d [u8], Errno>;
        fn direct_calls(file: &Self::DirectFile) -> u64;
        fn consume_direct(file: &mut Self::DirectFile, count: usize);
        fn file_status(fd: Fd) -> Result<FileStatus, Errno>;
        fn status_flags(fd: Fd) -> Result<StatusFlags, Errno>;
        fn socket_kind(fd: Fd) -> Result<SocketKind, Errno>;
        fn tcp_no_delay(fd: Fd) -> Result<bool, Errno>;
        fn set_tcp_no_delay(fd: Fd, no_delay: bool) -> Result<(), Errno>;
        fn send_timeout(fd: Fd) -> Result<Duration, Errno>;
        fn set_send_timeout(fd: Fd, timeout: Duration) -> Result<(), Errno>;
        fn position(fd: Fd) -> Result<u64, Errno>;
        fn set_position(fd: Fd, position: u64) -> Result<(), Errno>;
        fn extent(source: Fd, offset: u64, end: u64) -> Result<Extent, Errno>;
        fn punch_hole(fd: Fd, offset: u64, count: u64) -> Result<(), Errno>;
        fn set_size(fd: Fd, size: u64) -> Result<(), Errno>;
        fn is_cached(source: Fd, offset: u64) -> Result<bool, Errno>;
        fn read_ahead_bytes(device: u64) -> Result<u64, Errno>;
        fn will_need(source: Fd, offset: u64, count: u64) -> Result<(), Errno>;
        fn poll(waits: &[(Fd, Side)], limit: Option<Duration>) -> Result<u32, Errno>;
        fn pipe() -> Result<(Fd, Fd), Errno>;
        fn set_pipe_size(pipe: Fd, bytes: usize) -> Result<usize, Errno>;
        fn memory_file(content: &[u8]) -> Result<Fd, Errno>;
        fn close(fd: Fd);
        fn now_ns() -> u64;
        fn fork_generation() -> u64;
        fn restrictions() -> Restrictions;
        fn send_zero_copy_to_itself() -> Result<(), Errno>;
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
