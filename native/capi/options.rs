//! `zc_options`, and what it asks for.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::driver::{DirectIo, Limits, Options};
use crate::error::Error;
use crate::kernel::Fd;
use crate::mechanism::{Mechanism, MechanismSet};
use crate::transfer::Account;

/// Is told of progress: how many bytes were delivered until now, and how many were taken from the
/// source. It must come back: neither longjmp(3) nor an exception may leave it. SIGPIPE is blocked
/// while it runs, and one that it causes itself is taken with those of the transfer.
pub type zc_progress =
    Option<unsafe extern "C" fn(context: *mut c_void, delivered: u64, consumed: u64)>;

/// What a transfer may do. NULL stands for `ZC_OPTIONS_INIT`, of which every member but `size` and
/// `cancel_fd` is 0; a struct that is 0 but for its `size` asks for the same.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_options {
    /// `sizeof(zc_options)`, so that it can grow. `ZC_OPTIONS_INIT` sets it. Of a program that was
    /// compiled with an older header only the members that it knows are read.
    pub size: usize,
    /// The mechanisms that may be used: a sum of `ZC_MECHANISM_*`; 0 means all.
    pub mechanisms: u32,
    /// A sum of `ZC_FLAG_*`.
    pub flags: u32,
    /// How long the whole transfer may take, in milliseconds; 0 for no limit. Then the status is
    /// `ZC_TIMED_OUT`.
    pub timeout_ms: u64,
    /// How long nothing may move, in milliseconds; 0 for no limit. Then the status is
    /// `ZC_IDLE_TIMED_OUT`.
    pub idle_timeout_ms: u64,
    /// A descriptor, an eventfd(2) for example, that becomes readable to cancel the transfer.
    /// Nothing is read from it, so one can cancel many. None where it is 0 or negative: for
    /// descriptor 0 pass a duplicate of it.
    pub cancel_fd: c_int,
    /// When a file is read past the page cache: `ZC_DIRECT_IO_*`.
    pub direct_io: u32,
    /// With `ZC_DIRECT_IO_ABOVE`, the most bytes that are still read through the page cache; else
    /// 0.
    pub direct_io_bytes: u64,
    /// The most that is moved in a second, on average; 0 for no limit.
    pub bytes_per_second: u64,
    /// The most that is moved by a system call; 0 for no limit.
    pub chunk_bytes: u64,
    /// `zc_pump_step`: the most that is moved by a step; 0 for the default, 2 MiB.
    pub step_bytes: u64,
    /// Bytes to be sent before those of the source, in the same segment where that can be. They are
    /// copied before the call returns. NULL with `header_bytes` 0.
    pub header: *const c_void,
    /// How many bytes `header` has.
    pub header_bytes: usize,
    /// Bytes to be sent behind those of the source, where all that were asked for were delivered:
    /// not behind a source that ended early, unless `count` is UINT64_MAX. NULL with
    /// `trailer_bytes` 0.
    pub trailer: *const c_void,
    /// How many bytes `trailer` has.
    pub trailer_bytes: usize,
    /// Called at most ten times a second while bytes move, and once at the end, on the thread that
    /// has called `zc_transfer` or `zc_pump_step`, before that returns. NULL for nobody.
    pub on_progress: zc_progress,
    /// The first argument of `on_progress`.
    pub progress_context: *mut c_void,
}

/// In `zc_options.flags`: the peer sees the bytes as they were when they were taken from the
/// source, also where the file is changed meanwhile. They are copied.
pub const ZC_FLAG_STABLE: u32 = 1;

/// In `zc_options.direct_io`, the default: a file is read past the page cache where it is not in
/// it, is larger than 64 MiB, and its device reads ahead less than 1 MiB.
pub const ZC_DIRECT_IO_AUTO: u32 = 0;
/// In `zc_options.direct_io`: never.
pub const ZC_DIRECT_IO_NEVER: u32 = 1;
/// In `zc_options.direct_io`: where more than `direct_io_bytes` are asked for.
pub const ZC_DIRECT_IO_ABOVE: u32 = 2;

