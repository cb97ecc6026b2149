//! Goal: the account of a transfer names the number of system calls that were really made, and the
//! mechanisms make the calls that they are known for.
//!
//! Method: a child of this program makes one transfer by each mechanism, with marks around it, under
//! strace; the account that it prints is held against the list. The list is printed: it is where the
//! figures of docs/mechanisms.md come from.
#![allow(clippy::unwrap_used)]

mod real;

use std::path::Path;

use real::ends::{SourceEnd, TargetEnd};
use real::places::{Place, Places};
use real::strace::{Traced, calls_between, mark, run_traced, tally};
use real::{Real, content};
use zerocopy_nio::driver::{DirectIo, Pump, Request};
use zerocopy_nio::kernel::Linux;
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::probe::probe;
use zerocopy_nio::transfer::{End, Process, Step};

const CHILD: &str = "ZEROCOPY_NIO_TRACED";

/// Without the thread that closes idle pipes.
static OWN: Process = Process::new();

const MIB: usize = 1 << 20;

/// One transfer that is traced.
struct Row {
    name: &'static str,
    source: SourceEnd,
    target: TargetEnd,
    mechanism: Mechanism,
    bytes: usize,
    header_bytes: usize,
}

const fn row(
    name: &'static str,
    source: SourceEnd,
    target: TargetEnd,
    mechanism: Mechanism,
    bytes: usize,
) -> Row {
    Row { name, source, target, mechanism, bytes, header_bytes: 0 }
}

const EXT4: SourceEnd = SourceEnd::File(Place::Ext4);
const TO_EXT4: TargetEnd = TargetEnd::File(Place::Ext4);

const ROWS: [Row; 12] = [
    row("sendfile-to-tcp", EXT4, TargetEnd::Tcp4, Mechanism::Sendfile, 64 * MIB),
    row("mapped-to-tcp", EXT4, TargetEnd::Tcp4, Mechanism::Mapped, 64 * MIB),
    row("direct_io-to-tcp", EXT4, TargetEnd::Tcp4, Mechanism::DirectIo, 64 * MIB),
    row("copy-to-tcp", EXT4, TargetEnd::Tcp4, Mechanism::Copy, 64 * MIB),
    row("copy-700-bytes-to-tcp", EXT4, TargetEnd::Tcp4, Mechanism::Copy, 700),
    row("splice-to-pipe", EXT4, TargetEnd::Pipe, Mechanism::Splice, 64 * MIB),
    row("splice-tcp-to-file", SourceEnd::Tcp4, TO_EXT4, Mechanism::Splice, 64 * MIB),
    row("copy-tcp-to-file", SourceEnd::Tcp4, TO_EXT4, Mechanism::Copy, 64 * MIB),
    row("splice-tcp-to-tcp", SourceEnd::Tcp4, TargetEnd::Tcp4, Mechanism::Splice, 64 * MIB),
    row("copy_file_range", EXT4, TO_EXT4, Mechanism::CopyFileRange, 64 * MIB),
    Row {
        header_bytes: 200,
        ..row("header-and-sendfile", EXT4, TargetEnd::Tcp4, Mechanism::Sendfile, 20_000)
    },
    Row {
        header_bytes: 200,
        ..row("header-and-copy", EXT4, TargetEnd::Tcp4, Mechanism::Copy, 700)
    },
];

