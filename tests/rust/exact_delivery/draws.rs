//! How cases are drawn.
//!
//! Sizes are drawn as parts of each other and not as numbers, so that a transfer of a few bytes comes
//! in single bytes and one of a hundred thousand still in not many pieces.

use nix::errno::Errno;
use proptest::collection::vec;
use proptest::prelude::*;
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};

use super::scenario::{
    Drive, Extras, Interlude, Leave, Limit, Scenario, SourceEnd, Steps, TargetEnd,
};
use crate::simulated_kernel::{Feed, Name, PAGE_BYTES, Whim, schedules};

/// The most that one datagram is drawn with.
const DATAGRAM_BYTES: usize = 3_000;

/// What a drawn number of thousandths stands for: at least 1.
fn part_of(total: usize, permille: usize) -> usize {
    (total * permille / 1000).max(1)
}

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

/// Thousandths of the size of the transfer: how much one piece is.
fn pieces() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 20..300_usize, 1 => 300..3_000_usize]
}

/// What sizes are made of, before it is known what they are parts of.
#[derive(Debug, Clone)]
struct Sizes {
    pipe_slots: usize,
    other_slots: usize,
    /// Of the pipe.
    total_permille: usize,
    /// Of the total.
    takes: usize,
    capacity: usize,
    fragments: Vec<(usize, bool)>,
}

fn sizes() -> impl Strategy<Value = Sizes> {
    let slots = || prop_oneof![6 => 1..4_usize, 1 => 4..17_usize];
    // Two thirds are larger than the pipe, so that half are where a count cuts some.
    let total_permille = prop_oneof![1 => 0..1000_usize, 3 => 1001..3500_usize];
    let fragments = vec((pieces(), prop::bool::weighted(0.3)), 1..30);
    (slots(), slots(), total_permille, pieces(), pieces(), fragments).prop_map(
        |(pipe_slots, other_slots, total_permille, takes, capacity, fragments)| Sizes {
            pipe_slots,
            other_slots,
            total_permille,
            takes,
            capacity,
            fragments,
        },
    )
}

impl Sizes {
    fn total(&self) -> usize {
        self.pipe_slots.max(self.other_slots) * PAGE_BYTES * self.total_permille / 1000
    }

    /// Fragments that are `total` bytes together, with pauses between.
    fn feeds(&self, total: usize, fragment_max: usize) -> Vec<Feed> {
        let mut feeds = Vec::new();
        let mut left = total;
        for (permille, is_paused) in self.fragments.iter().cycle() {
            if left == 0 {
                break;
            }
            let bytes = part_of(total, *permille / 2).min(left).min(fragment_max);
            feeds.push(Feed::Bytes(bytes));
            feeds.extend(is_paused.then_some(Feed::Pause));
            left -= bytes;
        }
        feeds
    }
}

pub fn scenarios() -> impl Strategy<Value = Scenario> {
    let ends = (sizes(), source_shapes(), target_shapes());
    let counts = prop_oneof![4 => Just(None), 1 => (0..1_000_usize).prop_map(Some),
        2 => (900..1_200_usize).prop_map(Some)];
    let asked = (counts, any::<bool>(), extras(), allowed(), filters());
    (ends, asked, drives(), schedules()).prop_map(
        |(
            (sizes, source, target),
            (count, are_kinds_known, extras, allowed, filter),
            drive,
            whims,
        )| {
            let total = sizes.total();
            let source = source.build(&sizes);
            let scenario = Scenario {
                target: target.build(&sizes),
                count: count.map_or(u64::MAX, |permille| (total * permille / 1000) as u64),
                are_kinds_known,
                extras: extras.build(total),
                allowed,
                filter,
                pipe_slots: sizes.pipe_slots,
                drive: drive.build(total),
                source,
                whims,
            };
            scenario.made_sense_of()
        },
    )
}

