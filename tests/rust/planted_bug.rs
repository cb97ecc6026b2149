//! Goal: show that the property test of the state machine finds a lost offset after EINTR.
//! Method: the feature `planted-bug` plants that bug; the same property, with as many scenarios, must
//! then fail, and what it shrinks to must be an interruption.

mod exact_delivery;
mod simulated_kernel;

use nix::errno::Errno;
use proptest::test_runner::{Config, TestError, TestRunner};
use simulated_kernel::Whim;

#[test]
fn property_finds_the_offset_that_is_lost_after_an_interruption() {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let scenarios = exact_delivery::scenarios();
    let found = runner.run(&scenarios, |scenario| exact_delivery::check(&scenario));
    let Err(TestError::Fail(reason, scenario)) = found else {
        panic!("the property does not find the planted bug: {found:?}");
    };
    let is_interrupted = scenario.whims.contains(&Whim::Fail(Errno::EINTR));
    assert!(is_interrupted, "another failure was found: {reason} in {scenario:?}");
}