impl Row {
    /// Makes the transfer between two marks, and returns the calls of its account.
    fn run(&self) -> u64 {
        let real = Real::default();
        let places = Places::shared();
        let bytes = &content::dense()[..self.header_bytes + self.bytes];
        let source = self.source.open(&real, &places, &bytes[self.header_bytes..]).unwrap();
        let target = self.target.open(&real, &places, bytes).unwrap();
        let mut request = Request {
            // Only where the position is used does moving it take a call.
            source_offset: self.source.is_file().then_some(0),
            count: if self.source.is_file() { u64::MAX } else { self.bytes as u64 },
            allowed: MechanismSet::EMPTY.with(self.mechanism),
            ..Request::new(source.fd, target.fd)
        };
        request.options.direct_io = if self.mechanism == Mechanism::DirectIo {
            DirectIo::Above(0)
        } else {
            DirectIo::Never
        };
        request.options.header = bytes[..self.header_bytes].into();
        let mut pump = Pump::new(Linux, &OWN, &request).unwrap();
        mark(&format!("{}-begin", self.name));
        // The largest steps, as in blocking mode.
        let end = loop {
            match pump.step(u64::MAX).unwrap() {
                Step::Done(end) => break end,
                step => assert!(matches!(step, Step::Moved(_)), "{step:?}"),
            }
        };
        mark(&format!("{}-end", self.name));
        let is_clamped = request.count == u64::MAX;
        assert_eq!(end, if is_clamped { End::SourceEnded } else { End::Complete });
        let counted = pump.account().system_calls;
        drop(pump);
        source.close(&real);
        target.close(&real, bytes.len());
        counted
    }
}

fn is_possible(row: &Row) -> bool {
    row.mechanism != Mechanism::DirectIo || probe(&Linux, Mechanism::DirectIo).is_ok()
}

/// Whether an account counts the call: not those of the pool of pipes, of the allocator and of locks,
/// and not those that only handle memory. What the kernel makes again by itself was made once: a
/// send(2) that sleeps is woken by each read of a ring that has ended.
fn is_counted(call: &Traced) -> bool {
    let is_pooling = call.name == "pipe2" || call.line.contains("F_SETPIPE_SZ");
    let is_memory =
        matches!(call.name.as_str(), "brk" | "mprotect" | "munmap" | "madvise" | "futex")
            || call.line.contains("MAP_ANONYMOUS")
            || call.line.contains("MAP_POPULATE");
    !is_pooling && !is_memory && !call.line.contains("= ? ERESTARTSYS")
}

/// The trap of sendfile that is asked past the end: the last bytes wait 200 ms on kernels before 6.5.
/// All rows from files ask for everything, and no call may be asked for more than there is.
fn assert_clamped(row: &Row, calls: &[Traced]) {
    for call in calls.iter().filter(|call| call.name == "sendfile") {
        // `20000) = 20000`
        let last = call.line.rsplit_once(", ").unwrap().1;
        let asked: String = last.chars().take_while(char::is_ascii_digit).collect();
        assert!(asked.parse::<usize>().unwrap() <= row.bytes, "{}", call.line);
    }
}

/// How often this thread was left for another one, of its own will or not.
fn context_switches() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
    lines.map(|line| line.rsplit_once('\t').unwrap().1.parse::<u64>().unwrap()).sum()
}

#[test]
fn account_counts_the_calls_that_strace_sees() {
    if std::env::var_os(CHILD).is_some() {
        for row in ROWS.iter().filter(|row| is_possible(row)) {
            println!("counted {} {}", row.name, row.run());
        }
        return;
    }
    let log = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("system-calls-{}.strace", std::process::id()));
    let said = match run_traced("account_counts_the_calls_that_strace_sees", CHILD, &log) {
        Ok(said) => said,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let traced = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    for row in ROWS.iter() {
        if !is_possible(row) {
            println!("skipped: {}: there is no direct_io here", row.name);
            continue;
        }
        let (begin, end) = (format!("{}-begin", row.name), format!("{}-end", row.name));
        let mut calls = calls_between(&traced, &begin, &end);
        let before = context_switches();
        row.run();
        let switches = context_switches() - before;
        println!("{}: {:?}; untraced: {switches} context switches", row.name, tally(&calls));
        calls.retain(is_counted);
        assert_clamped(row, &calls);
        let line = format!("counted {} {}", row.name, calls.len());
        let is_the_same = said.lines().any(|said| said.ends_with(&line));
        assert!(is_the_same, "strace has {line}, the account:\n{said}");
    }
}