impl Scenario {
    /// Mends what would sleep for ever, or can't be asked.
    fn made_sense_of(mut self) -> Scenario {
        let ends = |feeds: &[Feed]| matches!(feeds.last(), Some(Feed::Close | Feed::Reset));
        let is_endless = match &self.source {
            SourceEnd::File { .. } => false,
            SourceEnd::Datagrams { .. } => true,
            SourceEnd::Stream { feeds, .. } | SourceEnd::Pipe { feeds, .. } => !ends(feeds),
        };
        if is_endless {
            self.count = self.count.min(self.source_bytes());
        }
        if let (Drive::Stateless, SourceEnd::File { is_at_position, is_sparse, .. }) =
            (&self.drive, &mut self.source)
        {
            (*is_at_position, *is_sparse) = (false, false);
            self.extras = Extras::default();
            self.are_kinds_known = true;
        } else if matches!(self.drive, Drive::Stateless) {
            self.drive = Drive::Blocking(Limit::None);
        }
        if let SourceEnd::File { is_sparse: true, knows_its_size, .. } = &mut self.source {
            *knows_its_size = true;
            self.whims
                .retain(|whim| !matches!(whim, Whim::TruncateSource { .. } | Whim::GrowSource(_)));
        }
        self
    }
}

fn allowed() -> impl Strategy<Value = MechanismSet> {
    prop_oneof![
        6 => Just(MechanismSet::ALL),
        1 => Just(only(Mechanism::Copy)),
        1 => Just(only(Mechanism::Sendfile)),
        1 => Just(only(Mechanism::Splice)),
        1 => Just(only(Mechanism::Mapped)),
        1 => Just(only(Mechanism::Mapped).with(Mechanism::Copy)),
        1 => Just(MechanismSet::ALL.without(only(Mechanism::CopyFileRange))),
    ]
}

fn filters() -> impl Strategy<Value = Option<(Name, Errno)>> {
    let names = prop::sample::select(vec![
        Name::Sendfile,
        Name::Splice,
        Name::CopyFileRange,
        Name::Map,
        Name::OpenDirect,
        Name::MemoryFile,
        Name::Pipe,
        Name::PunchHole,
        Name::Extent,
        Name::StoredPages,
    ]);
    let errnos =
        prop::sample::select(vec![Errno::EPERM, Errno::ENOSYS, Errno::EINVAL, Errno::EOPNOTSUPP]);
    prop_oneof![8 => Just(None), 1 => (names, errnos).prop_map(Some)]
}

#[derive(Debug, Clone)]
struct ExtrasShape {
    header_bytes: usize,
    trailer_bytes: usize,
    chunk: Option<usize>,
    rate: Option<usize>,
    is_stable: bool,
    direct_above: Option<u64>,
}

impl ExtrasShape {
    fn build(&self, total: usize) -> Extras {
        Extras {
            header_bytes: self.header_bytes,
            trailer_bytes: self.trailer_bytes,
            chunk_bytes: self.chunk.map(|permille| part_of(total, permille) as u64),
            // A bucket holds the bytes of an eighth of a second.
            bytes_per_second: self.rate.map(|permille| 8 * part_of(total, permille) as u64),
            is_stable: self.is_stable,
            direct_above: self.direct_above,
        }
    }
}

fn extras() -> impl Strategy<Value = ExtrasShape> {
    let parts = || prop_oneof![3 => Just(0), 1 => 1..300_usize, 1 => 1..9_000_usize];
    let seldom = || prop_oneof![4 => Just(None), 1 => pieces().prop_map(Some)];
    let direct_above = prop_oneof![3 => Just(None), 1 => (0..9_000_u64).prop_map(Some)];
    (parts(), parts(), seldom(), seldom(), prop::bool::weighted(0.15), direct_above).prop_map(
        |(header_bytes, trailer_bytes, chunk, rate, is_stable, direct_above)| ExtrasShape {
            header_bytes,
            trailer_bytes,
            chunk,
            rate,
            is_stable,
            direct_above,
        },
    )
}

