//! What a step came to, in one long: a crossing costs 10 ns, an object would cost 50 more.
//!
//! | bits | meaning |
//! |---|---|
//! | 0-31 | bytes moved; of a pause its microseconds |
//! | 32-35 | outcome: 0 moved, 1 wait for the target, 2 wait for the source, 3 source ended, 4 complete, 5 interrupted, 6 pause |
//! | 36-39 | number of the mechanism that moved them or was fallen back to, 15 for none |
//! | 40-43 | number of the mechanism that could not serve, 15 for none |
//! | 44-59 | the errno that was the cause |
//!
//! `Natives.java` takes it apart again. A pump leaves the fallbacks to its account.

use ::jni::sys::jlong;

use crate::driver::stepped::Report;
use crate::kernel::Side;
use crate::mechanism::Mechanism;
use crate::transfer::{End, Step};

const NONE: u64 = 15;

/// Packs a report.
pub fn pack(report: &Report) -> jlong {
    let (moved, outcome) = match report.step {
        Step::Moved(moved) => (moved, 0),
        Step::Wait(Side::Target) => (0, 1),
        Step::Wait(Side::Source) => (0, 2),
        Step::Done(End::SourceEnded) => (0, 3),
        Step::Done(End::Complete) => (0, 4),
        Step::Interrupted => (0, 5),
        Step::Pause(nanos) => (nanos.div_ceil(1000).min(u64::from(u32::MAX)), 6),
    };
    assert!(moved <= u64::from(u32::MAX), "a step moves less than 4 GiB");
    let number = |mechanism: Option<Mechanism>| mechanism.map_or(NONE, |it| it as u64);
    let left = report.fallback.map(|fallback| fallback.mechanism);
    let cause = report.fallback.map_or(0, |fallback| fallback.errno as u64);
    let packed =
        moved | outcome << 32 | number(report.mechanism) << 36 | number(left) << 40 | cause << 44;
    packed as jlong
}
