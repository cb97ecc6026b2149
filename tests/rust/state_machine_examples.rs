//! Goal: the core keeps what it has taken, and its books, where the property test has once found that
//! it did not. Method: each case as an example on the simulated kernel, as small as it gets.
#![allow(clippy::unwrap_used)]

mod simulated_kernel;

use std::num::NonZeroU64;

use nix::errno::Errno;
use simulated_kernel::{
    Datagrams, Feed, File, HeldBack, Mode, Name, Object, PAGE_BYTES, Pipe, SimulatedKernel, Stream,
    Whim, pattern,
};
use zerocopy_nio::driver::{Limits, Request, blocking, prepare, stepped};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Kernel, Side};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet, Patience, SourceKind, TargetKind};
use zerocopy_nio::transfer::{End, Process, Step};

/// Goal: a datagram is received whole, though a step may move less.
/// Method: two datagrams to a stream, in steps of 10 bytes.
#[test]
fn datagrams_are_received_whole_whatever_the_budget_is() {
    let kernel = SimulatedKernel::new();
    let feeds = [Feed::Bytes(100), Feed::Bytes(50)];
    let source = kernel.add(Object::Datagrams(Datagrams::fed(&feeds)), Mode::READ);
    let target = kernel.add(Object::Stream(Stream::tcp(1_000, 1_000)), Mode::WRITE);
    let request = Request { count: 150, ..Request::new(source, target) };
    let process = Process::new();
    let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
    // Ends: each step delivers bytes of 150.
    while let Step::Moved(_) = transfer.step(&kernel, &process, 10).unwrap() {}
    assert_eq!(transfer.account().delivered, 150);
    kernel.with_object(target, |object| assert_eq!(object.arrived(), pattern(0, 150)));
}

/// Goal: a stream does not hold back the last bytes of a file that ended before sendfile(2) had what it
/// was asked for.
/// Method: a file without a size, and one that shrinks under the first call; kept and stepped without
/// memory; nothing is held back at the end, and TCP_NODELAY is what it was.
#[test]
fn end_that_sendfile_was_asked_past_is_sent_at_once() {
    for (has_size, is_kept) in [(false, true), (true, true), (true, false)] {
        let kernel = SimulatedKernel::new();
        let file = File { knows_its_size: has_size, ..File::pattern(50_000) };
        let source = kernel.add(Object::File(file), Mode::READ);
        let target = kernel.add(Object::Stream(Stream::tcp(100_000, 0)), Mode::WRITE);
        kernel.expose(source, target);
        let mut request = Request {
            source_kind: Some(SourceKind::File),
            source_offset: Some(0),
            target_kind: Some(TargetKind::TcpStream),
            // So many that the first step, too, holds them against the size.
            count: 2_000_000,
            ..Request::new(source, target)
        };
        if has_size {
            // The look at the size is over when it happens.
            kernel.set_whims(&[Whim::Behave, Whim::TruncateSource { size_permille: 400 }]);
        }
        let process = Process::new();
        let expected = if has_size { 20_000 } else { 50_000 };
        if is_kept {
            let run = blocking::run(&kernel, &process, &request, &Limits::default(), None);
            assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), expected));
        } else {
            let first = stepped::step(&kernel, &process, &request).unwrap();
            assert_eq!(first.step, Step::Moved(expected));
            kernel.with_object(target, |object| {
                let Object::Stream(stream) = object else { unreachable!() };
                assert_eq!(stream.held_back, HeldBack::PastTheEnd);
            });
            request.source_offset = Some(expected);
            request.count -= expected;
            request.resume = first.mechanism;
            let second = stepped::step(&kernel, &process, &request).unwrap();
            assert_eq!(second.step, Step::Done(End::SourceEnded));
        }
        kernel.with_object(target, |object| {
            let Object::Stream(stream) = object else { unreachable!() };
            assert_eq!((stream.held_back, stream.no_delay), (HeldBack::Nothing, false));
        });
    }
}