/// A kind of source, whose size is not known yet.
#[derive(Debug, Clone)]
enum SourceShape {
    File { offset: usize, behind: usize, flags: [bool; 5] },
    Stream { is_unix: bool, is_blocking: bool, end: Option<Feed> },
    Pipe { is_blocking: bool, is_closed: bool },
    Datagrams { is_blocking: bool },
}

fn source_shapes() -> impl Strategy<Value = SourceShape> {
    let often = || prop::bool::weighted(0.8);
    let flags = [
        often().boxed(),
        often().boxed(),
        often().boxed(),
        any::<bool>().boxed(),
        prop::bool::weighted(0.3).boxed(),
    ];
    let end = prop_oneof![
        8 => Just(Some(Feed::Close)), 1 => Just(Some(Feed::Reset)), 1 => Just(None)];
    prop_oneof![
        5 => (prop_oneof![Just(0), 0..20_000_usize], prop_oneof![9 => Just(0), 1 => 1..9_usize], flags)
            .prop_map(|(offset, behind, flags)| SourceShape::File { offset, behind, flags }),
        5 => (any::<bool>(), any::<bool>(), end)
            .prop_map(|(is_unix, is_blocking, end)| SourceShape::Stream { is_unix, is_blocking, end }),
        3 => (any::<bool>(), often())
            .prop_map(|(is_blocking, is_closed)| SourceShape::Pipe { is_blocking, is_closed }),
        1 => any::<bool>().prop_map(|is_blocking| SourceShape::Datagrams { is_blocking }),
    ]
}

impl SourceShape {
    fn build(&self, sizes: &Sizes) -> SourceEnd {
        let total = sizes.total();
        match *self {
            SourceShape::File { offset, behind, flags } => {
                let [knows_its_size, can_be_spliced, is_at_offset, is_on_disk, is_sparse] = flags;
                SourceEnd::File {
                    bytes: if behind > 0 { offset } else { offset + total },
                    offset: (offset + behind) as u64,
                    is_at_position: !is_at_offset,
                    knows_its_size,
                    can_be_spliced,
                    is_on_disk,
                    is_sparse,
                }
            }
            SourceShape::Stream { is_unix, is_blocking, end } => {
                let mut feeds = sizes.feeds(total, usize::MAX);
                feeds.extend(end);
                SourceEnd::Stream { is_unix, is_blocking, feeds }
            }
            SourceShape::Pipe { is_blocking, is_closed } => {
                let mut feeds = sizes.feeds(total, usize::MAX);
                feeds.extend(is_closed.then_some(Feed::Close));
                SourceEnd::Pipe { is_blocking, slots: sizes.other_slots, feeds }
            }
            SourceShape::Datagrams { is_blocking } => {
                SourceEnd::Datagrams { is_blocking, feeds: sizes.feeds(total, DATAGRAM_BYTES) }
            }
        }
    }
}

/// A kind of target, whose size is not known yet.
#[derive(Debug, Clone)]
enum TargetShape {
    Tcp { no_delay: bool },
    Unix { send_buffer_bytes: u64 },
    Datagrams { queued_max: usize },
    Pipe,
    File { old_bytes: usize, is_appended: bool, offset: Option<u64>, is_on_disk: bool },
}

fn target_shapes() -> impl Strategy<Value = (TargetShape, bool)> {
    let send_buffer_bytes = prop_oneof![Just(212_992_u64), Just(4_194_304_u64)];
    let file = (
        prop_oneof![0..3_000_usize, 0..60_000_usize],
        prop::bool::weighted(0.2),
        prop::option::of(0..30_000_u64),
        any::<bool>(),
    );
    let shape = prop_oneof![
        5 => any::<bool>().prop_map(|no_delay| TargetShape::Tcp { no_delay }),
        2 => send_buffer_bytes.prop_map(|send_buffer_bytes| TargetShape::Unix { send_buffer_bytes }),
        1 => (1..5_usize).prop_map(|queued_max| TargetShape::Datagrams { queued_max }),
        3 => Just(TargetShape::Pipe),
        4 => file.prop_map(|(old_bytes, is_appended, offset, is_on_disk)| {
            TargetShape::File { old_bytes, is_appended, offset, is_on_disk }
        }),
    ];
    (shape, any::<bool>())
}

