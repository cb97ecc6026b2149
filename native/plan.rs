//! Picks the mechanisms for a transfer, best first. Pure: it does no I/O and is tested as a table.

use std::fmt;

use crate::mechanism::{Mechanism, MechanismSet, SourceKind, TargetKind};

/// Up to this many bytes, pread + send beats sendfile on TCP.
///
/// Measured from Java on loopback, medians of 31 interleaved rounds: 512 bytes 4.8 against 7.4 µs,
/// 4 KiB 6.0 against 7.9 µs, 8 KiB 10.7 against 14.4 µs. Above 4 KiB the sender's CPU time goes the
/// other way when the receiver does not sleep, so the line is drawn there. A second reason is that
/// a small count needs no fstat: pread stops at the end by itself, while sendfile, asked past the
/// end, lets the last bytes wait 200 ms on kernels before 6.5.
pub const SMALL_COPY_BYTES: u64 = 4096;

/// From this send buffer on, as read back, a UNIX stream is fastest with sendfile (2.5 times the
/// copy). Below it both sides sleep and wake in turns and the copy is 3 times as fast.
pub const UNIX_SENDFILE_BUFFER_BYTES: u64 = 2 << 20;

/// Up to this many bytes a whole transfer fits in the default send buffer of a UNIX stream, so the
/// sender does not sleep and sendfile is the faster way there too.
pub const UNIX_SMALL_BYTES: u64 = 64 << 10;

/// What the planner looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// How the source is read.
    pub source: SourceKind,
    /// How the target is written to.
    pub target: TargetKind,
    /// Whether the target is a file that is written at an offset of the caller's.
    pub target_has_offset: bool,
    /// How many bytes are wanted, already clamped to the size of the source where that is known.
    pub count: u64,
    /// The mechanisms that work here and that the caller allows.
    pub usable: MechanismSet,
    /// Whether the peer must see the bytes as they were when the call was made, so that no page of
    /// the source may be shared with it.
    pub is_stable: bool,
    /// Whether the file is to be read past the page cache.
    pub direct_reads: DirectReads,
}

/// Whether a file is to be read past the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectReads {
    /// It is not.
    Unwanted,
    /// It is.
    Wanted,
    /// It would be, if its device reads ahead little, but what that does is unknown: it is read through
    /// the page cache. So are all files of btrfs, which belong to no device of their own; btrfs itself
    /// reads ahead 4 MiB at least, where direct reads gain nothing.
    ReadAheadUnknown,
}

/// Why a mechanism has its place in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The transfer is small enough for the copy to be the faster way.
    BelowCrossover,
    /// The kernel moves the pages itself.
    InKernel,
    /// The file system copies, or shares the blocks and copies nothing.
    InFileSystem,
    /// The kernel hands over what it holds, through a pipe.
    ThroughPipe,
    /// One copy, which the kernel makes.
    OneCopy,
    /// The file is large and not in memory, and its device reads ahead too little.
    Cold,
    /// The send buffer of the UNIX stream is too small for sendfile to get going.
    SmallSendBuffer,
    /// The border of each write can be seen by the peer.
    OneWritePerDatagram,
    /// The kernel refuses everything but writes to a file that is appended to.
    Appends,
    /// Writes of 2 MiB are as cheap as splicing, which copies into the page cache too; and what was
    /// received leaves the receive buffer at once, where a pipe holds on to it. Measured on loopback
    /// to a new file of tmpfs: 1.9 against 0.85 GB/s, with the same processor time.
    InBatches,
    /// The bytes have to be those of the moment of the call.
    Stable,
    /// It serves every pair of endpoints, so it comes late.
    LastResort,
    /// A file with O_DIRECT refuses everything that is not aligned, but it can be mapped.
    Unaligned,
}

/// One mechanism of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Why it stands where it stands.
    pub reason: Reason,
}

/// The mechanisms to try in turn. Empty where the caller allows none that could serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    choices: [Option<Choice>; Plan::CHOICES_MAX],
    question: Question,
}

impl Plan {
    const CHOICES_MAX: usize = 4;

    /// The mechanism to use first (0), or after `index` fallbacks.
    pub fn choice(&self, index: usize) -> Option<Choice> {
        self.choices.get(index).copied().flatten()
    }

    /// The place of `mechanism` in the plan, to go on where an earlier step has arrived.
    pub fn index_of(&self, mechanism: Mechanism) -> Option<usize> {
        self.choices
            .iter()
            .position(|choice| choice.is_some_and(|choice| choice.mechanism == mechanism))
    }

    fn of(question: Question, order: &[(Mechanism, Reason)]) -> Plan {
        assert!(order.len() <= Plan::CHOICES_MAX, "a plan of {} choices", order.len());
        let mut plan = Plan { choices: [None; Plan::CHOICES_MAX], question };
        let usable = order
            .iter()
            .filter(|(mechanism, _)| question.usable.contains(*mechanism))
            .map(|(mechanism, reason)| Choice { mechanism: *mechanism, reason: *reason });
        for (place, choice) in plan.choices.iter_mut().zip(usable) {
            *place = Some(choice);
        }
        plan
    }
}

