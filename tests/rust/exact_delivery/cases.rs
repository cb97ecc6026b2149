//! How many scenarios are drawn, and what came of them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Scenario, check, scenarios};
use crate::seeded;

/// How many cases are tried for every commit.
pub const CASES: u64 = 100_000;

/// What came of the cases.
#[derive(Debug)]
pub struct Found {
    pub cases: u64,
    /// How many were larger than the pipe between the ends.
    pub larger: u64,
    pub failure: Option<Failure>,
}

#[derive(Debug)]
pub struct Failure {
    pub reason: String,
    pub scenario: Scenario,
    pub seed: u64,
}

/// Checks `cases` drawn cases, or fewer where one fails. Each thread is made ready by `prepare`.
pub fn run_cases(title: &str, cases: u64, prepare: impl Fn() + Sync) -> Found {
    let larger = AtomicU64::new(0);
    let found = seeded::run_cases(title, cases, prepare, scenarios, |scenario| {
        larger.fetch_add(u64::from(scenario.is_larger_than_pipe()), Ordering::Relaxed);
        check(&scenario)
    });
    let failure = found.failure.map(|failure| Failure {
        reason: failure.reason,
        scenario: failure.case,
        seed: failure.seed,
    });
    Found { cases: found.cases, larger: larger.into_inner(), failure }
}
