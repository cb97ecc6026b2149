//! Many drawn cases on all processors, each of them found again by its seed.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};

/// The environment variable that holds the seed to begin with, in decimal.
const SEED_VARIABLE: &str = "ZEROCOPY_NIO_TEST_SEED";

/// So many cases are drawn from one seed.
const CASES_A_SEED: u64 = 500;

/// What came of the cases.
#[derive(Debug)]
pub struct Found<V> {
    pub cases: u64,
    pub failure: Option<Failure<V>>,
}

/// The smallest case that fails.
#[derive(Debug)]
pub struct Failure<V> {
    pub reason: String,
    pub case: V,
    pub seed: u64,
}

/// Checks `cases` drawn cases, or fewer where one fails. Each thread is made ready by `prepare`.
pub fn run_cases<S: Strategy>(
    title: &str,
    cases: u64,
    prepare: impl Fn() + Sync,
    strategy: impl Fn() -> S + Sync,
    check: impl Fn(S::Value) -> TestCaseResult + Sync,
) -> Found<S::Value>
where
    S::Value: Send,
{
    let base_seed = base_seed();
    // Past the capture of the test harness, because a run that passes has its seed too.
    let _ = writeln!(std::io::stderr(), "{title}: {SEED_VARIABLE}={base_seed}, {cases} cases");
    let next = AtomicU64::new(0);
    let checked = AtomicU64::new(0);
    let has_failed = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let work = || {
        prepare();
        // Ends: the seeds are counted up to a bound.
        while !has_failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index * CASES_A_SEED >= cases {
                return;
            }
            let seed = base_seed.wrapping_add(index);
            let count = CASES_A_SEED.min(cases - index * CASES_A_SEED);
            if let Some(failed) = run_seed(seed, count, &strategy(), |case| {
                checked.fetch_add(1, Ordering::Relaxed);
                check(case)
            }) {
                has_failed.store(true, Ordering::Relaxed);
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    Found {
        cases: checked.into_inner(),
        failure: failure.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

fn run_seed<S: Strategy>(
    seed: u64,
    cases: u64,
    strategy: &S,
    check: impl Fn(S::Value) -> TestCaseResult,
) -> Option<Failure<S::Value>> {
    let config = Config {
        cases: u32::try_from(cases).expect("a seed has few cases"),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    match runner.run(strategy, check) {
        Ok(()) => None,
        Err(TestError::Fail(reason, case)) => {
            Some(Failure { reason: reason.to_string(), case, seed })
        }
        Err(TestError::Abort(reason)) => panic!("no cases can be drawn: {reason}"),
    }
}

fn base_seed() -> u64 {
    if let Some(seed) = std::env::var_os(SEED_VARIABLE) {
        let text = seed.to_string_lossy().into_owned();
        return text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE}={text} is no number"));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_nanos() as u64)
}