/// sendfile(2), in `zc_options.mechanisms` and `zc_result`.
pub const ZC_MECHANISM_SENDFILE: u32 = 1;
/// splice(2), through a pipe of the library's where neither end is one.
pub const ZC_MECHANISM_SPLICE: u32 = 2;
/// copy_file_range(2), which shares the blocks where the file system can.
pub const ZC_MECHANISM_COPY_FILE_RANGE: u32 = 4;
/// send(2) with MSG_ZEROCOPY: never used by a transfer.
pub const ZC_MECHANISM_MSG_ZEROCOPY: u32 = 8;
/// mmap(2), then send(2) or write(2) of the mapping: one copy, made by the kernel.
pub const ZC_MECHANISM_MAPPED: u32 = 16;
/// Reads past the page cache by io_uring(7), then send(2) or write(2).
pub const ZC_MECHANISM_DIRECT_IO: u32 = 32;
/// read(2), then write(2), or their likes, through a reused buffer.
pub const ZC_MECHANISM_COPY: u32 = 64;

/// What version 0.1 has of `zc_options`: `size`, `mechanisms`, and a member that had to be 0.
const OLDEST_BYTES: usize = 16;

const _: () = {
    assert!(std::mem::offset_of!(zc_options, timeout_ms) == OLDEST_BYTES);
    assert!(ZC_MECHANISM_SENDFILE == 1 << Mechanism::Sendfile as u32);
    assert!(ZC_MECHANISM_SPLICE == 1 << Mechanism::Splice as u32);
    assert!(ZC_MECHANISM_COPY_FILE_RANGE == 1 << Mechanism::CopyFileRange as u32);
    assert!(ZC_MECHANISM_MSG_ZEROCOPY == 1 << Mechanism::MsgZerocopy as u32);
    assert!(ZC_MECHANISM_MAPPED == 1 << Mechanism::Mapped as u32);
    assert!(ZC_MECHANISM_DIRECT_IO == 1 << Mechanism::DirectIo as u32);
    assert!(ZC_MECHANISM_COPY == 1 << Mechanism::Copy as u32);
};

impl zc_options {
    /// The default: `ZC_OPTIONS_INIT`.
    fn default_options() -> zc_options {
        zc_options {
            size: size_of::<zc_options>(),
            mechanisms: 0,
            flags: 0,
            timeout_ms: 0,
            idle_timeout_ms: 0,
            cancel_fd: -1,
            direct_io: ZC_DIRECT_IO_AUTO,
            direct_io_bytes: 0,
            bytes_per_second: 0,
            chunk_bytes: 0,
            step_bytes: 0,
            header: std::ptr::null(),
            header_bytes: 0,
            trailer: std::ptr::null(),
            trailer_bytes: 0,
            on_progress: None,
            progress_context: std::ptr::null_mut(),
        }
    }

    /// The caller's options, with the default for the members that his version does not have.
    ///
    /// # Safety
    ///
    /// `options` is NULL, or points to a live value with as many bytes as its size says.
    pub unsafe fn read(options: *const zc_options) -> Result<zc_options, Error> {
        let mut read = zc_options::default_options();
        if options.is_null() {
            return Ok(read);
        }
        // SAFETY: it is not NULL, and every version begins with its size.
        let size = unsafe { (&raw const (*options).size).read() };
        if size < OLDEST_BYTES || size % align_of::<zc_options>() != 0 {
            return Err(Error::InvalidArgument("options->size is that of no version"));
        }
        let count = size.min(size_of::<zc_options>());
        // SAFETY: both have so many bytes, and each member may have any value. The members of a
        // version end at a multiple of the alignment, so none is read in part.
        unsafe { options.cast::<u8>().copy_to_nonoverlapping((&raw mut read).cast(), count) };
        Ok(read)
    }

    /// What the options and the environment variable `ZEROCOPY_NIO_DISABLE` leave.
    pub fn allowed(&self) -> MechanismSet {
        allowed(self.mechanisms)
    }

