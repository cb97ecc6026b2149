//! The values that go in and out of `zc_engine_*` and `zc_relay_*`.

use std::ffi::{c_char, c_int, c_void};
use std::num::NonZeroU64;
use std::time::Duration;

use crate::capi::options::{allowed, copied};
use crate::driver::relay_engine::{Books, FlowEnd, Outcome, RelayOptions, TURN_BYTES};
use crate::error::Error;
use crate::mechanism::MechanismSet;

/// Is told, on a thread of the engine's, that a relay is over. Its sockets are closed. `result` is
/// valid until it returns, and `context` is that of the options.
///
/// May be called by it, for this engine or another one: `zc_relay_start`, `zc_relay_close`,
/// `zc_relay_delivered`, and all of this header that has nothing to do with engines. Not to be
/// called: `zc_engine_free` of this engine, which refuses that.
///
/// It must not block, as all relays of the thread wait for it. An engine with several threads calls
/// it on each, also at the same time for different relays. All signals are masked on these threads,
/// which it leaves so; their stacks have 256 KiB. It must come back: neither longjmp(3), nor an exception, nor pthread_exit(3)
/// may leave it; that is undefined.
pub type zc_relay_ended =
    Option<unsafe extern "C" fn(context: *mut c_void, result: *const zc_relay_result)>;

/// What an engine is made like. NULL stands for `ZC_ENGINE_OPTIONS_INIT`, of which every member but
/// `size` is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_engine_options {
    /// `sizeof(zc_engine_options)`, so that it can grow. `ZC_ENGINE_OPTIONS_INIT` sets it.
    pub size: usize,
    /// How many threads the relays share, 1 to 256; 0 for the default, 1. A relay stays on one.
    pub threads: u32,
    /// 0.
    pub reserved: u32,
    /// The most that a relay moves each way before it is the turn of another one; 0 for the default,
    /// 2 MiB.
    pub turn_bytes: u64,
    /// Whom to tell of each relay that is over. NULL: the results wait for `zc_engine_completed`.
    pub on_relay_ended: zc_relay_ended,
    /// The first argument of `on_relay_ended`.
    pub relay_ended_context: *mut c_void,
}

/// What a relay may do. NULL stands for `ZC_RELAY_OPTIONS_INIT`, of which every member but `size` is
/// 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_relay_options {
    /// `sizeof(zc_relay_options)`, so that it can grow. `ZC_RELAY_OPTIONS_INIT` sets it.
    pub size: usize,
    /// The mechanisms that may be used: a sum of `ZC_MECHANISM_*`, of which ZC_MECHANISM_SPLICE and
    /// ZC_MECHANISM_COPY serve sockets; 0 means all.
    pub mechanisms: u32,
    /// 0.
    pub reserved: u32,
    /// Bytes to be sent to `b_fd` before those that come from `a_fd`: what the caller has read from
    /// there already. They are copied before the call returns. NULL with `preface_to_b_bytes` 0.
    pub preface_to_b: *const c_void,
    /// How many bytes `preface_to_b` has.
    pub preface_to_b_bytes: usize,
    /// The same the other way.
    pub preface_to_a: *const c_void,
    /// How many bytes `preface_to_a` has.
    pub preface_to_a_bytes: usize,
    /// How long nothing may move in either direction, in milliseconds; 0 for no limit. Then both end
    /// with `ZC_RELAY_IDLE_TIMED_OUT`.
    pub idle_timeout_ms: u64,
    /// How long the relay may last, in milliseconds; 0 for no limit. Then what has not ended ends with
    /// `ZC_RELAY_TIMED_OUT`.
    pub timeout_ms: u64,
    /// The most that is moved each way in a second, on average; 0 for no limit.
    pub bytes_per_second: u64,
    /// Comes back in the result; nothing is done with it.
    pub user_data: *mut c_void,
}

