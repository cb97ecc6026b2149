//! What a kernel may do to a call, drawn by proptest.

use nix::errno::Errno;
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens to one call, or just before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whim {
    Behave,
    /// It moves at most this many bytes, never 0.
    Short(usize),
    /// It fails and does nothing.
    Fail(Errno),
    /// The source shrinks to this part of its size.
    TruncateSource {
        size_permille: u64,
    },
    /// The source grows by this many bytes.
    GrowSource(u64),
    /// The other end of the source does its next thing.
    WriterFeeds,
    /// The reader takes this many bytes.
    ReaderDrains(usize),
    /// The reader goes away.
    ReaderCloses,
}

/// Schedules of whims. Every errno of Linux can come at any call; those that mean something to a
/// transfer come more often.
pub fn schedules() -> impl Strategy<Value = Vec<Whim>> {
    let whim = prop_oneof![
        6 => Just(Whim::Behave),
        3 => (1..5_000_usize).prop_map(Whim::Short),
        1 => (1..70_000_usize).prop_map(Whim::Short),
        4 => Just(Whim::Fail(Errno::EINTR)),
        3 => Just(Whim::Fail(Errno::EAGAIN)),
        2 => refusals().prop_map(Whim::Fail),
        2 => errnos().prop_map(Whim::Fail),
        1 => (0..1_000_u64).prop_map(|size_permille| Whim::TruncateSource { size_permille }),
        1 => (1..20_000_u64).prop_map(Whim::GrowSource),
        2 => (1..70_000_usize).prop_map(Whim::ReaderDrains),
        2 => Just(Whim::WriterFeeds),
    ];
    let closed = prop_oneof![9 => Just(None), 1 => Just(Some(Whim::ReaderCloses))];
    (vec(whim, 0..40), closed).prop_map(|(mut whims, closed)| {
        whims.extend(closed);
        whims
    })
}

/// The answers that say that a mechanism can't serve.
pub fn refusals() -> impl Strategy<Value = Errno> {
    prop::sample::select(vec![
        Errno::EINVAL,
        Errno::ESPIPE,
        Errno::EPERM,
        Errno::ENOSYS,
        Errno::EOPNOTSUPP,
        Errno::EOVERFLOW,
    ])
}

fn errnos() -> impl Strategy<Value = Errno> {
    (1..134_i32).prop_map(Errno::from_raw)
}
