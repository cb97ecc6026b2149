//! `zc_transfer` and `zc_plan_describe`.

use std::ffi::{c_char, c_int};
use std::time::Instant;

use super::options::zc_options;
use super::request::{Arguments, Asked};
use super::result::{answer, zc_result, zc_status};
use super::{guard, text};
use crate::driver::{PROCESS, blocking};
use crate::error::Error;
use crate::kernel::{Linux, WithoutSigpipe};
use crate::transfer::Account;

/// Moves `count` bytes from `in_fd` to `out_fd`, to the end: it returns when all of them are
/// delivered, when the source ends, or when something fails.
///
/// It blocks until then, also where a descriptor is in non-blocking mode: then it waits with
/// poll(2). A signal handler that runs meanwhile does not end it, and neither does SO_SNDTIMEO or
/// SO_RCVTIMEO of a socket. What ends it early is in the options: time-outs and a descriptor that
/// cancels. While a time-out, `cancel_fd` or `on_progress` is set, SO_SNDTIMEO of a target socket
/// in blocking mode is at most 100 ms, and put back before the return; a time-out may then be late
/// by as much. Closing a descriptor that the call uses is the caller's error.
///
/// The pages of a file may be sent as they are, so a change of the file before the peer has read
/// may change what it reads; `ZC_FLAG_STABLE` prevents that. Datagrams are moved one by one, each
/// whole, but for the last, which is cut to `count`; an empty one is passed over, and the source
/// never ends. What comes from a file is one datagram for each 65536 bytes, of `chunk_bytes` if that
/// is less: UDP takes 65507 bytes at most, and EMSGSIZE is the answer to more, before any of them is
/// sent. A target that is opened with O_DIRECT takes whole blocks only. Every whole block of the
/// source is delivered; then the rest is EINVAL, and `result->message` says how large a block is and
/// where the rest would begin. So is what comes from a stream in pieces of other sizes.
///
/// Thread-safe: two calls at once may use the same file where they give offsets, and the same
/// socket in opposite directions.
///
/// @param in_fd      any file, socket, pipe or device that is open for reading. Only borrowed; its
///                   flags stay as they are.
/// @param in_offset  where to begin in a file or block device, at least 0; advanced by what was
///                   delivered, also where the call fails. The position of `in_fd` is then neither
///                   used nor moved. NULL: the position of `in_fd` is used, and advanced in the
///                   same way; the only choice for what has no offsets.
/// @param out_fd     any file, socket, pipe or device that is open for writing. Only borrowed; its
///                   flags stay as they are.
/// @param out_offset where to write in the file `out_fd`, at least 0; advanced by what was
///                   delivered. NULL: the position of `out_fd`, or the end of a file opened with
///                   O_APPEND; the only choice if not a file. A header and a trailer are written
///                   there too, and are not counted.
/// @param count      how many bytes; UINT64_MAX for all up to the end of the source.
/// @param options    NULL for the default.
/// @param result     not NULL, `size` set: `zc_result result = ZC_RESULT_INIT;`
/// @return `ZC_OK` also where the source ended early (see `result->end`); `ZC_SYSTEM` with
///         `error_number` EPIPE or ECONNRESET for a peer that is gone (SIGPIPE is not raised),
///         ENOSPC, EFBIG, EBADF and so on; `ZC_TIMED_OUT`, `ZC_IDLE_TIMED_OUT`, `ZC_CANCELLED`;
///         `ZC_INVALID_ARGUMENT`, also where source and target are one stream or overlapping ranges
///         of one file; `ZC_NULL_ARGUMENT`, `ZC_UNSUPPORTED`. After each but the last three what
///         was taken from a source that can't be read again is in `result->undelivered_fd`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_transfer(
    in_fd: c_int,
    in_offset: *mut i64,
    out_fd: c_int,
    out_offset: *mut i64,
    count: u64,
    options: *const zc_options,
    result: *mut zc_result,
) -> zc_status {
    let body = || {
        let begun = Instant::now();
        // SAFETY: the caller promises that what is not NULL is live and not shared.
        let (in_offset, out_offset) = unsafe { (in_offset.as_mut(), out_offset.as_mut()) };
        let arguments = Arguments {
            in_fd,
            in_offset: in_offset.as_deref().copied(),
            out_fd,
            out_offset: out_offset.as_deref().copied(),
            count,
            options,
        };
        // SAFETY: the caller promises that the options are NULL or live, and what they point to.
        let run = match unsafe { arguments.check() } {
            Ok(asked) => run(&asked),
            Err(error) => return (zc_status::from(&error), zc_result::failed(&error)),
        };
        for offset in [in_offset, out_offset].into_iter().flatten() {
            *offset = after(*offset, run.account.delivered);
        }
        let elapsed_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let status = run.outcome.as_ref().map_or_else(zc_status::from, |_| zc_status::OK);
        (status, zc_result::of_run(&run, elapsed_ns))
    };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, body) }
}