/// How one direction of a relay has ended. One that was cut off, by a time-out or by being closed, has
/// ended its target like `zc_relay_close` does.
/// cbindgen:rename-all=prefix:ZC_RELAY_
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum zc_relay_end {
    /// The source has ended its stream, every byte was delivered, and the target was told of the end.
    ENDED = 0,
    /// The source has failed: see `error_number`. As a rule its peer has reset the connection, and the
    /// other one's is then reset as well.
    SOURCE_FAILED = 1,
    /// The target takes nothing any more: see `error_number`. As a rule its peer is gone.
    TARGET_FAILED = 2,
    /// Nothing has moved in either direction for `zc_relay_options.idle_timeout_ms`.
    IDLE_TIMED_OUT = 3,
    /// `zc_relay_options.timeout_ms` passed.
    TIMED_OUT = 4,
    /// `zc_relay_close` or `zc_engine_free` was called.
    CLOSED = 5,
}

/// What one direction of a relay has done. The size of this struct does not change.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_relay_flow {
    /// Bytes that the target has accepted, those of the preface included.
    pub delivered: u64,
    /// Bytes that were taken from the source, and those of the preface: above `delivered` by what is
    /// lost.
    pub consumed: u64,
    /// How it has ended.
    pub end: zc_relay_end,
    /// The `errno` of the call that failed, or 0.
    pub error_number: c_int,
    /// The name of the call that failed, for example "splice"; NULL if none did. Valid for ever.
    pub call: *const c_char,
    /// The mechanisms that moved at least one byte: a sum of `ZC_MECHANISM_*`.
    pub mechanisms: u32,
    /// The last mechanism that could not serve and was left for another, as a `ZC_MECHANISM_*`; 0 if
    /// none was.
    pub fallback_mechanism: u32,
    /// The `errno` that was the cause of that, or 0.
    pub fallback_error_number: c_int,
    /// How many times a mechanism was left for another, each cause counted once.
    pub fallback_count: u32,
}

/// How a relay has ended. The size of this struct does not change: it stands in arrays.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_relay_result {
    /// The number that `zc_relay_start` gave.
    pub id: u64,
    /// `zc_relay_options.user_data`.
    pub user_data: *mut c_void,
    /// The direction from `a_fd` to `b_fd`.
    pub a_to_b: zc_relay_flow,
    /// The direction from `b_fd` to `a_fd`.
    pub b_to_a: zc_relay_flow,
    /// How long it has lasted, in nanoseconds.
    pub elapsed_ns: u64,
    /// Always 0 in this version.
    pub reserved: [u64; 3],
}

/// What is behind the options of an engine, beside the one who is told.
pub(super) struct EngineSettings {
    pub threads: usize,
    pub turn_bytes: u64,
}

impl zc_engine_options {
    /// The caller's options, or the default.
    ///
    /// # Safety
    ///
    /// `options` is NULL, or points to a live value with as many bytes as its size says.
    pub(super) unsafe fn read(
        options: *const zc_engine_options,
    ) -> Result<zc_engine_options, Error> {
        // SAFETY: as the caller promises; every member may be 0, and the struct begins with its size.
        let read: zc_engine_options = unsafe { read_sized(options) }?;
        if read.reserved != 0 {
            return Err(Error::InvalidArgument("options->reserved is not 0"));
        }
        Ok(read)
    }

    pub(super) fn settings(&self) -> EngineSettings {
        let threads = if self.threads == 0 { 1 } else { self.threads as usize };
        let turn_bytes = if self.turn_bytes == 0 { TURN_BYTES } else { self.turn_bytes };
        EngineSettings { threads, turn_bytes }
    }
}