/// The mechanisms for a transfer, best first.
pub fn plan(question: Question) -> Plan {
    use Mechanism::{Copy, Splice};
    use Reason::*;

    if question.source == SourceKind::Datagram || question.target == TargetKind::Datagram {
        return Plan::of(question, &[(Copy, OneWritePerDatagram)]);
    }
    if question.source == SourceKind::File {
        return plan_from_file(question);
    }
    match question.target {
        _ if question.is_stable && !question.target.is_file() => {
            Plan::of(question, &[(Copy, Stable)])
        }
        TargetKind::AppendedFile => Plan::of(question, &[(Copy, Appends)]),
        TargetKind::File if question.source == SourceKind::Stream => {
            Plan::of(question, &[(Copy, InBatches), (Splice, ThroughPipe)])
        }
        _ => Plan::of(question, &[(Splice, ThroughPipe), (Copy, LastResort)]),
    }
}

fn plan_from_file(question: Question) -> Plan {
    use Mechanism::{Copy, CopyFileRange, DirectIo, Mapped, Sendfile, Splice};
    use Reason::*;

    let copied = (Copy, LastResort);
    let in_kernel = (Sendfile, InKernel);
    let mapped = (Mapped, OneCopy);
    let unaligned = (Mapped, Unaligned);
    match question.target {
        TargetKind::AppendedFile => Plan::of(question, &[(Copy, Appends), unaligned]),
        // Both of them copy at the time of the call, or share blocks that are copied on a write.
        TargetKind::File if question.target_has_offset => {
            Plan::of(question, &[(CopyFileRange, InFileSystem), copied, unaligned])
        }
        TargetKind::File => {
            Plan::of(question, &[(CopyFileRange, InFileSystem), in_kernel, copied, unaligned])
        }
        _ if question.is_stable => Plan::of(question, &[(Copy, Stable), unaligned]),
        TargetKind::Pipe => {
            Plan::of(question, &[(Splice, ThroughPipe), in_kernel, copied, unaligned])
        }
        TargetKind::TcpStream if question.count <= SMALL_COPY_BYTES => {
            Plan::of(question, &[(Copy, BelowCrossover), in_kernel, mapped])
        }
        TargetKind::TcpStream | TargetKind::UnixStream { .. }
            if question.direct_reads == DirectReads::Wanted =>
        {
            Plan::of(question, &[(DirectIo, Cold), in_kernel, mapped, copied])
        }
        TargetKind::UnixStream { send_buffer_bytes }
            if question.count > UNIX_SMALL_BYTES
                && send_buffer_bytes < UNIX_SENDFILE_BUFFER_BYTES =>
        {
            Plan::of(question, &[(Copy, SmallSendBuffer), in_kernel, mapped])
        }
        TargetKind::TcpStream | TargetKind::UnixStream { .. } => {
            Plan::of(question, &[in_kernel, mapped, copied])
        }
        TargetKind::Datagram | TargetKind::Other => {
            Plan::of(question, &[in_kernel, copied, unaligned])
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BelowCrossover => write!(f, "below the crossover of {SMALL_COPY_BYTES} B"),
            Reason::InKernel => write!(f, "the kernel moves the pages itself"),
            Reason::InFileSystem => write!(f, "the file system copies or shares the blocks"),
            Reason::ThroughPipe => write!(f, "the kernel hands over what it holds"),
            Reason::OneCopy => write!(f, "one copy, made by the kernel"),
            Reason::Cold => write!(f, "large, not in memory, and little is read ahead"),
            Reason::SmallSendBuffer => {
                write!(f, "the send buffer is below {UNIX_SENDFILE_BUFFER_BYTES} B")
            }
            Reason::OneWritePerDatagram => write!(f, "each write is a datagram"),
            Reason::Appends => write!(f, "the target is appended to"),
            Reason::InBatches => write!(f, "large writes leave the receive buffer free"),
            Reason::Stable => write!(f, "the bytes must not change any more"),
            Reason::LastResort => write!(f, "serves every pair of endpoints"),
            Reason::Unaligned => write!(f, "needs no alignment"),
        }
    }
}

/// For logs and tests: `file 700 B: copy (below the crossover of 4096 B), then sendfile (...)`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.question.source {
            SourceKind::File => "file",
            SourceKind::Stream => "stream",
            SourceKind::Datagram => "datagrams",
            SourceKind::Pipe => "pipe",
            SourceKind::Other => "device",
        };
        write!(f, "{source} {} B: ", self.question.count)?;
        if self.choices[0].is_none() {
            return write!(f, "no mechanism is allowed");
        }
        for (index, choice) in self.choices.iter().flatten().enumerate() {
            let then = if index == 0 { "" } else { ", then " };
            write!(f, "{then}{} ({})", choice.mechanism.name(), choice.reason)?;
        }
        let is_stream =
            matches!(self.question.target, TargetKind::TcpStream | TargetKind::UnixStream { .. });
        if is_stream && self.question.direct_reads == DirectReads::ReadAheadUnknown {
            write!(f, "; not direct_io: read-ahead of the device unknown")?;
        }
        Ok(())
    }
}
