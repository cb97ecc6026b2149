//! One case: two ends, options, a driver, and everything that happens to them.

use nix::errno::Errno;
use zerocopy_nio::mechanism::MechanismSet;

use crate::simulated_kernel::{Feed, Name, PAGE_BYTES, Whim};

/// One transfer, its ends, its driver and everything that happens to it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub source: SourceEnd,
    pub target: TargetEnd,
    /// `u64::MAX` is everything up to the end of the source.
    pub count: u64,
    /// Whether the caller says what the ends are, or has them looked at.
    pub are_kinds_known: bool,
    pub extras: Extras,
    pub allowed: MechanismSet,
    /// What a call is answered every time, as by a seccomp filter.
    pub filter: Option<(Name, Errno)>,
    /// How many pages a pipe of the library has. It can't grow it.
    pub pipe_slots: usize,
    pub drive: Drive,
    pub whims: Vec<Whim>,
}

#[derive(Debug, Clone)]
pub enum SourceEnd {
    File {
        bytes: usize,
        /// From where it is read; at its own position where `is_at_position`.
        offset: u64,
        is_at_position: bool,
        knows_its_size: bool,
        can_be_spliced: bool,
        is_on_disk: bool,
        /// Every other page is a hole.
        is_sparse: bool,
    },
    Stream {
        is_unix: bool,
        is_blocking: bool,
        feeds: Vec<Feed>,
    },
    Pipe {
        is_blocking: bool,
        slots: usize,
        feeds: Vec<Feed>,
    },
    Datagrams {
        is_blocking: bool,
        feeds: Vec<Feed>,
    },
}

#[derive(Debug, Clone)]
pub enum TargetEnd {
    Tcp { is_blocking: bool, capacity: usize, reader_takes: usize, no_delay: bool },
    Unix { is_blocking: bool, capacity: usize, reader_takes: usize, send_buffer_bytes: u64 },
    Datagrams { is_blocking: bool, queued_max: usize },
    Pipe { is_blocking: bool, slots: usize, reader_takes: usize },
    File { old_bytes: usize, is_appended: bool, offset: Option<u64>, is_on_disk: bool },
}

/// What is asked for beside the ends.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    pub header_bytes: usize,
    pub trailer_bytes: usize,
    pub chunk_bytes: Option<u64>,
    pub bytes_per_second: Option<u64>,
    pub is_stable: bool,
    pub direct_above: Option<u64>,
}

/// Who makes the steps.
#[derive(Debug, Clone)]
pub enum Drive {
    Blocking(Limit),
    /// Each step by a transfer of its own; only from a file at an offset.
    Stateless,
    Steps(Steps),
}

/// What may end a blocking run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    None,
    Timeout {
        ms: u64,
    },
    IdleTimeout {
        ms: u64,
    },
    /// Somebody cancels when it has been waited so often.
    Cancel {
        after: usize,
    },
}

#[derive(Debug, Clone)]
pub struct Steps {
    pub must_return: bool,
    /// How much each step moves at most, in turn.
    pub budgets: Vec<u64>,
    /// What happens between two steps, in turn.
    pub interludes: Vec<Interlude>,
    /// The transfer is left after so many steps.
    pub left_after: Option<(usize, Leave)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interlude {
    Nothing,
    /// The transfer is left alone for a while, as a selector loop does.
    Settle,
    /// As long as no pipe lies in the pool.
    Rest,
    /// From now on this is a child of the process.
    Fork,
}

/// What becomes of the bytes that are on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Drain {
        piece: usize,
    },
    GiveAway,
    /// They are lost, and it must not show anywhere else.
    Close,
}

impl SourceEnd {
    /// What the other end of the source does; nothing where it is a file.
    pub fn feeds(&self) -> &[Feed] {
        match self {
            SourceEnd::File { .. } => &[],
            SourceEnd::Stream { feeds, .. }
            | SourceEnd::Pipe { feeds, .. }
            | SourceEnd::Datagrams { feeds, .. } => feeds,
        }
    }
}

impl Scenario {
    /// How many bytes the source has from where it is read.
    pub fn source_bytes(&self) -> u64 {
        match &self.source {
            SourceEnd::File { bytes, offset, .. } => (*bytes as u64).saturating_sub(*offset),
            source => sum(source.feeds()) as u64,
        }
    }

    /// Whether the bytes do not fit in the pipe that stands, or could stand, between the ends.
    pub fn is_larger_than_pipe(&self) -> bool {
        let own = self.pipe_slots;
        let slots = match (&self.source, &self.target) {
            (SourceEnd::Pipe { slots, .. }, TargetEnd::Pipe { slots: other, .. }) => {
                *slots.max(other)
            }
            (SourceEnd::Pipe { slots, .. }, _) | (_, TargetEnd::Pipe { slots, .. }) => *slots,
            _ => own,
        };
        self.source_bytes().min(self.count) > (slots * PAGE_BYTES) as u64
    }
}

pub fn sum(feeds: &[Feed]) -> usize {
    feeds.iter().map(|feed| if let Feed::Bytes(bytes) = feed { *bytes } else { 0 }).sum()
}
