//! The property that everything else rests on: whatever the kernel does to its calls, a transfer
//! loses no byte, doubles none, keeps their order, ends, and its books say what happened.
//!
//! What the target has, what is drained from the transfer and what is still in the source are, in
//! this order, the bytes of the source. Used by `state_machine.rs`, which expects it to hold, and by
//! `planted_bug.rs`, which expects it to fail.

#![allow(dead_code, unused_imports, reason = "each test crate uses its part")]

mod books;
mod cases;
mod draws;
mod drives;
mod scenario;
mod stage;

pub use cases::{CASES, Failure, run_cases};
pub use draws::scenarios;
use proptest::prelude::*;
use scenario::Drive;
pub use scenario::Scenario;
use stage::Stage;

/// Runs the scenario to its end, over every error that goes by, and checks each stage of it.
pub fn check(scenario: &Scenario) -> Result<(), TestCaseError> {
    let mut stage = Stage::set(scenario);
    match &scenario.drive {
        Drive::Blocking(limit) => stage.run_blocking(*limit),
        Drive::Stateless => stage.run_stateless(),
        Drive::Steps(steps) => stage.run_steps(steps),
    }?;
    stage.check_whole()?;
    stage.check_promises()?;
    stage.check_what_is_left()
}
