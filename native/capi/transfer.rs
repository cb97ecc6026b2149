//! `zc_transfer`.

use std::ffi::c_int;
use std::time::Instant;

use super::guard;
use super::result::{zc_options, zc_result, zc_status};
use crate::driver::blocking::{self, Limits, Run};
use crate::driver::{PROCESS, Request};
use crate::error::Error;
use crate::kernel::{Fd, LinuxWithoutSigpipe};
use crate::mechanism::{Mechanism, MechanismSet};

/// Moves `count` bytes from the file `in_fd` to `out_fd`, to the end: it returns when all of them
/// are delivered, when the source ends, or when something fails.
///
/// It blocks until then, also where `out_fd` is in non-blocking mode: then it waits with poll(2).
/// A signal handler that runs meanwhile does not end it, and neither does SO_SNDTIMEO of a socket.
/// Closing a descriptor that it uses is the caller's error. It does for a file source what sendfile(2) and pread(2) do, and takes whichever
/// is faster. The pages of the file may be sent as they are, so a change of the file before the
/// peer has read may change what it reads. Thread-safe: two calls at once may use the same
/// descriptors where they give offsets.
///
/// @param in_fd      a file, open for reading. Only borrowed; its flags stay as they are.
/// @param in_offset  where to begin in the file, at least 0; advanced by what was delivered. The
///                   position of `in_fd` is then not used. NULL: the position of `in_fd` is used,
///                   and advanced.
/// @param out_fd     a stream or datagram socket, pipe, file or device, open for writing. Only
///                   borrowed; its flags stay as they are.
/// @param out_offset where to write in the file `out_fd`, at least 0; advanced by what was
///                   delivered. NULL: the position of `out_fd`, the only choice if not a file.
/// @param count      how many bytes; UINT64_MAX for all up to the end of the file.
/// @param options    NULL for the default.
/// @param result     not NULL, `size` set: `zc_result result = ZC_RESULT_INIT;`
/// @return `ZC_OK` also where the source ended early (see `result->end`); `ZC_SYSTEM` with
///         `error_number` EPIPE or ECONNRESET for a peer that is gone (SIGPIPE is not raised),
///         ENOSPC, EBADF and so on; `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`, `ZC_UNSUPPORTED`.
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
    guard::status_of(|| {
        // SAFETY: the caller promises that what is not NULL is live and not shared.
        let (in_offset, out_offset, options) =
            unsafe { (in_offset.as_mut(), out_offset.as_mut(), options.as_ref()) };
        if result.is_null() {
            return zc_status::NULL_ARGUMENT;
        }
        // SAFETY: `result` is not NULL, and the caller promises that it is live. Asked before a
        // byte moves: what could not be told must not be done.
        if !unsafe { zc_result::has_room(result) } {
            return zc_status::INVALID_ARGUMENT;
        }
        let (status, answer) = match transfer(in_fd, in_offset, out_fd, out_offset, count, options)
        {
            Ok((run, elapsed_ns)) => {
                let status = run.outcome.as_ref().map_or_else(zc_status::from, |_| zc_status::OK);
                (status, zc_result::of(&run, elapsed_ns))
            }
            Err(error) => (zc_status::from(&error), zc_result::failed(&error)),
        };
        // SAFETY: `result` is live and has room.
        unsafe { answer.write_to(result) };
        status
    })
}

fn transfer(
    in_fd: c_int,
    in_offset: Option<&mut i64>,
    out_fd: c_int,
    out_offset: Option<&mut i64>,
    count: u64,
    options: Option<&zc_options>,
) -> Result<(Run, u64), Error> {
    let begun = Instant::now();
    let source = Fd::new(in_fd).ok_or(Error::InvalidArgument("in_fd is negative"))?;
    let target = Fd::new(out_fd).ok_or(Error::InvalidArgument("out_fd is negative"))?;
    let begin = in_offset.as_deref().copied().map(to_offset).transpose()?;
    let request = Request {
        source_offset: begin,
        target_offset: out_offset.as_deref().copied().map(to_offset).transpose()?,
        count,
        allowed: allowed_mechanisms(options)?,
        ..Request::new(source, target)
    };
    let kernel = LinuxWithoutSigpipe::default();
    let run = blocking::run(&kernel, &PROCESS, &request, &Limits::default(), |_| {});
    let delivered = run.account.delivered;
    if let (Some(in_offset), Some(begin)) = (in_offset, begin) {
        *in_offset = after(begin, delivered);
    }
    if let (Some(out_offset), Some(begin)) = (out_offset, request.target_offset) {
        *out_offset = after(begin, delivered);
    }
    let elapsed_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Ok((run, elapsed_ns))
}

fn to_offset(offset: i64) -> Result<u64, Error> {
    u64::try_from(offset).map_err(|_| Error::InvalidArgument("an offset is negative"))
}

fn after(offset: u64, delivered: u64) -> i64 {
    i64::try_from(offset + delivered).expect("the kernel takes no offset above 2^63")
}

/// What the options and the environment variable `ZEROCOPY_NIO_DISABLE` leave.
fn allowed_mechanisms(options: Option<&zc_options>) -> Result<MechanismSet, Error> {
    let wanted = match options {
        None => MechanismSet::ALL,
        Some(options) if options.size < size_of::<zc_options>() => {
            return Err(Error::InvalidArgument("options->size is too small"));
        }
        Some(options) if options.reserved != 0 => {
            return Err(Error::InvalidArgument("options->reserved is not 0"));
        }
        Some(options) if options.mechanisms == 0 => MechanismSet::ALL,
        Some(options) => MechanismSet::from_bits(options.mechanisms),
    };
    Ok(wanted.without(disabled_by_environment()))
}

/// The environment is read once: getenv(3) is not safe against a concurrent setenv(3), so the
/// fewer reads the better.
fn disabled_by_environment() -> MechanismSet {
    static DISABLED: std::sync::OnceLock<MechanismSet> = std::sync::OnceLock::new();
    *DISABLED.get_or_init(|| {
        let names = std::env::var("ZEROCOPY_NIO_DISABLE").unwrap_or_default();
        names.split(',').fold(MechanismSet::EMPTY, |disabled, name| match name.trim() {
            // The C face has nothing behind it: the copy stays, as it is no zero-copy mechanism.
            "all" => MechanismSet::ALL.without(MechanismSet::EMPTY.with(Mechanism::Copy)),
            name => Mechanism::from_name(name).map_or(disabled, |it| disabled.with(it)),
        })
    })
}
