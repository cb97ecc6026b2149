//! Goal: show that the property test of the state machine would find five bugs. Method: the feature
//! `planted-bug` compiles them in; each is planted in turn, and the same property, with as many
//! cases, must then fail, and for the reason that it was planted for.
#![allow(clippy::unwrap_used)]

mod exact_delivery;
mod simulated_kernel;

use exact_delivery::{CASES, Failure, run_cases};
use nix::errno::Errno;
use simulated_kernel::Whim;
use zerocopy_nio::transfer::planted::{Bug, plant};

/// What the property finds where `bug` is planted.
fn found(bug: Bug) -> Failure {
    let found = run_cases(&format!("{bug:?}"), CASES, || plant(bug));
    found.failure.unwrap_or_else(|| panic!("{bug:?} is not found in {} cases", found.cases))
}

fn assert_reason(failure: &Failure, reasons: &[&str]) {
    let is_one = reasons.iter().any(|reason| failure.reason.contains(reason));
    assert!(is_one, "another failure was found: {failure:?}");
}

/// What the bound on calls says of a transfer that turns in a circle.
const ENDLESS: &str = "calls are made";

/// Goal: bytes that a target did not take of a pipe are missed.
/// Method: they are forgotten, and the pipe is filled behind them; either the bytes differ, or a full
/// pipe is waited for as if it were the source.
#[test]
fn dropped_rest_of_a_pipe_is_found() {
    let failure = found(Bug::RestOfPipeDropped);
    let reasons = ["the bytes differ", "are missing", "a pipe with bytes in it", "it had more"];
    assert_reason(&failure, &[&reasons[..], &[ENDLESS]].concat());
}

/// Goal: an offset that moves without bytes is found.
/// Method: it moves at an interruption, so the case must have one.
#[test]
fn offset_that_is_lost_after_an_interruption_is_found() {
    let failure = found(Bug::OffsetLostOnInterruption);
    let is_interrupted = failure.scenario.whims.contains(&Whim::Fail(Errno::EINTR));
    assert!(is_interrupted, "another failure was found: {failure:?}");
}

/// Goal: a byte that is sent twice is found.
/// Method: the last one is sent again where the target was full, which may go on for ever.
#[test]
fn byte_that_is_sent_twice_is_found() {
    let failure = found(Bug::SentTwiceOnWouldBlock);
    assert_reason(&failure, &["the bytes differ", ENDLESS]);
}

/// Goal: an end that is none is found.
/// Method: a connection that was closed by force reads as at its end.
#[test]
fn end_of_stream_believed_of_a_closed_channel_is_found() {
    let failure = found(Bug::EndBelievedOfClosedChannel);
    assert_reason(&failure, &["nobody closed the other end", "ended at"]);
}

/// Goal: a count that reaches past the end of the file is found.
/// Method: it is clamped to the size, whatever the offset is.
#[test]
fn wrong_clamp_is_found() {
    let failure = found(Bug::WrongClamp);
    assert_reason(&failure, &["asked up to"]);
}