trait Build {
    fn build(&self, sizes: &Sizes) -> TargetEnd;
}

impl Build for (TargetShape, bool) {
    fn build(&self, sizes: &Sizes) -> TargetEnd {
        let (shape, is_blocking) = self.clone();
        let capacity = part_of(sizes.total(), sizes.capacity);
        let reader_takes = part_of(sizes.total(), sizes.takes);
        match shape {
            TargetShape::Tcp { no_delay } => {
                TargetEnd::Tcp { is_blocking, capacity, reader_takes, no_delay }
            }
            TargetShape::Unix { send_buffer_bytes } => {
                TargetEnd::Unix { is_blocking, capacity, reader_takes, send_buffer_bytes }
            }
            TargetShape::Datagrams { queued_max } => {
                TargetEnd::Datagrams { is_blocking, queued_max }
            }
            TargetShape::Pipe => {
                TargetEnd::Pipe { is_blocking, slots: sizes.other_slots, reader_takes }
            }
            TargetShape::File { old_bytes, is_appended, offset, is_on_disk } => {
                TargetEnd::File { old_bytes, is_appended, offset, is_on_disk }
            }
        }
    }
}

#[derive(Debug, Clone)]
enum DriveShape {
    Blocking(Limit),
    Stateless,
    Steps {
        must_return: bool,
        budgets: Vec<usize>,
        interludes: Vec<Interlude>,
        left_after: Option<(usize, Leave)>,
    },
}

impl DriveShape {
    fn build(&self, total: usize) -> Drive {
        match self.clone() {
            DriveShape::Blocking(limit) => Drive::Blocking(limit),
            DriveShape::Stateless => Drive::Stateless,
            DriveShape::Steps { must_return, budgets, interludes, left_after } => {
                let budgets =
                    budgets.iter().map(|permille| part_of(total, *permille) as u64).collect();
                Drive::Steps(Steps { must_return, budgets, interludes, left_after })
            }
        }
    }
}

fn drives() -> impl Strategy<Value = DriveShape> {
    let limit = prop_oneof![
        4 => Just(Limit::None),
        1 => (1..300_u64).prop_map(|ms| Limit::Timeout { ms }),
        1 => (1..100_u64).prop_map(|ms| Limit::IdleTimeout { ms }),
        1 => (0..20_usize).prop_map(|after| Limit::Cancel { after }),
    ];
    let interlude = prop_oneof![
        12 => Just(Interlude::Nothing),
        2 => Just(Interlude::Settle),
        1 => Just(Interlude::Rest),
        1 => Just(Interlude::Fork),
    ];
    let leave = prop_oneof![
        2 => (1..20_000_usize).prop_map(|piece| Leave::Drain { piece }),
        2 => Just(Leave::GiveAway),
        1 => Just(Leave::Close),
    ];
    let left_after = prop_oneof![1 => Just(None), 1 => (1..40_usize, leave).prop_map(Some)];
    let budgets = prop_oneof![2 => vec(pieces(), 1..5), 1 => Just(vec![usize::MAX >> 32])];
    let steps = (any::<bool>(), budgets, vec(interlude, 1..6), left_after).prop_map(
        |(must_return, budgets, interludes, left_after)| DriveShape::Steps {
            must_return,
            budgets,
            interludes,
            left_after,
        },
    );
    prop_oneof![
        3 => limit.prop_map(DriveShape::Blocking),
        1 => Just(DriveShape::Stateless),
        5 => steps,
    ]
}
