//! Picks the mechanisms for a transfer, best first. Pure: it does no I/O and is tested as a table.

use std::fmt;

use crate::mechanism::{Mechanism, MechanismSet, TargetKind};

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
    /// How the target is written to.
    pub target: TargetKind,
    /// Whether the target is a file that is written at an offset of the caller's.
    pub target_has_offset: bool,
    /// How many bytes are wanted, already clamped to the size of the source where that is known.
    pub count: u64,
    /// The mechanisms that work here and that the caller allows.
    pub usable: MechanismSet,
}

/// Why a mechanism has its place in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The transfer is small enough for the copy to be the faster way.
    BelowCrossover,
    /// The kernel moves the pages itself.
    InKernel,
    /// The send buffer of the UNIX stream is too small for sendfile to get going.
    SmallSendBuffer,
    /// The border of each write can be seen by the peer.
    OneWritePerDatagram,
    /// sendfile can't write at an offset.
    TargetOffset,
    /// It serves every target, so it comes last.
    LastResort,
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
    const CHOICES_MAX: usize = 3;

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

/// The mechanisms for a transfer from a file, best first.
pub fn plan(question: Question) -> Plan {
    use Mechanism::{Copy, Sendfile};
    use Reason::*;

    if question.target_has_offset {
        return Plan::of(question, &[(Copy, TargetOffset)]);
    }
    let in_kernel = [(Sendfile, InKernel), (Copy, LastResort)];
    match question.target {
        TargetKind::Datagram => Plan::of(question, &[(Copy, OneWritePerDatagram)]),
        TargetKind::TcpStream if question.count <= SMALL_COPY_BYTES => {
            Plan::of(question, &[(Copy, BelowCrossover), (Sendfile, InKernel)])
        }
        TargetKind::UnixStream { send_buffer_bytes }
            if question.count > UNIX_SMALL_BYTES
                && send_buffer_bytes < UNIX_SENDFILE_BUFFER_BYTES =>
        {
            Plan::of(question, &[(Copy, SmallSendBuffer), (Sendfile, InKernel)])
        }
        TargetKind::TcpStream
        | TargetKind::UnixStream { .. }
        | TargetKind::Pipe
        | TargetKind::File
        | TargetKind::Other => Plan::of(question, &in_kernel),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BelowCrossover => write!(f, "below the crossover of {SMALL_COPY_BYTES} B"),
            Reason::InKernel => write!(f, "the kernel moves the pages itself"),
            Reason::SmallSendBuffer => {
                write!(f, "the send buffer is below {UNIX_SENDFILE_BUFFER_BYTES} B")
            }
            Reason::OneWritePerDatagram => write!(f, "each write is a datagram"),
            Reason::TargetOffset => write!(f, "the target is written at an offset"),
            Reason::LastResort => write!(f, "serves every target"),
        }
    }
}

/// For logs and tests: `file 700 B: copy (below the crossover of 4096 B), then sendfile (...)`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {} B: ", self.question.count)?;
        if self.choices[0].is_none() {
            return write!(f, "no mechanism is allowed");
        }
        for (index, choice) in self.choices.iter().flatten().enumerate() {
            let then = if index == 0 { "" } else { ", then " };
            write!(f, "{then}{} ({})", choice.mechanism.name(), choice.reason)?;
        }
        Ok(())
    }
}