/// Goal: a target with O_DIRECT gets every whole block, and the error says where the rest would go.
/// Method: from a file at each kind of place, from a stream, whose rest is handed back; and an end on a
/// block, which is no error.
#[test]
fn whole_blocks_are_delivered_to_a_target_with_o_direct() {
    for (count, is_stream, offset) in [
        (10_001, false, None),
        (10_001, false, Some(512)),
        (10_001, true, None),
        (8192, false, None),
    ] {
        let kernel = SimulatedKernel::new();
        let source = if is_stream {
            let feeds = [Feed::Bytes(count), Feed::Close];
            kernel.add(Object::Stream(Stream::fed(&feeds)), Mode::READ)
        } else {
            kernel.add(Object::File(File::pattern(count)), Mode::READ)
        };
        let file = File { device: File::DISK, ..File::pattern(0) };
        let file = kernel.add(Object::File(file), Mode::BOTH);
        let target = kernel.open_again(file, Mode { direct: true, ..Mode::BOTH });
        let request = Request { target_offset: offset, ..Request::new(source, target) };
        let run = blocking::run(&kernel, &Process::new(), &request, &Limits::default(), None);
        let delivered = count / 512 * 512;
        assert_eq!(run.account.delivered, delivered as u64);
        assert_eq!(run.account.consumed - run.account.delivered, if is_stream { 273 } else { 0 });
        kernel.with_object(target, |object| {
            let Object::File(file) = object else { unreachable!() };
            assert_eq!(file.bytes[offset.unwrap_or(0) as usize..], pattern(0, delivered));
        });
        if delivered == count {
            assert_eq!(run.outcome, Ok(End::SourceEnded));
            continue;
        }
        let Err(Error::NoBlock { offset: at, block_bytes: 512, .. }) = run.outcome else {
            panic!("{:?}", run.outcome);
        };
        assert_eq!(at, offset.unwrap_or(0) + delivered as u64);
        if let Some(rest) = run.undelivered {
            let mut bytes = [0; 512];
            assert_eq!(kernel.read(rest, &mut bytes), Ok(273));
            assert_eq!(bytes[..273], pattern(delivered, 273));
        }
    }
}

/// Goal: bytes for which neither a pipe nor a file can be made are still there afterwards.
/// Method: taken from a stream, refused by the target, then once nothing can be made.
#[test]
fn bytes_that_could_not_be_given_away_are_kept() {
    let kernel = SimulatedKernel::new();
    let feeds = [Feed::Bytes(100), Feed::Close];
    let source = kernel.add(Object::Stream(Stream::fed(&feeds)), Mode::READ);
    let target = kernel.add(Object::Stream(Stream::tcp(30, 0)), Mode::WRITE.non_blocking());
    let copy = MechanismSet::from(Mechanism::Copy);
    let request = Request { allowed: copy, ..Request::new(source, target) };
    let process = Process::new();
    let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
    assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Moved(30)));
    assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Wait(Side::Target)));
    kernel.refuse(Name::Pipe, Some(Errno::EMFILE));
    kernel.refuse(Name::MemoryFile, Some(Errno::EMFILE));
    let given = transfer.give_away_undelivered(&kernel, &process);
    assert_eq!(given, Err(Errno::EMFILE));
    let mut bytes = [0; 100];
    assert_eq!(transfer.undelivered_bytes(), 70);
    assert_eq!(transfer.drain_undelivered(&kernel, &mut bytes), Ok(70));
    assert_eq!(bytes[..70], pattern(30, 70));
    transfer.close(&kernel, &process);
}

/// Goal: where a pipe that was full is emptied at once, the file that feeds it is not waited for.
/// Method: splice alone is refused by a full pipe whose reader acts before the next call.
#[test]
fn file_is_never_waited_for_though_the_full_pipe_has_room_again() {
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::File(File::pattern(2 * PAGE_BYTES)), Mode::READ);
    let target = kernel.add(Object::Pipe(Pipe::new(PAGE_BYTES)), Mode::WRITE.non_blocking());
    let splice = MechanismSet::from(Mechanism::Splice);
    let request = Request { allowed: splice, ..Request::new(source, target) };
    let process = Process::new();
    let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
    kernel.set_whims(&[Whim::Fail(Errno::EAGAIN)]);
    assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Wait(Side::Target)));
    assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Moved(100)));
    transfer.close(&kernel, &process);
}

