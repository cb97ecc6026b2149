//! Goal: show that the property tests of transfers and of relays would find nine bugs. Method: the feature
//! `planted-bug` compiles them in; each is planted in turn, and the same property, with as many
//! cases, must then fail, and hold for the same case where the bug is not planted.
#![allow(clippy::unwrap_used)]

mod exact_delivery;
mod relay_schedules;
mod seeded;
mod simulated_kernel;

use exact_delivery::{CASES, Scenario, check, run_cases};
use nix::errno::Errno;
use relay_schedules::{Action, SCHEDULES, Schedule};
use simulated_kernel::{Feed, Whim};
use zerocopy_nio::transfer::planted::{Bug, plant};

/// The case that shows `bug`, as small as it gets.
fn found(bug: Bug) -> Scenario {
    // Only the threads that run the cases have the bug.
    let found = run_cases(&format!("{bug:?}"), CASES, || plant(bug));
    let failure = found.failure;
    let failure = failure.unwrap_or_else(|| panic!("not found in {} cases", found.cases));
    let without = check(&failure.scenario);
    assert!(without.is_ok(), "it fails without the bug too: {without:?} in {failure:?}");
    failure.scenario
}

/// Goal: bytes that a target did not take of a pipe are missed.
/// Method: they are forgotten, and the pipe is given back, or filled behind them.
#[test]
fn dropped_rest_of_a_pipe_is_found() {
    found(Bug::RestOfPipeDropped);
}

/// Goal: an offset that moves without bytes is found.
/// Method: it moves at an interruption, so the case must have one.
#[test]
fn offset_that_is_lost_after_an_interruption_is_found() {
    let scenario = found(Bug::OffsetLostOnInterruption);
    assert!(scenario.whims.contains(&Whim::Fail(Errno::EINTR)), "{scenario:?}");
}

/// Goal: a byte that is sent twice is found.
/// Method: the last one is sent again where the target was full, which may go on for ever.
#[test]
fn byte_that_is_sent_twice_is_found() {
    found(Bug::SentTwiceOnWouldBlock);
}

/// Goal: an end that is none is found.
/// Method: a connection that was closed by force, or says so by a whim, reads as at its end.
#[test]
fn end_of_stream_believed_of_a_closed_channel_is_found() {
    let scenario = found(Bug::EndBelievedOfClosedChannel);
    let is_reset = scenario.source.feeds().contains(&Feed::Reset);
    let is_whim = scenario.whims.contains(&Whim::Fail(Errno::ECONNRESET));
    assert!(is_reset || is_whim, "{scenario:?}");
}

/// Goal: a count that reaches past the end of the file is found.
/// Method: it is clamped to the size, whatever the offset is.
#[test]
fn wrong_clamp_is_found() {
    found(Bug::WrongClamp);
}

/// The schedule of relays that shows `bug`, as small as it gets.
fn found_in_relays(bug: Bug) -> Schedule {
    let (strategy, check) = (relay_schedules::schedules, relay_schedules::check);
    let title = format!("{bug:?}");
    let found = seeded::run_cases(&title, SCHEDULES, || plant(bug), strategy, |it| check(&it));
    let failure = found.failure;
    let failure = failure.unwrap_or_else(|| panic!("not found in {} cases", found.cases));
    let without = check(&failure.case);
    assert!(without.is_ok(), "it fails without the bug too: {without:?} in {failure:?}");
    failure.case
}

fn has(schedule: &Schedule, is_it: impl Fn(&Action) -> bool) -> bool {
    schedule.actions.iter().any(is_it)
}

/// Goal: a lost event is found, as Go, sozu and h2o each had one.
/// Method: EAGAIN of a full target is taken for that of a dry source.
#[test]
fn full_target_taken_for_a_dry_source_is_found() {
    found_in_relays(Bug::FullTakenForDry);
}

/// Goal: an end that nobody reads is found.
/// Method: a short read is the last one, whatever the event said, or whatever the socket is.
#[test]
fn short_read_trusted_before_an_end_is_found() {
    found_in_relays(Bug::ShortReadTrusted);
}

/// Goal: an end that comes too early is found.
/// Method: it is passed on while the target is full and bytes wait for room.
#[test]
fn end_passed_on_before_the_last_byte_is_found() {
    found_in_relays(Bug::EndBeforeLastByte);
}

/// Goal: a relay that never wakes from a pause is found.
/// Method: the pause lasts for ever, so the case must have a pace.
#[test]
fn pause_without_an_end_is_found() {
    let schedule = found_in_relays(Bug::PauseWithoutEnd);
    let is_paced =
        |action: &Action| matches!(action, Action::Start(plan) if plan.bytes_per_second.is_some());
    assert!(has(&schedule, is_paced), "{schedule:?}");
}
