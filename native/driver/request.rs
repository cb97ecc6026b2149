//! What a face asks for, and how it becomes a transfer: the endpoints are looked at as far as the
//! request needs it, and the mechanisms are planned.

use std::num::NonZeroU64;

use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::{Call, Fd, FileKind, FileStatus, Kernel, SocketKind, StatusFlags};
use crate::mechanism::{Mechanism, MechanismSet, Patience, Source, SourceKind, Target, TargetKind};
use crate::plan::{self, DirectReads, Plan, Question, SMALL_COPY_BYTES, UNIX_SMALL_BYTES};
use crate::probe::Memory;
use crate::transfer::{End, Setup, Transfer};

/// A file is read past the page cache by itself only from this size on.
const DIRECT_IO_BYTES_MIN: u64 = 64 << 20;

/// And only from a device that reads ahead less than this: one that reads ahead more was measured to
/// be as fast through the page cache.
const DIRECT_IO_READ_AHEAD_BYTES: u64 = 1 << 20;

/// Up to so many bytes the size of the source may be looked at behind a short sendfile(2) only: an
/// fstat was measured to take 0.6 µs, and 16 KiB to TCP 5 to 9 µs.
const UNCLAMPED_BYTES_MAX: u64 = 1 << 20;

/// When a file is read past the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectIo {
    /// Where it is not in the page cache, larger than 64 MiB, and on a device that reads ahead less
    /// than 1 MiB.
    #[default]
    Auto,
    /// Never.
    Never,
    /// Where more than this many bytes are asked for.
    Above(u64),
}

/// Bytes from one descriptor to another. The faces promise that both stay open meanwhile.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the bytes come from.
    pub source: Fd,
    /// What the caller knows of the source, which saves looking at it; `None` to look.
    pub source_kind: Option<SourceKind>,
    /// Where to begin in a file; `None` for its own position, which moves on.
    pub source_offset: Option<u64>,
    /// Where the bytes go.
    pub target: Fd,
    /// What the caller knows of the target; `None` to look.
    pub target_kind: Option<TargetKind>,
    /// The offset to write a file at; `None` for its own position.
    pub target_offset: Option<u64>,
    /// How many bytes; `u64::MAX` for all up to the end of the source.
    pub count: u64,
    /// The mechanisms that may be used.
    pub allowed: MechanismSet,
    /// The mechanism at which an earlier step of the same transfer arrived.
    pub resume: Option<Mechanism>,
    /// Everything that is seldom asked for.
    pub options: Options,
}

/// What a transfer may be asked for beside its endpoints. The default is what sendfile(2) does.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether a step may sleep in a system call.
    pub patience: Patience,
    /// Whether the peer has to see the bytes as they were when the call was made.
    pub is_stable: bool,
    /// When a file is read past the page cache.
    pub direct_io: DirectIo,
    /// Goes before the bytes of the source.
    pub header: Box<[u8]>,
    /// Goes behind them, where all that were asked for were delivered.
    pub trailer: Box<[u8]>,
    /// The most that one step moves.
    pub chunk_bytes: Option<NonZeroU64>,
    /// The most that is moved in a second.
    pub bytes_per_second: Option<NonZeroU64>,
}

impl Request {
    /// All bytes of `source` from its position on to `target` at its position; nothing is known of
    /// either.
    pub fn new(source: Fd, target: Fd) -> Request {
        Request {
            source,
            source_kind: None,
            source_offset: None,
            target,
            target_kind: None,
            target_offset: None,
            count: u64::MAX,
            allowed: MechanismSet::ALL,
            resume: None,
            options: Options::default(),
        }
    }
}

/// When the count is held against the size of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clamp {
    /// Before the first step.
    First,
    /// Behind a step to a socket that has moved less than the count, by [`is_at_end`].
    IfShort,
}

/// Looks at the endpoints as far as the request needs it, and plans.
///
/// A small count that is copied is not held against the size of the source: pread stops at the
/// end by itself, and the fstat would cost more than the JNI crossing and the guard together.
pub fn prepare<K: Kernel>(
    kernel: &K,
    memory: &Memory,
    request: &Request,
) -> Result<Transfer<K>, Error> {
    prepare_with(kernel, memory, request, Clamp::First)
}

