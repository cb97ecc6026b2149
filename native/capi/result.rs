//! The values of the C face.
#![allow(non_camel_case_types)]

use std::ffi::{CStr, c_char, c_int};

use super::{guard, text};
use crate::driver::blocking::Run;
use crate::driver::turns::Turn;
use crate::error::Error;
use crate::kernel::{Fd, Side};
use crate::mechanism::MechanismSet;
use crate::transfer::{Account, End};

const POLLIN: u32 = libc::POLLIN as u32;
const POLLOUT: u32 = libc::POLLOUT as u32;

/// How a call ended. 0 is success; a number never changes its meaning.
/// cbindgen:rename-all=prefix:ZC_
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum zc_status {
    /// It ran to its end; `zc_result.end` says which.
    OK = 0,
    /// A system call failed: see `zc_result.error_number` and `zc_result.call`.
    SYSTEM = 1,
    /// A pointer that must not be NULL was NULL.
    NULL_ARGUMENT = 2,
    /// An argument is out of its range, and `zc_result.message` says which and why: a negative
    /// descriptor or offset, an offset for what is not a file, a transfer into itself, a struct
    /// whose `size` is that of no version.
    INVALID_ARGUMENT = 3,
    /// No mechanism that may be used can move bytes between these descriptors. Of a `zc_engine` also:
    /// it is being freed, or is that of the parent of this process.
    UNSUPPORTED = 4,
    /// A defect of the library. Nothing more is known of the transfer; please report it.
    PANIC = 5,
    /// `zc_options.timeout_ms` passed.
    TIMED_OUT = 6,
    /// Nothing moved for `zc_options.idle_timeout_ms`.
    IDLE_TIMED_OUT = 7,
    /// The descriptor `zc_options.cancel_fd` became readable, or `zc_pump_cancel` was called
    /// before.
    CANCELLED = 8,
    /// `zc_sender_send`: the bound on bytes in flight is reached, and nothing was taken.
    FULL = 16,
}

/// How a transfer ended, or a step of a pump, whose status is `ZC_OK`.
/// cbindgen:rename-all=prefix:ZC_END_
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum zc_end {
    /// Every byte that was asked for was delivered.
    COMPLETE = 0,
    /// The source ended first; every byte it had was delivered.
    SOURCE_ENDED = 1,
    /// It did not come to an end: the status is not `ZC_OK`.
    NONE = 2,
    /// A pump: there is nothing to read now. Step again when `zc_result.wait_fd` is readable.
    WAIT_SOURCE = 3,
    /// A pump: the target takes nothing now. Step again when `zc_result.wait_fd` is writable.
    WAIT_TARGET = 4,
    /// A pump: `bytes_per_second` is reached. Step again after `zc_result.wait_ns`.
    PAUSE = 5,
    /// A pump: the step has moved `step_bytes`, and there may be more. Step again when the others
    /// on this thread had their turn.
    BUDGET = 6,
}

/// The bytes of `zc_result.message`, its end included.
pub const ZC_MESSAGE_BYTES: usize = 128;

/// What a transfer did. Written whatever the status, unless the status is
/// `ZC_NULL_ARGUMENT` or `ZC_PANIC`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_result {
    /// `sizeof(zc_result)`, set by the caller, so that it can grow. `ZC_RESULT_INIT` sets it. Of a
    /// program that was compiled with an older header only the members that it knows are written.
    pub size: usize,
    /// Bytes of the source that the target has accepted. A header and a trailer are not counted.
    pub delivered: u64,
    /// Bytes that were taken from the source: above `delivered` by what could not be delivered. A
    /// file is read at an offset, which can be repeated, so for it both are always equal.
    pub consumed: u64,
    /// How it ended.
    pub end: zc_end,
    /// The `errno` of the call that failed, or 0.
    pub error_number: c_int,
    /// The name of the call that failed, for example "sendfile"; NULL if none did. Valid for ever.
    pub call: *const c_char,
    /// The mechanisms that moved at least one byte: a sum of `ZC_MECHANISM_*`.
    pub mechanisms: u32,
    /// The last mechanism that could not serve these descriptors and was left for another, as a
    /// `ZC_MECHANISM_*`; 0 if none was.
    pub fallback_mechanism: u32,
    /// The `errno` that was the cause of that, or 0.
    pub fallback_error_number: c_int,
    /// A descriptor from which what was consumed and not delivered can be read to its end, the
    /// oldest byte first, for the caller to close: a pipe or a file in memory. -1 where there is
    /// nothing, as always for a file source, and for `zc_pump_step`, where it stays with the pump.
    pub undelivered_fd: c_int,
    /// System calls made to move the bytes.
    pub system_calls: u64,
    /// How long it took, in nanoseconds; for a pump, since `zc_pump_new`.
    pub elapsed_ns: u64,
    /// The descriptor to wait for: `in_fd` with `ZC_END_WAIT_SOURCE`, `out_fd` with
    /// `ZC_END_WAIT_TARGET`, else -1.
    pub wait_fd: c_int,
    /// What to wait for: POLLIN or POLLOUT of poll(2), which are EPOLLIN and EPOLLOUT of epoll(7)
    /// as well; else 0.
    pub wait_events: u32,
    /// With `ZC_END_PAUSE`, how long to wait, in nanoseconds. With `ZC_END_WAIT_*`, after how long
    /// the next time-out of the options passes, so that a step is due in any case; 0 where there is
    /// none.
    pub wait_ns: u64,
    /// How many mechanisms were left for another; `fallback_mechanism` is the last of them.
    pub fallback_count: u32,
    /// 0.
    pub reserved: u32,
    /// What went wrong, in English, for a status that is not `ZC_OK`; else empty.
    pub message: [c_char; ZC_MESSAGE_BYTES],
}

