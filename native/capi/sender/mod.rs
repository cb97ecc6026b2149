//! `zc_sender_*`.
#![allow(non_camel_case_types)]

mod values;

use std::ffi::{c_int, c_void};
use std::sync::{Mutex, MutexGuard};

use nix::errno::Errno;

pub use values::{
    ZC_COPIED_BACKED_OFF, ZC_COPIED_BY_KERNEL, ZC_COPIED_DISABLED, ZC_COPIED_NO_BUFFERS,
    ZC_COPIED_SMALL, ZC_COPIED_UNSUPPORTED, zc_completion, zc_sender_options, zc_sender_state,
    zc_sent,
};
use values::{completion, settings};

use super::guard;
use super::result::zc_status;
use crate::kernel::Fd;
use crate::kernel::zerocopy::{self, LinuxSocket, Region};
use crate::sender::buffers::Buffers;
use crate::sender::{Progress, Sender, Settings, Submission};

/// Sends from the caller's memory by MSG_ZEROCOPY. Thread-safe, but for `zc_sender_free`. Not to be
/// used in a child after fork(): parent and child would take each other's completions.
pub struct zc_sender {
    inner: Mutex<Inner>,
}

struct Inner {
    sender: Sender<LinuxSocket>,
    buffers: Buffers,
    error_number: c_int,
}

impl zc_sender {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a sender in which there was a panic is not used again")
    }
}

impl Inner {
    fn failed(&mut self, errno: Errno) -> zc_status {
        self.error_number = errno as c_int;
        zc_status::SYSTEM
    }

    /// Takes the completions, sends what is queued, and hands over up to `into.len()` messages: how
    /// many, and whether the completions could be taken. What was copied ends without them.
    fn reap(
        &mut self,
        into: &mut [std::mem::MaybeUninit<zc_completion>],
    ) -> (usize, Result<(), Errno>) {
        let reaped = self.sender.reap();
        self.sender.advance();
        let mut count = 0;
        for place in into {
            let Some(finished) = self.sender.next_finished() else { break };
            self.buffers.end_message(finished.memory.address());
            place.write(completion(&finished));
            count += 1;
        }
        (count, reaped)
    }
}

/// Makes a sender for a connected TCP or UDP socket.
///
/// The sender keeps a duplicate of `fd`, so the caller may close his own; the connection then ends
/// with the sender. SO_ZEROCOPY is set while it lives, and put back after. Nothing else on the
/// socket may use MSG_ZEROCOPY meanwhile or read the error queue. A socket that does not know
/// MSG_ZEROCOPY, a UNIX one for example, is sent to by copies: `refusal_error_number` says why.
///
/// @param fd           a connected socket. Only borrowed; its flags stay as they are.
/// @param options      NULL for the default.
/// @param sender       where the sender goes; NULL goes there unless `ZC_OK` is returned.
/// @param error_number where the `errno` goes if `ZC_SYSTEM` is returned (EBADF, ENOTSOCK, EMFILE);
///                     may be NULL.
/// @return `ZC_OK`, `ZC_SYSTEM`, `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_new(
    fd: c_int,
    options: *const zc_sender_options,
    sender: *mut *mut zc_sender,
    error_number: *mut c_int,
) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that what is not NULL is live and not shared.
        let (options, sender, error_number) =
            unsafe { (options.as_ref(), sender.as_mut(), error_number.as_mut()) };
        let Some(sender) = sender else { return zc_status::NULL_ARGUMENT };
        *sender = std::ptr::null_mut();
        let (Some(fd), Some(settings)) = (Fd::new(fd), settings(options)) else {
            return zc_status::INVALID_ARGUMENT;
        };
        match open(fd, settings) {
            Ok(made) => {
                *sender = Box::into_raw(Box::new(made));
                zc_status::OK
            }
            Err(errno) => {
                if let Some(error_number) = error_number {
                    *error_number = errno as c_int;
                }
                zc_status::SYSTEM
            }
        }
    })
}