/// Goal: no edge is waited for that has passed: a pair of pipes that have both become ready since a
/// refusal is tried again at once.
/// Method: the first splice is refused, the poll behind it finds both ends ready.
#[test]
fn ends_that_have_both_become_ready_are_not_waited_for() {
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::Pipe(Pipe::fed(&[Feed::Bytes(100), Feed::Close])), Mode::READ);
    let target = kernel.add(Object::Pipe(Pipe::new(PAGE_BYTES)), Mode::WRITE.non_blocking());
    let splice = MechanismSet::from(Mechanism::Splice);
    let request = Request { allowed: splice, ..Request::new(source, target) };
    let process = Process::new();
    let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
    kernel.poll(&[(source, Side::Source)], None).unwrap();
    kernel.set_whims(&[Whim::Fail(Errno::EAGAIN)]);
    assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Moved(100)));
    transfer.close(&kernel, &process);
}

/// A file on a disk whose middle page is a hole.
fn file_with_a_hole() -> File {
    let mut file = File { device: File::DISK, ..File::pattern(3 * PAGE_BYTES) };
    file.punch_hole(PAGE_BYTES, PAGE_BYTES);
    file
}

/// Goal: a hole is written where the target is appended to, also if the caller says it is a file.
/// Method: such a target with old bytes, and a hole as the first thing.
#[test]
fn hole_is_written_to_a_file_that_is_appended_to() {
    let kernel = SimulatedKernel::new();
    let file = file_with_a_hole();
    let expected = [b"old", &file.bytes[PAGE_BYTES..]].concat();
    let source = kernel.add(Object::File(file), Mode::READ);
    let target = kernel.add(Object::File(File::new(b"old")), Mode::WRITE.appending());
    let target_kind = Some(TargetKind::File);
    let request = Request {
        target_kind,
        source_offset: Some(PAGE_BYTES as u64),
        ..Request::new(source, target)
    };
    let run = blocking::run(&kernel, &Process::new(), &request, &Limits::default(), None);
    assert_eq!(run.outcome, Ok(End::SourceEnded));
    kernel.with_object(target, |object| assert!(object.arrived() == expected));
}

/// Goal: no mechanism is claimed for what none has moved.
/// Method: the part of a file that is a hole.
#[test]
fn hole_that_is_left_out_is_moved_by_no_mechanism() {
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::File(file_with_a_hole()), Mode::READ);
    let target = kernel.add(Object::File(File::new(b"")), Mode::WRITE);
    let request = Request {
        source_offset: Some(PAGE_BYTES as u64),
        count: PAGE_BYTES as u64,
        ..Request::new(source, target)
    };
    let run = blocking::run(&kernel, &Process::new(), &request, &Limits::default(), None);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::Complete), PAGE_BYTES as u64));
    assert_eq!(run.account.mechanisms, MechanismSet::EMPTY);
    kernel.with_object(target, |object| assert!(object.arrived() == [0; PAGE_BYTES]));
}

/// Goal: the system calls that are reported are those that were made.
/// Method: an empty pipe to a file, whose splice says EAGAIN and asks nobody; a full pipe, of which a
/// poll says that it takes nothing, so that nothing is written.
#[test]
fn calls_that_were_not_made_are_not_counted() {
    for is_to_file in [true, false] {
        let kernel = SimulatedKernel::new();
        let source = kernel.add(Object::Pipe(Pipe::new(0)), Mode::READ.non_blocking());
        let (object, waits_for) = if is_to_file {
            (Object::File(File::new(b"")), Side::Source)
        } else {
            let mut pipe = Pipe::new(0);
            pipe.slots_max = 0;
            (Object::Pipe(pipe), Side::Target)
        };
        let target = kernel.add(object, Mode::WRITE);
        let mut request = Request::new(source, target);
        if !is_to_file {
            request.source = kernel.add(Object::File(File::pattern(100)), Mode::READ);
            request.source_offset = Some(0);
            request.allowed = MechanismSet::from(Mechanism::Copy);
        }
        request.options.patience = Patience::Return;
        let process = Process::new();
        let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
        let from = kernel.record_count();
        assert_eq!(transfer.step(&kernel, &process, 100), Ok(Step::Wait(waits_for)));
        let calls = (kernel.record_count() - from) as u64;
        assert_eq!(transfer.account().system_calls, calls);
        transfer.close(&kernel, &process);
    }
}