/// What version 0.1 has of it: everything up to `elapsed_ns`.
const OLDEST_BYTES: usize = 72;

const _: () = assert!(std::mem::offset_of!(zc_result, wait_fd) == OLDEST_BYTES);

impl zc_result {
    /// The result of a call that moved nothing.
    pub fn nothing() -> zc_result {
        zc_result {
            size: size_of::<zc_result>(),
            delivered: 0,
            consumed: 0,
            end: zc_end::NONE,
            error_number: 0,
            call: std::ptr::null(),
            mechanisms: 0,
            fallback_mechanism: 0,
            fallback_error_number: 0,
            undelivered_fd: -1,
            system_calls: 0,
            elapsed_ns: 0,
            wait_fd: -1,
            wait_events: 0,
            wait_ns: 0,
            fallback_count: 0,
            reserved: 0,
            message: [0; ZC_MESSAGE_BYTES],
        }
    }

    /// The result of a call that failed before anything was tried.
    pub fn failed(error: &Error) -> zc_result {
        zc_result::nothing().with_error(error)
    }

    /// The result of a run that took `elapsed_ns`.
    pub fn of_run(run: &Run, elapsed_ns: u64) -> zc_result {
        let result = zc_result::of_account(&run.account, elapsed_ns);
        let undelivered_fd = run.undelivered.map_or(-1, |fd| fd.number());
        let result = zc_result { undelivered_fd, ..result };
        match &run.outcome {
            Ok(end) => zc_result { end: end.into(), ..result },
            Err(error) => result.with_error(error),
        }
    }

    /// The result of a turn, `elapsed_ns` after the first one.
    pub fn of_turn(turn: &Result<Turn, Error>, account: &Account, elapsed_ns: u64) -> zc_result {
        let result = zc_result::of_account(account, elapsed_ns);
        match turn {
            Ok(Turn::Done(end)) => zc_result { end: end.into(), ..result },
            Ok(Turn::Wait { side, fd, limit_ns }) => {
                let (end, events) = match side {
                    Side::Source => (zc_end::WAIT_SOURCE, POLLIN),
                    Side::Target => (zc_end::WAIT_TARGET, POLLOUT),
                };
                let wait_ns = limit_ns.map_or(0, |limit_ns| limit_ns.max(1));
                zc_result { end, wait_fd: fd.number(), wait_events: events, wait_ns, ..result }
            }
            Ok(Turn::Pause(wait_ns)) => {
                zc_result { end: zc_end::PAUSE, wait_ns: *wait_ns, ..result }
            }
            Ok(Turn::Spent) => zc_result { end: zc_end::BUDGET, ..result },
            Err(error) => result.with_error(error),
        }
    }

    /// The result of leaving a pump, `elapsed_ns` after its first turn.
    pub fn of_cancelled(
        given: &Result<Option<Fd>, Error>,
        account: &Account,
        elapsed_ns: u64,
    ) -> zc_result {
        let result = zc_result::of_account(account, elapsed_ns);
        match given {
            Ok(fd) => zc_result { undelivered_fd: fd.map_or(-1, Fd::number), ..result },
            Err(error) => result.with_error(error),
        }
    }

