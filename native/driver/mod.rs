//! The drivers decide when to step a transfer and when to wait.
//!
//! [`stepped`] makes one step and comes back: for JNI, where Java waits. [`blocking`] runs to the
//! end: for C.

pub mod blocking;
pub mod stepped;

use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::{Call, Fd, FileKind, Kernel, SocketKind};
use crate::mechanism::{Mechanism, MechanismSet, Target, TargetKind};
use crate::plan::{self, Question, SMALL_COPY_BYTES, UNIX_SMALL_BYTES};
use crate::probe::Memory;
use crate::transfer::{End, FileSource, Transfer};

/// What is known not to work in this process. Both faces share it.
pub static PROCESS_MEMORY: Memory = Memory::new();

/// What a face asks for: bytes of a file, to anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The file, and where to begin in it.
    pub source: FileSource,
    /// Where the bytes go.
    pub target: Fd,
    /// What the caller knows of the target, which saves looking at it; `None` to look.
    pub target_kind: Option<TargetKind>,
    /// The offset to write a file at; `None` for its own position.
    pub target_offset: Option<u64>,
    /// How many bytes.
    pub count: u64,
    /// The mechanisms that may be used.
    pub allowed: MechanismSet,
    /// The mechanism at which an earlier step of the same transfer arrived.
    pub resume: Option<Mechanism>,
}

/// Looks at the endpoints as far as the request needs it, and plans.
///
/// A count that is copied is not held against the size of the source: pread stops at the
/// end by itself, and the fstat would cost more than the JNI crossing and the guard together.
fn prepare<K: Kernel>(kernel: &K, memory: &Memory, request: &Request) -> Result<Transfer, Error> {
    let kind = match request.target_kind {
        Some(kind) => kind,
        None => look_at_target(kernel, request.target)?,
    };
    if request.target_offset.is_some() && kind != TargetKind::File {
        return Err(Error::InvalidArgument("only a file can be written at an offset"));
    }
    let source = request.source;
    let question = Question {
        target: kind,
        target_has_offset: request.target_offset.is_some(),
        count: request.count,
        usable: request.allowed.without(memory.unusable()),
    };
    let (count, end) = if is_copied(request, question) {
        (request.count, End::Complete)
    } else {
        clamp_to_source(kernel, source, request.count)?
    };
    let plan = plan::plan(Question { count, ..question });
    let target = Target { fd: request.target, kind, offset: request.target_offset };
    let mut transfer = Transfer::new(source, target, count, end, plan);
    if let Some(mechanism) = request.resume {
        transfer.resume_with(mechanism);
    }
    Ok(transfer)
}

/// Whether the transfer begins with the copy whatever the size of the source is.
fn is_copied(request: &Request, question: Question) -> bool {
    let end = request.source.offset.checked_add(request.count);
    // Past 2^63 pread(2) answers EINVAL where there is only nothing to read.
    let is_in_range = end.is_some_and(|end| i64::try_from(end).is_ok());
    let is_copy_next = match request.resume {
        Some(mechanism) => mechanism == Mechanism::Copy && question.usable.contains(mechanism),
        // A count this small has the same plan as any smaller one.
        None => {
            request.count <= SMALL_COPY_BYTES
                && plan::plan(question).choice(0).is_some_and(|it| it.mechanism == Mechanism::Copy)
        }
    };
    is_in_range && is_copy_next
}

/// Asks a socket first: a server sends to sockets, and those need no fstat.
fn look_at_target<K: Kernel>(kernel: &K, target: Fd) -> Result<TargetKind, Error> {
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

/// The kind of a UNIX stream as the target of `request`, looked at only where the plan depends on
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

/// Never asks past the end of a file that knows its size: kernels before 6.5 then hold back the
/// last bytes on TCP for 200 ms. Files of procfs have the size 0 and are not clamped.
fn clamp_to_source<K: Kernel>(
    kernel: &K,
    source: FileSource,
    count: u64,
) -> Result<(u64, End), Error> {
    let status =
        kernel.file_status(source.fd).map_err(|errno| Error::looking(errno, Call::Fstat))?;
    if matches!(status.kind, FileKind::Pipe | FileKind::Socket) {
        return Err(Error::Unsupported("the source is not a file"));
    }
    // Past 2^63 - 1 the system calls answer EINVAL where there is only nothing to read.
    let size = if status.size > 0 { status.size } else { i64::MAX as u64 };
    let available = size.saturating_sub(source.offset);
    if available < count { Ok((available, End::SourceEnded)) } else { Ok((count, End::Complete)) }
}
