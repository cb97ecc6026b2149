//! Goal: relays deliver each byte once and in order, end as their sources do, lose no event and do not
//! spin, in whatever order things happen.
//! Method: a property over drawn schedules on the simulated kernel.
#![allow(clippy::unwrap_used)]

mod relay_schedules;
mod seeded;
mod simulated_kernel;

use std::sync::atomic::Ordering;

use relay_schedules::{ENDED, SCHEDULES, SPLICED, check, schedules};

/// Goal: the property. Method: up to four relays at once, whose peers send a byte or megabytes, read
/// or do not, end, reset and close; calls that are cut short, refused and interrupted; no pipe to be
/// had; time-outs and pauses; events that come late, twice, in any order, and for relays that are over.
#[test]
fn each_byte_arrives_once_and_no_event_is_lost() {
    let found = seeded::run_cases("relays", SCHEDULES, || {}, schedules, |it| check(&it));
    if let Some(failure) = found.failure {
        panic!("seed {}: {}\n{:#?}", failure.seed, failure.reason, failure.case);
    }
    assert_eq!(found.cases, SCHEDULES);
    // What is drawn reaches what it is meant to reach.
    let [spliced, ended] = [&SPLICED, &ENDED].map(|count| count.load(Ordering::Relaxed));
    println!("{spliced} relays have spliced, {ended} have ended both ways");
    assert!(spliced > SCHEDULES / 20 && ended > SCHEDULES / 4, "{spliced} and {ended}");
}
