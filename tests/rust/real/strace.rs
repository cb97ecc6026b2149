//! The system calls that strace(1) sees a part of a program make.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Marks are calls that fail: of a path that begins so, and that is nowhere.
const MARK: &str = "/nowhere/zerocopy-nio/";

/// Makes a mark that [`calls_between`] finds.
pub fn mark(name: &str) {
    assert!(std::fs::metadata(format!("{MARK}{name}")).is_err());
}

/// Runs the test `name` of this program again, alone, under strace, with the environment variable
/// `variable` set; what it prints. An error is a reason to skip.
pub fn run_traced(name: &str, variable: &str, log: &Path) -> Result<String, String> {
    let traced = |program: &Path| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-s", "40", "-o"]).arg(log).arg(program);
        command.stdin(Stdio::null());
        command
    };
    let trial = traced(Path::new("true")).output();
    if !trial.is_ok_and(|output| output.status.success()) {
        return Err("strace is missing, or may not trace here".to_owned());
    }
    let mut command = traced(&std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(variable, "1");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "there is no test {name}: {said}");
    Ok(said)
}

/// A call as strace prints it: `sendfile(5, 4, [0] => [100], 100) = 100`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    pub name: String,
    pub line: String,
}

/// The calls of the thread that made the marks `begin` and `end`, between them.
pub fn calls_between(log: &str, begin: &str, end: &str) -> Vec<Traced> {
    let is_mark = |line: &str, name: &str| line.contains(&format!("\"{MARK}{name}\""));
    let thread = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let mut lines = log.lines().skip_while(|line| !is_mark(line, begin));
    let marked = thread(lines.next().expect("the mark of the beginning"));
    let mut calls: Vec<Traced> = Vec::new();
    for line in lines.filter(|line| thread(line) == marked) {
        if is_mark(line, end) {
            return calls;
        }
        let call = line[marked.len()..].trim_start();
        // The other half of a call that another thread's came between: of the mark, if there is none.
        if call.starts_with("<...") {
            if let Some(begun) = calls.last_mut() {
                begun.line.push_str(call);
            }
            continue;
        }
        if let Some((name, _)) = call.split_once('(') {
            calls.push(Traced { name: name.to_owned(), line: call.to_owned() });
        }
    }
    panic!("the mark {end} is missing")
}

/// How often each was made.
pub fn tally(calls: &[Traced]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.name.as_str()).or_default() += 1;
    }
    counts
}