/// Sends a message: as much as the socket takes now, the rest in later calls of `zc_sender_reap`.
///
/// Never blocks. Messages go out in the order of their sends. The memory belongs to the kernel
/// until `zc_sender_reap` hands out the completion with this `id`: what is written to it before may
/// be what the peer gets. Each message is completed once, also where it was copied or failed.
///
/// @param data          the message. What it was acquired for, or any other memory.
/// @param bytes         how long it is, at least 0.
/// @param segment_bytes UDP: cut it into datagrams of this size (UDP_SEGMENT of udp(7)). Else 0.
/// @param id            where the number of the message goes, at least 1. Not NULL.
/// @return `ZC_OK`: the message was taken. `ZC_FULL`: the bound on bytes in flight is reached and
///         nothing was taken; wait and reap, then send again. `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// `sender` is live, `id` may be written, and `bytes` bytes at `data` may be read until the
/// completion.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_send(
    sender: *mut zc_sender,
    data: *const c_void,
    bytes: usize,
    segment_bytes: u16,
    id: *mut u64,
) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that what is not NULL is live.
        let (sender, id) = unsafe { (sender.as_ref(), id.as_mut()) };
        let (Some(sender), Some(id)) = (sender, id) else { return zc_status::NULL_ARGUMENT };
        if data.is_null() && bytes > 0 {
            return zc_status::NULL_ARGUMENT;
        }
        // SAFETY: the caller promises to keep the memory until the completion.
        let memory = unsafe { Region::new(data.cast(), bytes) };
        let segment_bytes = (segment_bytes > 0).then_some(segment_bytes);
        let mut inner = sender.lock();
        match inner.sender.submit(Submission { memory, bytes, segment_bytes }) {
            Err(crate::sender::Full) => zc_status::FULL,
            Ok(number) => {
                *id = number;
                inner.buffers.begin_message(memory.address());
                inner.sender.advance();
                zc_status::OK
            }
        }
    })
}

/// Takes the completions that there are, sends what is queued, and hands out messages that ended.
///
/// Never blocks. To be called whenever poll(2) says POLLERR, or POLLOUT, of the socket, and after
/// sends that were copied, which are complete at once. As long as there are completions that nobody
/// takes, poll says POLLERR at once.
///
/// @param completions where they go.
/// @param count_max   how many have room there, at least 1. As many as that may mean that there are
///                    more.
/// @param count       where the number goes of those that were written.
/// @return `ZC_OK`, `ZC_NULL_ARGUMENT`, or `ZC_SYSTEM` (see `zc_sender_state.error_number`): the
///         completions can't be read. What is written is valid all the same; what else was in flight
///         may never be completed, and what is sent from now on is copied.
///
/// # Safety
///
/// `sender` is live, `completions` has room, and `count` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_reap(
    sender: *mut zc_sender,
    completions: *mut zc_completion,
    count_max: usize,
    count: *mut usize,
) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that what is not NULL is live.
        let (sender, count) = unsafe { (sender.as_ref(), count.as_mut()) };
        let (Some(sender), Some(count)) = (sender, count) else { return zc_status::NULL_ARGUMENT };
        *count = 0;
        if completions.is_null() {
            return zc_status::NULL_ARGUMENT;
        }
        // SAFETY: the caller promises room for so many, which need not be initialized.
        let into = unsafe { std::slice::from_raw_parts_mut(completions.cast(), count_max) };
        let mut inner = sender.lock();
        let (handed_over, reaped) = inner.reap(into);
        *count = handed_over;
        match reaped {
            Ok(()) => zc_status::OK,
            Err(errno) => inner.failed(errno),
        }
    })
}

/// Waits until there is something for `zc_sender_reap` to do: a message that has ended, a
/// completion, or room in the socket if something is queued.
///
/// Returns early when a signal handler has run.
///
/// @param timeout_ms how long at most; -1 for no limit.
/// @return `ZC_OK`, also where the time is over; `ZC_SYSTEM`; `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// `sender` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_wait(sender: *mut zc_sender, timeout_ms: c_int) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that it is live, also while this waits.
        let Some(sender) = (unsafe { sender.as_ref() }) else { return zc_status::NULL_ARGUMENT };
        let mut inner = sender.lock();
        let for_room = inner.sender.advance() == Progress::WaitForRoom;
        if inner.sender.has_finished() {
            // What was copied has ended without an event.
            return zc_status::OK;
        }
        let socket = inner.sender.socket().fd();
        // Others can send and reap meanwhile. The socket lives as long as the sender.
        drop(inner);
        match zerocopy::wait(socket, for_room, timeout_ms) {
            Ok(_) | Err(Errno::EINTR) => zc_status::OK,
            Err(errno) => sender.lock().failed(errno),
        }
    })
}

/// Lends a buffer for messages: whole pages, zeroed or with what an earlier user has left in it.
///
/// It has at least `bytes` bytes, begins at a page, and is valid until `zc_sender_free`.
///
/// @param data where its address goes; NULL goes there unless `ZC_OK` is returned.
/// @return `ZC_OK`, `ZC_SYSTEM` (ENOMEM, see `zc_sender_state.error_number`), `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// `sender` is live, and `data` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_acquire(
    sender: *mut zc_sender,
    bytes: usize,
    data: *mut *mut c_void,
) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that what is not NULL is live.
        let (sender, data) = unsafe { (sender.as_ref(), data.as_mut()) };
        let (Some(sender), Some(data)) = (sender, data) else { return zc_status::NULL_ARGUMENT };
        *data = std::ptr::null_mut();
        let mut inner = sender.lock();
        match inner.buffers.acquire(bytes) {
            Ok(address) => {
                *data = address;
                zc_status::OK
            }
            Err(errno) => inner.failed(errno),
        }
    })
}

