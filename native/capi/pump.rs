//! `zc_pump_*`: transfers for event loops.
#![allow(non_camel_case_types)]

use std::ffi::c_int;
use std::time::Instant;

use super::guard;
use super::options::{Listener, zc_options};
use super::request::Arguments;
use super::result::{answer, zc_result, zc_status};
use crate::driver::PROCESS;
use crate::driver::blocking::OnProgress;
use crate::driver::turns::Turns;
use crate::error::Error;
use crate::kernel::{Linux, WithoutSigpipe};
use crate::transfer::Account;

/// A transfer that never blocks and is stepped by an event loop, which does the waiting.
///
/// For one thread at a time, not always the same one. In a child after fork() a pump of the parent
/// must be neither stepped nor freed.
pub struct zc_pump {
    turns: Turns<Linux>,
    listener: Listener,
    begun: Instant,
}

/// Makes a pump that moves `count` bytes from `in_fd` to `out_fd`, of which nothing is moved yet.
///
/// What `zc_transfer` says of its arguments holds here too. Put sockets and pipes into non-blocking
/// mode, as an event loop does: no step blocks then. With a descriptor in blocking mode a step
/// does not block either, but gives up speed for that: it asks poll(2) before each read, writes no
/// more than 4096 bytes at once to a pipe, and neither sendfile(2) nor splice(2) to a socket. A
/// file on a disk is never waited for by poll(2): a step blocks while it is read.
///
/// @param in_fd      as for `zc_transfer`. Only borrowed, until `zc_pump_free`.
/// @param in_offset  where to begin in a file, only read; `result->delivered` says how far the pump
///                   has come. NULL: the position of `in_fd`, which every step advances.
/// @param out_fd     as for `zc_transfer`. Only borrowed, until `zc_pump_free`.
/// @param out_offset where to write in a file, only read. NULL: the position of `out_fd`.
/// @param count      how many bytes; UINT64_MAX for all up to the end of the source.
/// @param options    NULL for the default. Copied, header and trailer too. The time-outs begin now.
/// @param result     not NULL, `size` set: says what was wrong.
/// @param pump       not NULL; where the pump goes, or NULL where the status is not `ZC_OK`.
/// @return `ZC_OK`, `ZC_SYSTEM`, `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_pump_new(
    in_fd: c_int,
    in_offset: *const i64,
    out_fd: c_int,
    out_offset: *const i64,
    count: u64,
    options: *const zc_options,
    result: *mut zc_result,
    pump: *mut *mut zc_pump,
) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(pump) = (unsafe { pump.as_mut() }) else { return zc_status::NULL_ARGUMENT };
    *pump = std::ptr::null_mut();
    let body = || {
        // SAFETY: the caller promises that what is not NULL is live.
        let (in_offset, out_offset) =
            unsafe { (in_offset.as_ref().copied(), out_offset.as_ref().copied()) };
        let arguments = Arguments { in_fd, in_offset, out_fd, out_offset, count, options };
        // SAFETY: the caller promises that the options are NULL or live, and what they point to.
        match unsafe { zc_pump::of(&arguments) } {
            Ok(made) => {
                *pump = Box::into_raw(Box::new(made));
                (zc_status::OK, zc_result::nothing())
            }
            Err(error) => (zc_status::from(&error), zc_result::failed(&error)),
        }
    };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, body) }
}

/// Moves bytes until `step_bytes` of the options are moved or an end has to be waited for. Never
/// blocks, but see `zc_pump_new`.
///
/// After an error that may pass, such as ENOSPC, another step goes on from the first byte that was
/// not delivered. After the end, and after `zc_pump_cancel`, each step says the same again.
///
/// @param pump   what `zc_pump_new` gave.
/// @param result not NULL, `size` set. `delivered` and all other counts are of the whole transfer;
///               `end` says what to do next: it is over with `ZC_END_COMPLETE` and
///               `ZC_END_SOURCE_ENDED`; wait for `wait_fd` with `ZC_END_WAIT_*` and for `wait_ns`
///               with `ZC_END_PAUSE`; step again, when it is its turn, with `ZC_END_BUDGET`. For
///               epoll(7) in edge-triggered mode: a step that waits for an end has met EAGAIN
///               there.
/// @return `ZC_OK`; else as `zc_transfer`, and what was taken and not delivered stays with the
///         pump.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_pump_step(pump: *mut zc_pump, result: *mut zc_result) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live, and used by nobody else.
    let Some(pump) = (unsafe { pump.as_mut() }) else { return zc_status::NULL_ARGUMENT };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, || pump.step()) }
}

/// Ends the transfer where it is, for example when the target is gone, and gives back what was
/// taken from the source and not delivered: in `result->undelivered_fd`, for the caller to read and
/// close.
///
/// Does not block. What is left to do is `zc_pump_free`, which without this throws those bytes
/// away.
///
/// @param pump   what `zc_pump_new` gave.
/// @param result not NULL, `size` set.
/// @return `ZC_OK`; `ZC_SYSTEM` with EMFILE, ENFILE or ENOMEM where there is no descriptor for what
///         was not delivered, which is lost then; `ZC_NULL_ARGUMENT`, `ZC_INVALID_ARGUMENT`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_pump_cancel(pump: *mut zc_pump, result: *mut zc_result) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live, and used by nobody else.
    let Some(pump) = (unsafe { pump.as_mut() }) else { return zc_status::NULL_ARGUMENT };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, || pump.cancel()) }
}

/// Frees a pump, wherever it is. Its descriptors stay open. What was taken from the source and not
/// delivered is lost, unless `zc_pump_cancel` has given it back. Does not block.
///
/// @param pump what `zc_pump_new` gave, not to be used any more; NULL does nothing.
///
/// # Safety
///
/// `pump` is NULL or live, and used by nobody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_pump_free(pump: *mut zc_pump) {
    if pump.is_null() {
        return;
    }
    guard::status_of(|| {
        // SAFETY: `zc_pump_new` has made it by `Box::into_raw`, and the caller gives it up.
        let pump = unsafe { Box::from_raw(pump) };
        pump.turns.close(&Linux);
        zc_status::OK
    });
}

impl zc_pump {
    /// # Safety
    ///
    /// The options are NULL or live, and what they point to as well.
    unsafe fn of(arguments: &Arguments) -> Result<zc_pump, Error> {
        // SAFETY: as the caller promises.
        let asked = unsafe { arguments.check() }?;
        let (request, limits) = (&asked.request, asked.limits);
        let turns = Turns::new(&Linux, &PROCESS, request, limits, asked.step_bytes)?;
        Ok(zc_pump { turns, listener: asked.listener, begun: Instant::now() })
    }

    fn step(&mut self) -> (zc_status, zc_result) {
        let listener = self.listener;
        let mut tell = |account: &Account| listener.tell(account);
        let on_progress: Option<OnProgress> =
            if listener.is_there() { Some(&mut tell) } else { None };
        let _guard = WithoutSigpipe::begin();
        let turn = self.turns.take(&Linux, on_progress);
        let status = turn.as_ref().map_or_else(zc_status::from, |_| zc_status::OK);
        (status, zc_result::of_turn(&turn, self.turns.account(), self.elapsed_ns()))
    }

    fn cancel(&mut self) -> (zc_status, zc_result) {
        let given = self.turns.cancel(&Linux);
        let status = given.as_ref().map_or_else(zc_status::from, |_| zc_status::OK);
        (status, zc_result::of_cancelled(&given, self.turns.account(), self.elapsed_ns()))
    }

    fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