/// As [`prepare`].
pub(super) fn prepare_with<K: Kernel>(
    kernel: &K,
    memory: &Memory,
    request: &Request,
    clamp: Clamp,
) -> Result<Transfer<K>, Error> {
    let source = look_at_source(kernel, request)?;
    let target = look_at_target(kernel, request)?;
    if target.offset.is_some() && !target.kind.is_file() {
        return Err(Error::InvalidArgument("only a file can be written at an offset"));
    }
    let question = Question {
        source: source.kind,
        target: target.kind,
        target_has_offset: target.offset.is_some(),
        count: request.count,
        usable: usable(request, memory, target),
        is_stable: request.options.is_stable,
        direct_reads: DirectReads::Unwanted,
    };
    let is_file = source.kind == SourceKind::File;
    let plan = plan::plan(question);
    let is_put_off = clamp == Clamp::IfShort && is_small_send(request, target, &plan);
    let is_unclamped =
        !is_file || is_put_off || is_copied(request, source, &plan) || goes_on_into_pipe(request);
    let extent = if is_unclamped {
        Clamped { count: request.count, ..Clamped::default() }
    } else {
        clamp_to_source(kernel, source, request.count)?
    };
    let direct_reads = if is_file {
        direct_reads(kernel, request, source, &extent)
    } else {
        DirectReads::Unwanted
    };
    let clamped = Question { count: extent.count, direct_reads, ..question };
    let plan = if clamped == question { plan } else { plan::plan(clamped) };
    let options = &request.options;
    let setup = Setup {
        source,
        moves_source_position: is_file && request.source_offset.is_none(),
        target,
        count: extent.count,
        end: extent.end,
        is_to_end: request.count == u64::MAX,
        plan,
        patience: options.patience,
        header: options.header.clone(),
        trailer: options.trailer.clone(),
        chunk_bytes: options.chunk_bytes,
        bytes_per_second: options.bytes_per_second,
        knows_size: extent.status.is_some_and(|status| status.size > 0),
        is_sparse: leaves_holes_out(kernel, request, target, &extent)?,
    };
    let mut transfer = Transfer::new(kernel, setup);
    if let Some(mechanism) = request.resume {
        transfer.resume_with(mechanism);
    }
    Ok(transfer)
}

/// What may be used here. Of a pipe or device in blocking mode that must not be slept on, only what
/// has a flag for that or writes no more than poll(2) has promised: sendfile(2) has none, and
/// `SPLICE_F_NONBLOCK` of splice(2) speaks of pipes alone.
fn usable(request: &Request, memory: &Memory, target: Target) -> MechanismSet {
    let usable = request.allowed.without(memory.unusable());
    let must_return = request.options.patience == Patience::Return && target.is_blocking;
    match target.kind {
        TargetKind::Pipe if must_return => usable.without(Mechanism::Sendfile.into()),
        TargetKind::Other if must_return => {
            usable.without(Mechanism::Sendfile.into()).without(Mechanism::Splice.into())
        }
        _ => usable,
    }
}

/// Whether the transfer begins with the copy whatever the size of the source is.
fn is_copied(request: &Request, source: Source, plan: &Plan) -> bool {
    let is_copy_next = match request.resume {
        Some(mechanism) => mechanism == Mechanism::Copy && plan.index_of(mechanism).is_some(),
        // A count this small has the same plan as any smaller one.
        None => {
            request.count <= SMALL_COPY_BYTES
                && plan.choice(0).is_some_and(|it| it.mechanism == Mechanism::Copy)
        }
    };
    is_copy_next && is_in_range(source.offset, request.count)
}

/// Whether the transfer begins with a sendfile(2) that can be looked at afterwards: to a socket, and
/// of so little that the fstat would be seen.
fn is_small_send(request: &Request, target: Target, plan: &Plan) -> bool {
    let resumed = request.resume.filter(|mechanism| plan.index_of(*mechanism).is_some());
    let first = resumed.or(plan.choice(0).map(|it| it.mechanism));
    // So little is read past the page cache only where the caller says so.
    let is_direct = matches!(request.options.direct_io, DirectIo::Above(_));
    request.count <= UNCLAMPED_BYTES_MAX
        && !is_direct
        && target.kind.is_socket()
        && first == Some(Mechanism::Sendfile)
        && is_in_range(request.source_offset.unwrap_or(0), request.count)
}