/// Says what `zc_transfer` would do with these arguments, and why: the mechanisms that it would try
/// one after the other, for example "file 700 B: copy (below the crossover of 4096 B), then
/// sendfile (the kernel moves the pages itself)".
///
/// Nothing is moved and nothing is waited for. The words are for people and may change. A pump
/// plans in the same way, but for a target in blocking mode. Thread-safe.
///
/// @param in_fd, in_offset, out_fd, out_offset, count, options as for `zc_transfer`.
/// @param description where the text goes, in English, cut where it does not fit; always ended by
///                    NUL. Whatever the status: one that is not `ZC_OK` is put into words.
/// @param description_bytes the room there, at least 1; 512 are enough.
/// @return `ZC_OK`; else what `zc_transfer` would return, with nothing moved.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call;
/// `description` has the room that is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_plan_describe(
    in_fd: c_int,
    in_offset: *const i64,
    out_fd: c_int,
    out_offset: *const i64,
    count: u64,
    options: *const zc_options,
    description: *mut c_char,
    description_bytes: usize,
) -> zc_status {
    guard::status_of(|| {
        if description.is_null() {
            return zc_status::NULL_ARGUMENT;
        }
        if description_bytes == 0 {
            return zc_status::INVALID_ARGUMENT;
        }
        // SAFETY: the caller promises that what is not NULL is live.
        let (in_offset, out_offset) =
            unsafe { (in_offset.as_ref().copied(), out_offset.as_ref().copied()) };
        let arguments = Arguments { in_fd, in_offset, out_fd, out_offset, count, options };
        // SAFETY: the caller promises that the options are NULL or live, and what they point to.
        let described = unsafe { arguments.check() }.and_then(|asked| describe(&asked));
        let (status, words) = match described {
            Ok(plan) => (zc_status::OK, plan),
            Err(error) => (zc_status::from(&error), error.to_string()),
        };
        // SAFETY: it is not NULL, and the caller promises that it has so many bytes.
        unsafe { text::write_to(&words, description, description_bytes) };
        status
    })
}

fn run(asked: &Asked) -> blocking::Run {
    let Asked { request, limits, listener, .. } = asked;
    let mut tell = |account: &Account| listener.tell(account);
    let on_progress: Option<blocking::OnProgress> =
        if listener.is_there() { Some(&mut tell) } else { None };
    let _guard = WithoutSigpipe::begin();
    blocking::run(&Linux, &PROCESS, request, limits, on_progress)
}

fn describe(asked: &Asked) -> Result<String, Error> {
    let is_watched = !asked.limits.are_none() || asked.listener.is_there();
    blocking::describe(&Linux, &PROCESS, &asked.request, is_watched)
}

fn after(offset: i64, delivered: u64) -> i64 {
    let delivered = i64::try_from(delivered).ok();
    delivered
        .and_then(|delivered| offset.checked_add(delivered))
        .expect("the kernel takes no offset above 2^63")
}