    /// What the transfer is asked for.
    ///
    /// # Safety
    ///
    /// `header` and `trailer` point to as many bytes as they say.
    pub unsafe fn wishes(&self) -> Result<Options, Error> {
        if self.flags & !ZC_FLAG_STABLE != 0 {
            return Err(Error::InvalidArgument("options->flags has a bit that is no ZC_FLAG_*"));
        }
        let direct_io = match self.direct_io {
            ZC_DIRECT_IO_AUTO => DirectIo::Auto,
            ZC_DIRECT_IO_NEVER => DirectIo::Never,
            ZC_DIRECT_IO_ABOVE => DirectIo::Above(self.direct_io_bytes),
            _ => return Err(Error::InvalidArgument("options->direct_io is no ZC_DIRECT_IO_*")),
        };
        // SAFETY: the caller promises that they have so many bytes.
        let (header, trailer) = unsafe {
            (
                copied(self.header, self.header_bytes, "options->header is NULL, and has bytes")?,
                copied(
                    self.trailer,
                    self.trailer_bytes,
                    "options->trailer is NULL, and has bytes",
                )?,
            )
        };
        Ok(Options {
            is_stable: self.flags & ZC_FLAG_STABLE != 0,
            direct_io,
            header,
            trailer,
            chunk_bytes: NonZeroU64::new(self.chunk_bytes),
            bytes_per_second: NonZeroU64::new(self.bytes_per_second),
            ..Options::default()
        })
    }

    /// What ends the transfer before its time.
    pub fn limits(&self) -> Limits {
        let limit = |ms: u64| (ms > 0).then(|| Duration::from_millis(ms));
        Limits {
            timeout: limit(self.timeout_ms),
            idle_timeout: limit(self.idle_timeout_ms),
            cancel: Fd::new(self.cancel_fd).filter(|fd| fd.number() > 0),
        }
    }

    /// Whom to tell of progress.
    pub fn listener(&self) -> Listener {
        Listener { on_progress: self.on_progress, context: self.progress_context }
    }
}

/// A function of the caller's that is told of progress, or nobody.
#[derive(Debug, Clone, Copy)]
pub struct Listener {
    on_progress: zc_progress,
    context: *mut c_void,
}

impl Listener {
    /// Whether there is anybody.
    pub fn is_there(&self) -> bool {
        self.on_progress.is_some()
    }

    /// Tells what was done until now.
    pub fn tell(&self, account: &Account) {
        if let Some(on_progress) = self.on_progress {
            // SAFETY: the caller of the C face has passed both for just this.
            unsafe { on_progress(self.context, account.delivered, account.consumed) };
        }
    }
}

/// What a sum of `ZC_MECHANISM_*` and the environment variable `ZEROCOPY_NIO_DISABLE` leave.
pub fn allowed(mechanisms: u32) -> MechanismSet {
    let wanted = match mechanisms {
        0 => MechanismSet::ALL,
        bits => MechanismSet::from_bits(bits),
    };
    wanted.without(disabled_by_environment())
}

/// A copy of bytes of the caller's.
///
/// # Safety
///
/// `bytes` is NULL or points to `count` bytes.
pub unsafe fn copied(
    bytes: *const c_void,
    count: usize,
    if_null: &'static str,
) -> Result<Box<[u8]>, Error> {
    if count == 0 {
        return Ok(Box::default());
    }
    if bytes.is_null() {
        return Err(Error::InvalidArgument(if_null));
    }
    // SAFETY: it is not NULL, and the caller promises that it has so many bytes.
    Ok(unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) }.into())
}

/// The environment is read once: getenv(3) is not safe against a concurrent setenv(3), so the
/// fewer reads the better. Threads that come first together read it each, and none waits: in a child
/// after fork(2) it would wait for a thread of the parent.
pub fn disabled_by_environment() -> MechanismSet {
    // Behind the bits of the set there is one that says that they are known.
    const KNOWN: u64 = 1 << u32::BITS;
    static DISABLED: AtomicU64 = AtomicU64::new(0);
    let known = DISABLED.load(Ordering::Relaxed);
    if known != 0 {
        return MechanismSet::from_bits(known as u32);
    }
    let disabled = read_disabled();
    DISABLED.store(KNOWN | u64::from(disabled.bits()), Ordering::Relaxed);
    disabled
}

fn read_disabled() -> MechanismSet {
    let names = std::env::var("ZEROCOPY_NIO_DISABLE").unwrap_or_default();
    names.split(',').fold(MechanismSet::EMPTY, |disabled, name| match name.trim() {
        // The C face has nothing behind it: the copy stays, as it is no zero-copy mechanism.
        "all" => MechanismSet::ALL.without(Mechanism::Copy.into()),
        name => Mechanism::from_name(name).map_or(disabled, |it| disabled.with(it)),
    })
}