    fn of_account(account: &Account, elapsed_ns: u64) -> zc_result {
        let last = account.fallbacks.last();
        let count = account.fallbacks.len();
        zc_result {
            delivered: account.delivered,
            consumed: account.consumed,
            mechanisms: account.mechanisms.bits(),
            fallback_mechanism: last.map_or(0, |it| MechanismSet::from(it.mechanism).bits()),
            fallback_error_number: last.map_or(0, |it| it.errno as c_int),
            fallback_count: u32::try_from(count).expect("no more than a plan has"),
            system_calls: account.system_calls,
            elapsed_ns,
            ..zc_result::nothing()
        }
    }

    fn with_error(mut self, error: &Error) -> zc_result {
        if let Some((errno, call)) = error.failed_call() {
            self.error_number = errno as c_int;
            self.call = call.name().as_ptr();
        }
        text::write(&error.to_string(), &mut self.message);
        self
    }

    /// Whether the caller's struct holds a result, that of an older version or of a later one.
    ///
    /// # Safety
    ///
    /// `to` points to at least a `size` that may be read.
    unsafe fn has_room(to: *const zc_result) -> bool {
        // SAFETY: the caller promises that `size` may be read, and every version begins with it.
        let size = unsafe { (&raw const (*to).size).read() };
        size >= OLDEST_BYTES
    }

    /// Writes as much of this to the caller's struct as that has members; its size stays.
    ///
    /// # Safety
    ///
    /// `to` points to a struct that may be written, has room, and has as many bytes as it says.
    unsafe fn write_to(mut self, to: *mut zc_result) {
        // SAFETY: the caller promises that `size` may be read.
        self.size = unsafe { (&raw const (*to).size).read() };
        let count = self.size.min(size_of::<zc_result>());
        // SAFETY: both have so many bytes, and what is written is made of numbers and a pointer.
        unsafe { (&raw const self).cast::<u8>().copy_to_nonoverlapping(to.cast(), count) };
    }
}

/// Runs `body` and writes its result to `result`, which is looked at before: what could not be told
/// must not be done.
///
/// # Safety
///
/// `result` is NULL, or points to a live value with as many bytes as its size says.
pub unsafe fn answer(
    result: *mut zc_result,
    body: impl FnOnce() -> (zc_status, zc_result),
) -> zc_status {
    guard::status_of(|| {
        if result.is_null() {
            return zc_status::NULL_ARGUMENT;
        }
        // SAFETY: `result` is not NULL, and the caller promises that it is live.
        if !unsafe { zc_result::has_room(result) } {
            return zc_status::INVALID_ARGUMENT;
        }
        let (status, answer) = body();
        // SAFETY: `result` is live and has room.
        unsafe { answer.write_to(result) };
        status
    })
}

impl From<&End> for zc_end {
    fn from(end: &End) -> zc_end {
        match end {
            End::Complete => zc_end::COMPLETE,
            End::SourceEnded => zc_end::SOURCE_ENDED,
        }
    }
}

impl From<&Error> for zc_status {
    fn from(error: &Error) -> zc_status {
        let status = match error {
            Error::System { .. } | Error::NoBlock { .. } => zc_status::SYSTEM,
            Error::NullArgument(_) => zc_status::NULL_ARGUMENT,
            Error::InvalidArgument(_) => zc_status::INVALID_ARGUMENT,
            Error::Unsupported(_) => zc_status::UNSUPPORTED,
            Error::TimedOut => zc_status::TIMED_OUT,
            Error::IdleTimedOut => zc_status::IDLE_TIMED_OUT,
            Error::Cancelled => zc_status::CANCELLED,
        };
        debug_assert_eq!(status as i32, error.code(), "the two numberings must agree");
        status
    }
}

/// What a status means, in English.
pub fn message(status: i32) -> &'static CStr {
    match status {
        0 => c"success",
        1 => c"a system call failed: see error_number and call in the result",
        2 => c"a pointer that must not be NULL was NULL",
        3 => c"an argument is out of its range",
        4 => {
            c"no mechanism that may be used serves these descriptors, or the engine serves no more"
        }
        5 => c"a defect of the library, please report it",
        6 => c"the time for the whole transfer passed",
        7 => c"nothing moved for too long",
        8 => c"the transfer was cancelled",
        16 => c"the bound on bytes in flight is reached, and nothing was taken",
        _ => c"unknown status",
    }
}
