//! The values of the C face.
#![allow(non_camel_case_types)]

use std::ffi::{CStr, c_char, c_int};

use crate::driver::blocking::Run;
use crate::error::Error;
use crate::mechanism::Mechanism;
use crate::transfer::End;

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
    /// An argument is out of its range: a negative descriptor or offset, an offset for a target
    /// that is not a file, a struct whose `size` is too small.
    INVALID_ARGUMENT = 3,
    /// No mechanism that may be used can move bytes between these descriptors.
    UNSUPPORTED = 4,
    /// A defect of the library. Nothing more is known of the transfer; please report it.
    PANIC = 5,
    /// The time for the whole transfer passed. It can be gone on with.
    TIMED_OUT = 6,
    /// Nothing moved for as long as `zc_options` allows. It can be gone on with.
    IDLE_TIMED_OUT = 7,
    /// The descriptor `zc_options.cancel_fd` became readable. It can be gone on with.
    CANCELLED = 8,
}

/// How a transfer ended whose status is `ZC_OK`.
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
}

/// What a transfer may do. NULL stands for `ZC_OPTIONS_INIT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_options {
    /// `sizeof(zc_options)`, so that it can grow. `ZC_OPTIONS_INIT` sets it.
    pub size: usize,
    /// The mechanisms that may be used: a sum of `ZC_MECHANISM_*`; 0 means all.
    pub mechanisms: u32,
    /// Must be 0.
    pub reserved: u32,
}

/// What a transfer did. Written whatever the status, unless the status is
/// `ZC_NULL_ARGUMENT` or `ZC_PANIC`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_result {
    /// `sizeof(zc_result)`, set by the caller, so that it can grow. `ZC_RESULT_INIT` sets it.
    pub size: usize,
    /// Bytes that the target has accepted.
    pub delivered: u64,
    /// Bytes that were taken from the source. A file source is read at an offset and gives back
    /// what was not delivered, so this equals `delivered`.
    pub consumed: u64,
    /// How it ended.
    pub end: zc_end,
    /// The `errno` of the call that failed, or 0.
    pub error_number: c_int,
    /// The name of the call that failed, for example "sendfile"; NULL if none did. Valid for ever.
    pub call: *const c_char,
    /// The mechanisms that moved at least one byte: a sum of `ZC_MECHANISM_*`.
    pub mechanisms: u32,
    /// The mechanism that could not serve these descriptors and was left for another, as a
    /// `ZC_MECHANISM_*`; 0 if none was.
    pub fallback_mechanism: u32,
    /// The `errno` that was the cause of that, or 0.
    pub fallback_error_number: c_int,
    /// The read end of a pipe that holds what was consumed and not delivered, for the caller to
    /// read and close; -1 where there is nothing, as always for a file source.
    pub undelivered_fd: c_int,
    /// System calls made to move the bytes.
    pub system_calls: u64,
    /// How long it took, in nanoseconds.
    pub elapsed_ns: u64,
}

/// sendfile(2), in `zc_options.mechanisms` and `zc_result`.
pub const ZC_MECHANISM_SENDFILE: u32 = 1;
/// pread(2) and send(2), write(2) or pwrite(2) through a reused buffer.
pub const ZC_MECHANISM_COPY: u32 = 64;

const _: () = assert!(ZC_MECHANISM_SENDFILE == 1 << Mechanism::Sendfile as u32);
const _: () = assert!(ZC_MECHANISM_COPY == 1 << Mechanism::Copy as u32);

impl zc_result {
    /// The result of a call that moved nothing.
    fn nothing() -> zc_result {
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
        }
    }

    /// The result of a call that failed before anything was tried.
    pub fn failed(error: &Error) -> zc_result {
        let mut result = zc_result::nothing();
        result.note(error);
        result
    }

    /// The result of a run that took `elapsed_ns`.
    pub fn of(run: &Run, elapsed_ns: u64) -> zc_result {
        let account = &run.account;
        let mut result = zc_result {
            delivered: account.delivered,
            consumed: account.consumed,
            mechanisms: account.mechanisms.bits(),
            undelivered_fd: run.undelivered.map_or(-1, |fd| fd.number()),
            system_calls: account.system_calls,
            elapsed_ns,
            ..zc_result::nothing()
        };
        if let Some(fallback) = account.fallbacks.last() {
            result.fallback_mechanism = 1 << fallback.mechanism as u32;
            result.fallback_error_number = fallback.errno as c_int;
        }
        match &run.outcome {
            Ok(End::Complete) => result.end = zc_end::COMPLETE,
            Ok(End::SourceEnded) => result.end = zc_end::SOURCE_ENDED,
            Err(error) => result.note(error),
        }
        result
    }

    /// Whether the caller's struct holds a result: it may be of a later version and longer.
    ///
    /// # Safety
    ///
    /// `to` points to at least a `size` that may be read.
    pub unsafe fn has_room(to: *const zc_result) -> bool {
        // SAFETY: the caller promises that `size` may be read, and every version begins with it.
        let size = unsafe { (&raw const (*to).size).read() };
        size >= size_of::<zc_result>()
    }

    /// Writes this to the caller's struct, whose size stays.
    ///
    /// # Safety
    ///
    /// `to` points to a struct that may be written and has room.
    pub unsafe fn write_to(mut self, to: *mut zc_result) {
        // SAFETY: the caller promises that the struct is live and has room for all of this.
        unsafe {
            self.size = (*to).size;
            to.write(self);
        }
    }

    fn note(&mut self, error: &Error) {
        if let Error::System { errno, call, .. } = error {
            self.error_number = *errno as c_int;
            self.call = call.name().as_ptr();
        }
    }
}

impl From<&Error> for zc_status {
    fn from(error: &Error) -> zc_status {
        let status = match error {
            Error::System { .. } => zc_status::SYSTEM,
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
        4 => c"no mechanism that may be used can move bytes between these descriptors",
        5 => c"a defect of the library, please report it",
        6 => c"the time for the whole transfer passed",
        7 => c"nothing moved for too long",
        8 => c"the transfer was cancelled",
        _ => c"unknown status",
    }
}
