//! Goal: a message through a relay costs one wait, one read and one write, and bulk costs a pair of
//! splices for what a pipe holds, and no call that is known to bring nothing.
//! Method: a child of this program relays under strace; the calls of the engine's thread are counted.
//! They are printed too.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod real;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::thread;

use real::relays::{engine, exchange, pattern, tcp};
use real::strace::run_traced;
use zerocopy_nio::driver::relay_engine::RelayOptions;

const CHILD: &str = "ZEROCOPY_NIO_TRACED_RELAY";

const MESSAGES: usize = 1_000;

const BULK_BYTES: usize = 64 << 20;

/// How often each call was made by the thread that waits for events.
fn calls_of_engine(log: &str) -> BTreeMap<String, usize> {
    let thread = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let waits = |line: &&str| line.contains("epoll_wait(") || line.contains("epoll_pwait(");
    let engine = thread(log.lines().find(waits).expect("somebody waits for events"));
    let mut counts = BTreeMap::new();
    for line in log.lines().filter(|line| thread(line) == engine) {
        if let Some((name, _)) = line[engine.len()..].trim_start().split_once('(') {
            if !name.starts_with('<') {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

/// The calls of the test `name` when it is traced, or `None` where that can't be done.
fn traced(name: &str) -> Option<BTreeMap<String, usize>> {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.strace"));
    match run_traced(name, CHILD, &log) {
        Ok(_) => {
            let calls = calls_of_engine(&std::fs::read_to_string(&log).unwrap());
            println!("{name}: {calls:?}");
            Some(calls)
        }
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

fn is_traced() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Goal and method: 1,000 messages of 64 bytes there and back: a wait, a read and a write for each.
#[test]
fn message_costs_three_calls() {
    if is_traced() {
        let engine = engine();
        let ((mut a, a_fd), (mut b, b_fd)) = (tcp(), tcp());
        engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
        let mut message = [0; 64];
        for _ in 0..MESSAGES / 2 {
            a.write_all(&message).unwrap();
            b.read_exact(&mut message).unwrap();
            b.write_all(&message).unwrap();
            a.read_exact(&mut message).unwrap();
        }
        return;
    }
    let Some(calls) = traced("message_costs_three_calls") else { return };
    let spare = MESSAGES / 20;
    for name in ["epoll_wait", "recvfrom", "sendto"] {
        let count = calls.get(name).copied().unwrap_or(0);
        assert!((MESSAGES..MESSAGES + spare).contains(&count), "{name}: {calls:?}");
    }
    let all: usize = calls.values().sum();
    assert!(all <= 3 * MESSAGES + 2 * spare, "{calls:?}");
}

/// Goal: bulk passes by splice in large pieces. Method: 64 MiB one way.
#[test]
fn bulk_costs_few_calls() {
    if is_traced() {
        let engine = engine();
        let ((a, a_fd), (b, b_fd)) = (tcp(), tcp());
        engine.relay([a_fd, b_fd], RelayOptions::default()).unwrap();
        let there = thread::spawn(move || exchange(b, b"answer"));
        exchange(a, &pattern(BULK_BYTES, 4));
        assert_eq!(there.join().unwrap().len(), BULK_BYTES);
        return;
    }
    let Some(calls) = traced("bulk_costs_few_calls") else { return };
    let all: usize = calls.values().sum();
    // What a pipe of the usual size holds costs four calls, and most pipes here are large ones.
    assert!(all <= 4 * BULK_BYTES / (64 << 10), "{all} calls: {calls:?}");
}