/// Past 2^63 the system calls answer EINVAL where there is only nothing to read.
fn is_in_range(offset: u64, count: u64) -> bool {
    offset.checked_add(count).is_some_and(|end| i64::try_from(end).is_ok())
}

/// Whether an earlier step has looked at the source already. A pipe takes no more than its slots by a
/// step, so the question would be asked every 64 KiB; and past the end it holds nothing back.
fn goes_on_into_pipe(request: &Request) -> bool {
    request.resume.is_some()
        && request.target_kind == Some(TargetKind::Pipe)
        && is_in_range(request.source_offset.unwrap_or(0), request.count)
}

fn look_at_source<K: Kernel>(kernel: &K, request: &Request) -> Result<Source, Error> {
    let fd = request.source;
    let kind = match request.source_kind {
        Some(kind) => kind,
        // A block device, for example, can be read at an offset as well.
        None => match source_kind(kernel, fd)? {
            SourceKind::Other if request.source_offset.is_some() => SourceKind::File,
            kind => kind,
        },
    };
    let offset = match (kind, request.source_offset) {
        (SourceKind::File, Some(offset)) => offset,
        (SourceKind::File, None) => {
            kernel.position(fd).map_err(|errno| Error::looking(errno, Call::Lseek))?
        }
        (_, Some(_)) => {
            return Err(Error::InvalidArgument("only a file can be read at an offset"));
        }
        (_, None) => 0,
    };
    let is_asked = request.options.patience == Patience::Return && kind != SourceKind::File;
    let is_blocking = is_asked && !status_flags(kernel, fd)?.is_non_blocking;
    Ok(Source { fd, kind, offset, is_blocking })
}

fn source_kind<K: Kernel>(kernel: &K, fd: Fd) -> Result<SourceKind, Error> {
    let status = kernel.file_status(fd).map_err(|errno| Error::looking(errno, Call::Fstat))?;
    Ok(match status.kind {
        FileKind::Regular => SourceKind::File,
        FileKind::Pipe => SourceKind::Pipe,
        FileKind::Other => SourceKind::Other,
        FileKind::Socket => match look_at_socket(kernel, fd)? {
            TargetKind::Datagram => SourceKind::Datagram,
            _ => SourceKind::Stream,
        },
    })
}

fn look_at_target<K: Kernel>(kernel: &K, request: &Request) -> Result<Target, Error> {
    let fd = request.target;
    let mut kind = match request.target_kind {
        Some(kind) => kind,
        None => target_kind(kernel, fd)?,
    };
    let must_return = request.options.patience == Patience::Return;
    let mut is_blocking = false;
    if kind.is_file() {
        if request.target_kind.is_none() && status_flags(kernel, fd)?.is_append {
            kind = TargetKind::AppendedFile;
        }
    } else if must_return {
        is_blocking = !status_flags(kernel, fd)?.is_non_blocking;
    }
    Ok(Target { fd, kind, offset: request.target_offset, is_blocking })
}

fn status_flags<K: Kernel>(kernel: &K, fd: Fd) -> Result<StatusFlags, Error> {
    kernel.status_flags(fd).map_err(|errno| Error::looking(errno, Call::Fcntl))
}

/// Asks a socket first: a server sends to sockets, and those need no fstat.
fn target_kind<K: Kernel>(kernel: &K, target: Fd) -> Result<TargetKind, Error> {
    match look_at_socket(kernel, target) {
        Err(Error::System { errno: Errno::ENOTSOCK, .. }) => {}
        answer => return answer,
    }
    let status = kernel.file_status(target).map_err(|errno| Error::looking(errno, Call::Fstat))?;
    match status.kind {
        FileKind::Regular => Ok(TargetKind::File),
        FileKind::Pipe => Ok(TargetKind::Pipe),
        FileKind::Other => Ok(TargetKind::Other),
        // A socket that says it is none may be for datagrams, which sendfile would cut.
        FileKind::Socket => Err(Error::looking(Errno::ENOTSOCK, Call::Getsockopt)),
    }
}

/// The kind of a UNIX stream as the target of a transfer, looked at only where the plan depends on
/// the size of its send buffer.
pub fn unix_stream<K: Kernel>(
    kernel: &K,
    socket: Fd,
    count: u64,
    resume: Option<Mechanism>,
) -> Result<TargetKind, Error> {
    if count <= UNIX_SMALL_BYTES || resume.is_some() {
        return Ok(TargetKind::UnixStream { send_buffer_bytes: u64::MAX });
    }
    look_at_socket(kernel, socket)
}