/// Gives a buffer back. This may be at once after the send: it is lent again only when the messages
/// in it are complete.
///
/// @param data what `zc_sender_acquire` gave.
/// @return `ZC_OK`, `ZC_NULL_ARGUMENT`, or `ZC_INVALID_ARGUMENT` for what is no buffer of this
///         sender or was given back before.
///
/// # Safety
///
/// `sender` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_release(sender: *mut zc_sender, data: *mut c_void) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that it is live.
        let Some(sender) = (unsafe { sender.as_ref() }) else { return zc_status::NULL_ARGUMENT };
        if data.is_null() {
            return zc_status::NULL_ARGUMENT;
        }
        let is_released = sender.lock().buffers.release(data.addr());
        if is_released { zc_status::OK } else { zc_status::INVALID_ARGUMENT }
    })
}

/// How the sender stands.
///
/// @param state `size` set by the caller: `zc_sender_state state = {sizeof state};`
/// @return `ZC_OK`, `ZC_INVALID_ARGUMENT` for too small a `size`, `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// `sender` is live, and `state` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_get_state(
    sender: *mut zc_sender,
    state: *mut zc_sender_state,
) -> zc_status {
    guard::status_of(|| {
        // SAFETY: the caller promises that it is live.
        let sender = unsafe { sender.as_ref() };
        let (Some(sender), false) = (sender, state.is_null()) else {
            return zc_status::NULL_ARGUMENT;
        };
        // SAFETY: every version of the struct begins with its size.
        let size = unsafe { (&raw const (*state).size).read() };
        if size < size_of::<zc_sender_state>() {
            return zc_status::INVALID_ARGUMENT;
        }
        let now = state_of(&sender.lock(), size);
        // SAFETY: the caller promises that it may be written, and it has room.
        unsafe { state.write(now) };
        zc_status::OK
    })
}

/// The sender's own descriptor, for poll(2) or epoll(7): POLLERR, which need not be asked for, says
/// that there are completions; POLLOUT is worth asking for while `bytes_unsent` is not 0.
///
/// In epoll(7) use EPOLLET: a connection that has ended is EPOLLHUP for ever. It is valid until
/// `zc_sender_free`; not to be closed. -1 for NULL.
///
/// # Safety
///
/// `sender` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_fd(sender: *mut zc_sender) -> c_int {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(sender) = (unsafe { sender.as_ref() }) else { return -1 };
    let number = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sender.lock().sender.socket().fd().number()
    }));
    number.unwrap_or(-1)
}

/// Ends a sender at once, and its buffers with it.
///
/// What is queued is not sent. What is in flight is never completed, and the caller's memory under
/// it is the kernel's for a time that nobody can tell any more: reap until `bytes_in_flight` is 0
/// first, or unmap that memory, of which the kernel keeps the pages. The buffers are unmapped.
///
/// @param sender what `zc_sender_new` gave, or NULL, which does nothing.
///
/// # Safety
///
/// `sender` is NULL, or live and used by nobody, also by none that waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_sender_free(sender: *mut zc_sender) {
    if sender.is_null() {
        return;
    }
    guard::status_of(|| {
        // SAFETY: it came from `Box::into_raw` and is used by nobody any more.
        drop(unsafe { Box::from_raw(sender) });
        zc_status::OK
    });
}

fn open(fd: Fd, settings: Settings) -> Result<zc_sender, Errno> {
    let socket = LinuxSocket::duplicate(fd)?;
    let is_stream = socket.is_stream()?;
    let sender = Sender::new(socket, is_stream, settings);
    let inner = Inner { sender, buffers: Buffers::default(), error_number: 0 };
    Ok(zc_sender { inner: Mutex::new(inner) })
}

fn state_of(inner: &Inner, size: usize) -> zc_sender_state {
    zc_sender_state {
        size,
        bytes_in_flight: inner.sender.bytes_in_flight() as u64,
        bytes_unsent: inner.sender.bytes_unsent() as u64,
        next_id: inner.sender.next_id(),
        is_copying: u32::from(inner.sender.is_copying()),
        refusal_error_number: inner.sender.refusal().map_or(0, |errno| errno as c_int),
        error_number: inner.error_number,
    }
}