impl zc_relay_options {
    /// What the caller's options ask for, or the default.
    ///
    /// # Safety
    ///
    /// `options` is NULL, or points to a live value with as many bytes as its size says, whose prefaces
    /// have as many bytes as they say.
    pub(super) unsafe fn read(options: *const zc_relay_options) -> Result<RelayOptions, Error> {
        // SAFETY: as the caller promises; every member may be 0, and the struct begins with its size.
        let read: zc_relay_options = unsafe { read_sized(options) }?;
        if read.reserved != 0 {
            return Err(Error::InvalidArgument("options->reserved is not 0"));
        }
        // SAFETY: the caller promises that they have so many bytes.
        let prefaces = unsafe {
            [
                copied(
                    read.preface_to_b,
                    read.preface_to_b_bytes,
                    "options->preface_to_b is NULL, and has bytes",
                )?,
                copied(
                    read.preface_to_a,
                    read.preface_to_a_bytes,
                    "options->preface_to_a is NULL, and has bytes",
                )?,
            ]
        };
        let limit = |ms: u64| (ms > 0).then(|| Duration::from_millis(ms));
        Ok(RelayOptions {
            prefaces,
            idle_timeout: limit(read.idle_timeout_ms),
            timeout: limit(read.timeout_ms),
            bytes_per_second: NonZeroU64::new(read.bytes_per_second),
            allowed: allowed(read.mechanisms),
            tag: read.user_data.expose_provenance() as u64,
        })
    }
}

/// Reads a struct that begins with its size; NULL stands for zeros.
///
/// # Safety
///
/// `options` is NULL, or points to a live value with as many bytes as its size says. The struct begins
/// with its size as a `usize`, and each of its members may have any value.
unsafe fn read_sized<T>(options: *const T) -> Result<T, Error> {
    if options.is_null() {
        // SAFETY: each member may be 0.
        return Ok(unsafe { std::mem::zeroed() });
    }
    // SAFETY: it is not NULL, and every version begins with its size.
    let size = unsafe { options.cast::<usize>().read() };
    if size < size_of::<T>() {
        return Err(Error::InvalidArgument("options->size is that of no version"));
    }
    // SAFETY: it has at least so many bytes, as the caller promises.
    Ok(unsafe { options.read() })
}

impl zc_relay_result {
    pub(super) fn of(outcome: &Outcome) -> zc_relay_result {
        let [a_to_b, b_to_a] =
            [0, 1].map(|way| zc_relay_flow::of(outcome.ends[way], &outcome.books[way]));
        zc_relay_result {
            id: outcome.id,
            // It was a pointer before it was a number: see `zc_relay_options::read`.
            user_data: std::ptr::with_exposed_provenance_mut(outcome.tag as usize),
            a_to_b,
            b_to_a,
            elapsed_ns: outcome.elapsed_ns,
            reserved: [0; 3],
        }
    }
}

impl zc_relay_flow {
    fn of(end: FlowEnd, books: &Books) -> zc_relay_flow {
        let (end, error) = match end {
            FlowEnd::Ended => (zc_relay_end::ENDED, None),
            FlowEnd::SourceFailed(error) => (zc_relay_end::SOURCE_FAILED, Some(error)),
            FlowEnd::TargetFailed(error) => (zc_relay_end::TARGET_FAILED, Some(error)),
            FlowEnd::IdleTimedOut => (zc_relay_end::IDLE_TIMED_OUT, None),
            FlowEnd::TimedOut => (zc_relay_end::TIMED_OUT, None),
            FlowEnd::Closed => (zc_relay_end::CLOSED, None),
        };
        let failed = error.as_ref().and_then(Error::failed_call);
        let last = books.fallbacks.last();
        zc_relay_flow {
            delivered: books.delivered,
            consumed: books.consumed,
            end,
            error_number: failed.map_or(0, |(errno, _)| errno as c_int),
            call: failed.map_or(std::ptr::null(), |(_, call)| call.name().as_ptr()),
            mechanisms: books.mechanisms.bits(),
            fallback_mechanism: last.map_or(0, |it| MechanismSet::from(it.mechanism).bits()),
            fallback_error_number: last.map_or(0, |it| it.errno as c_int),
            fallback_count: u32::try_from(books.fallbacks.len()).unwrap_or(u32::MAX),
        }
    }
}