/// Goal: a pipe that is full takes pages, and not what is behind them in pieces.
/// Method: chunks of two bytes more than a page to a pipe of two pages, copied; count the writes.
#[test]
fn odd_chunks_fill_a_pipe_by_pages() {
    const BYTES: usize = 20 * PAGE_BYTES;
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::File(File::pattern(BYTES)), Mode::READ);
    let mut pipe = Pipe::new(416);
    pipe.slots_max = 2;
    let target = kernel.add(Object::Pipe(pipe), Mode::WRITE.non_blocking());
    let mut request = Request { source_offset: Some(0), ..Request::new(source, target) };
    request.allowed = MechanismSet::from(Mechanism::Copy);
    request.options.chunk_bytes = NonZeroU64::new(PAGE_BYTES as u64 + 2);
    let run = blocking::run(&kernel, &Process::new(), &request, &Limits::default(), None);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), BYTES as u64));
    let writes = kernel.records().iter().filter(|it| it.name == Name::Write).count();
    assert!(writes <= 3 * BYTES / PAGE_BYTES, "{writes} writes");
}

/// The calls of one step that was asked for `count` bytes of a file of 16 KiB, to a TCP stream that
/// takes `room` at once, and whether bytes wait in it for more.
fn stepped_calls(count: u64, room: usize) -> (Step, Vec<Name>, HeldBack) {
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::File(File::pattern(16 << 10)), Mode::READ);
    let target = kernel.add(Object::Stream(Stream::tcp(room, 0)), Mode::WRITE.non_blocking());
    let request = Request {
        source_kind: Some(SourceKind::File),
        source_offset: Some(0),
        target_kind: Some(TargetKind::TcpStream),
        count,
        ..Request::new(source, target)
    };
    let report = stepped::step(&kernel, &Process::new(), &request).unwrap();
    let calls = kernel.records().iter().map(|record| record.name).collect();
    let held_back = kernel.with_object(target, |object| {
        let Object::Stream(stream) = object else { unreachable!("it is one") };
        stream.held_back
    });
    (report.step, calls, held_back)
}

/// Goal: a step without a memory makes no call more than the JDK: one sendfile.
/// Method: the whole of a file of 16 KiB to a TCP stream with room.
#[test]
fn step_of_what_is_there_is_one_call() {
    let (step, calls, _) = stepped_calls(16 << 10, 1 << 20);
    assert_eq!((step, calls), (Step::Moved(16 << 10), vec![Name::Sendfile]));
}

/// Goal: a step that was asked for more than there is leaves nothing to wait for what does not come,
/// and one that only found no more room is not taken for it.
/// Method: 20 000 bytes of a file of 16 KiB, to a TCP stream that takes all of it, or a part.
#[test]
fn step_past_the_end_lets_nothing_wait() {
    let (step, calls, held_back) = stepped_calls(20_000, 1 << 20);
    assert_eq!((step, held_back), (Step::Moved(16 << 10), HeldBack::Nothing));
    let pushed = [Name::NoDelay, Name::SetNoDelay, Name::SetNoDelay];
    assert_eq!(calls[..2], [Name::Sendfile, Name::FileStatus]);
    assert_eq!(calls[2..], pushed);
    let (step, calls, _) = stepped_calls(20_000, 5_000);
    assert_eq!((step, calls), (Step::Moved(5_000), vec![Name::Sendfile, Name::FileStatus]));
}