fn look_at_socket<K: Kernel>(kernel: &K, socket: Fd) -> Result<TargetKind, Error> {
    let kind =
        kernel.socket_kind(socket).map_err(|errno| Error::looking(errno, Call::Getsockopt))?;
    Ok(match kind {
        SocketKind::Stream => TargetKind::TcpStream,
        SocketKind::Datagram => TargetKind::Datagram,
        SocketKind::UnixStream { send_buffer_bytes } => {
            TargetKind::UnixStream { send_buffer_bytes }
        }
    })
}

/// What is there of what was asked for.
#[derive(Debug)]
struct Clamped {
    count: u64,
    end: End,
    /// What fstat(2) said, where it was asked.
    status: Option<FileStatus>,
}

impl Default for Clamped {
    fn default() -> Clamped {
        Clamped { count: 0, end: End::Complete, status: None }
    }
}

/// Never asks past the end of a file that knows its size: kernels before 6.5 then hold back the
/// last bytes on TCP for 200 ms. Files of procfs have the size 0 and are not clamped.
fn clamp_to_source<K: Kernel>(kernel: &K, source: Source, count: u64) -> Result<Clamped, Error> {
    let status =
        kernel.file_status(source.fd).map_err(|errno| Error::looking(errno, Call::Fstat))?;
    if matches!(status.kind, FileKind::Pipe | FileKind::Socket) {
        return Err(Error::Unsupported("the source is not a file, so it has no offsets"));
    }
    // Past 2^63 - 1 the system calls answer EINVAL where there is only nothing to read.
    let size = if status.size > 0 { status.size } else { i64::MAX as u64 };
    let available = size.saturating_sub(source.offset);
    #[cfg(feature = "planted-bug")]
    let available = crate::transfer::planted::available(available, size);
    let end = if available < count { End::SourceEnded } else { End::Complete };
    Ok(Clamped { count: available.min(count), end, status: Some(status) })
}

/// Whether nothing is left of the source of `transfer`, which has moved less than it was asked for.
/// A file that has no size may well be at its end.
pub(super) fn is_at_end<K: Kernel>(kernel: &K, transfer: &Transfer<K>) -> Result<bool, Error> {
    let source = *transfer.source();
    let extent = clamp_to_source(kernel, source, 1)?;
    let knows_size = extent.status.is_some_and(|status| status.size > 0);
    Ok(extent.count == 0 || !knows_size)
}

/// Whether holes of the source need not be written. A target that is appended to has no place for
/// them, so a caller who says that it is a file is not believed blindly.
fn leaves_holes_out<K: Kernel>(
    kernel: &K,
    request: &Request,
    target: Target,
    extent: &Clamped,
) -> Result<bool, Error> {
    let has_holes = extent.status.is_some_and(|status| status.allocated_bytes < status.size);
    if !has_holes || target.kind != TargetKind::File {
        return Ok(false);
    }
    Ok(request.target_kind.is_none() || !status_flags(kernel, target.fd)?.is_append)
}

/// Whether the file is read past the page cache. A question that can't be answered is a no. Of a file
/// that is cold the beginning may be in memory all the same: somebody has looked what it is.
fn direct_reads<K: Kernel>(
    kernel: &K,
    request: &Request,
    source: Source,
    extent: &Clamped,
) -> DirectReads {
    let Some(status) = extent.status.filter(|status| status.size > 0) else {
        return DirectReads::Unwanted;
    };
    let wanted_if = |is_wanted| if is_wanted { DirectReads::Wanted } else { DirectReads::Unwanted };
    match request.options.direct_io {
        DirectIo::Never => DirectReads::Unwanted,
        DirectIo::Above(bytes) => wanted_if(extent.count > bytes),
        DirectIo::Auto => {
            let is_cold = extent.count > DIRECT_IO_BYTES_MIN
                && kernel.is_cached(source.fd, source.offset + extent.count / 2) == Ok(false);
            match is_cold.then(|| kernel.read_ahead_bytes(status.device)) {
                None => DirectReads::Unwanted,
                Some(Ok(bytes)) => wanted_if(bytes < DIRECT_IO_READ_AHEAD_BYTES),
                Some(Err(_)) => DirectReads::ReadAheadUnknown,
            }
        }
    }
}
