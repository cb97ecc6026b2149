//! Goal: the core moves bytes exactly, whatever the kernel does, and remembers only what holds for
//! the whole process. Method: a property over drawn cases on the simulated kernel, then single
//! behaviours that a drawn case meets too rarely to be sure of.
#![allow(clippy::unwrap_used)]

mod exact_delivery;
mod seeded;
mod simulated_kernel;

use nix::errno::Errno;
use proptest::prelude::*;
use simulated_kernel::{
    DATAGRAM_BYTES_MAX, Datagrams, File, Mode, Name, Object, Pipe, SimulatedKernel, Stream, Whim,
    schedules,
};
use zerocopy_nio::driver::blocking::{self, Run};
use zerocopy_nio::driver::{Limits, Request, prepare, stepped};
use zerocopy_nio::error::Error;
use zerocopy_nio::kernel::{Call, Fd};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet, SourceKind, TargetKind};
use zerocopy_nio::probe::probe;
use zerocopy_nio::transfer::{End, Fallback, Process, Step};

/// Goal: no byte lost, none twice, order kept, an end, honest books, under any schedule of whims.
/// Method: drawn ends, options, drivers and whims, most of them larger than the pipe between the
/// ends; `exact_delivery` checks every stage. The seed that is printed draws the same cases again.
#[test]
fn delivers_exactly_whatever_the_kernel_does() {
    let found = exact_delivery::run_cases("state machine", exact_delivery::CASES, || {});
    if let Some(failure) = found.failure {
        panic!("{failure:?}");
    }
    assert_eq!(found.cases, exact_delivery::CASES);
    assert!(found.larger * 2 >= found.cases, "only {} are larger than the pipe", found.larger);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..Default::default() })]

    /// Goal: a probe gives back every descriptor it made, however far it came.
    /// Method: probes with drawn whims; count the open descriptors.
    #[test]
    fn probe_leaves_no_descriptor_open(
        whims in schedules(),
        mechanism in prop::sample::select(Mechanism::ALL.to_vec()),
    ) {
        let kernel = SimulatedKernel::new();
        kernel.set_whims(&whims);
        let answer = probe(&kernel, mechanism);
        prop_assert_eq!(kernel.open_descriptors(), 0);
        prop_assert_eq!(kernel.live_memory(), 0);
        let is_simulated = mechanism != Mechanism::MsgZerocopy;
        if is_simulated && whims.iter().all(|whim| *whim == Whim::Behave) {
            prop_assert_eq!(answer, Ok(()));
        }
    }
}

/// A kernel, a source with the pattern, and a request to move `count` bytes of it to `target`.
fn request(source_bytes: usize, count: u64, target: Object) -> (SimulatedKernel, Request) {
    let kernel = SimulatedKernel::new();
    let source = kernel.add(Object::File(File::pattern(source_bytes)), Mode::READ);
    let target = kernel.add(target, Mode::WRITE);
    kernel.expose(source, target);
    let request = Request {
        source_kind: Some(SourceKind::File),
        source_offset: Some(0),
        count,
        ..Request::new(source, target)
    };
    (kernel, request)
}

fn tcp() -> Object {
    Object::Stream(Stream::tcp(1 << 20, 1 << 20))
}

fn run(kernel: &SimulatedKernel, request: &Request) -> Run {
    blocking::run(kernel, &Process::new(), request, &Limits::default(), None)
}

fn names(kernel: &SimulatedKernel) -> Vec<Name> {
    kernel.records().iter().map(|record| record.name).collect()
}

fn arrived(kernel: &SimulatedKernel, target: Fd) -> usize {
    kernel.with_object(target, |object| object.arrived().len())
}

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

/// Goal: counts above what a call takes are delivered whole, and no call is asked for more.
/// Method: a hole of 5 GiB to a device that only counts.
#[test]
fn more_than_two_gib_goes_in_calls_of_what_the_kernel_takes() {
    const SIZE: u64 = 5 << 30;
    let (kernel, mut request) = request(0, u64::MAX, Object::Null(0));
    request.source = kernel.add(Object::File(File::hole(SIZE)), Mode::READ);
    let run = run(&kernel, &request);
    assert_eq!(run.outcome, Ok(End::SourceEnded));
    assert_eq!(run.account.delivered, SIZE);
    let calls: Vec<_> =
        kernel.records().into_iter().filter(|it| it.name == Name::Sendfile).collect();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.count <= 0x7fff_f000));
    assert_eq!(calls[2].offset + calls[2].count, SIZE);
}

/// Goal: an offset that does not fit in 32 bits arrives whole at the kernel.
/// Method: the last bytes of a hole of 6 GiB; look at the calls.
#[test]
fn offsets_above_four_gib_are_not_cut() {
    let (kernel, mut request) = request(0, 100, Object::Null(0));
    request.source = kernel.add(Object::File(File::hole(6 << 30)), Mode::READ);
    request.source_offset = Some((6 << 30) - 60);
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 60));
    assert!(kernel.records().iter().any(|it| it.offset == (6 << 30) - 60 && it.answer == Ok(60)));
}

/// Goal: a small transfer to TCP costs two system calls and not one more.
/// Method: the kind of the target is known; look at the calls.
#[test]
fn small_transfer_to_a_known_tcp_socket_is_one_pread_and_one_send() {
    let (kernel, mut request) = request(10_000, 512, tcp());
    request.target_kind = Some(TargetKind::TcpStream);
    let report = stepped::step(&kernel, &Process::new(), &request).unwrap();
    assert_eq!(report.step, Step::Moved(512));
    assert_eq!(names(&kernel), [Name::Pread, Name::Send]);
}

/// Goal: a bulk transfer to TCP is one look at the size and one sendfile.
/// Method: as above.
#[test]
fn bulk_transfer_to_a_known_tcp_socket_is_one_fstat_and_one_sendfile() {
    let (kernel, mut request) = request(200_000, u64::MAX, tcp());
    request.target_kind = Some(TargetKind::TcpStream);
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 200_000));
    assert_eq!(names(&kernel), [Name::FileStatus, Name::Sendfile]);
    assert_eq!(run.account.system_calls, 1);
}

/// Goal: a short file is not asked past its end for small counts either, where it is not copied.
/// Method: 4096 bytes of a file of 100 to a pipe, where splice comes first.
#[test]
fn small_count_to_a_pipe_is_clamped_to_the_size() {
    let (kernel, request) = request(100, 4096, Object::Pipe(Pipe::new(1)));
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 100));
    let asked: Vec<_> =
        kernel.records().iter().filter(|it| it.name == Name::Splice).map(|it| it.count).collect();
    assert_eq!(asked, [100]);
}

/// Goal: a file that does not know its size is read to its end.
/// Method: one of 50 000 bytes that says 0, everything asked for; spliced and not.
#[test]
fn file_of_unknown_size_is_read_to_its_end() {
    for can_be_spliced in [true, false] {
        let (kernel, request) = request(50_000, u64::MAX, tcp());
        kernel.with_object(request.source, |object| {
            let Object::File(file) = object else { unreachable!() };
            file.knows_its_size = false;
            file.can_be_spliced = can_be_spliced;
        });
        let run = run(&kernel, &request);
        assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 50_000));
        let cause = Fallback { mechanism: Mechanism::Sendfile, errno: Errno::EINVAL };
        assert_eq!(run.account.fallbacks.first().copied(), (!can_be_spliced).then_some(cause));
    }
}

/// Goal: past the end of a file there is nothing, also where offset and count pass 2^63.
/// Method: an empty file, which is taken for one of procfs at first; counts that are copied and
/// counts that are sent; to a socket and to a file.
#[test]
fn empty_file_has_nothing_at_any_offset() {
    const LAST: u64 = i64::MAX as u64;
    for offset in [0, 1, LAST - 5, LAST] {
        for count in [1, 4096, 1 << 20, LAST, u64::MAX] {
            for target in [tcp(), Object::File(File::pattern(0))] {
                let (kernel, mut request) = request(0, count, target);
                request.source_offset = Some(offset);
                let run = run(&kernel, &request);
                let end = (run.outcome, run.account.delivered);
                assert_eq!(end, (Ok(End::SourceEnded), 0), "{count} bytes at {offset}");
            }
        }
    }
}

/// Goal: what fits in a datagram goes as one; what does not is refused as send(2) refuses it.
/// Method: the largest datagram and one byte more, to a UDP socket.
#[test]
fn transfer_to_a_datagram_socket_is_one_datagram_or_fails() {
    for (count, is_too_long) in [(DATAGRAM_BYTES_MAX, false), (DATAGRAM_BYTES_MAX + 1, true)] {
        let socket = Object::Datagrams(Datagrams::connected(4, 1));
        let (kernel, request) = request(200_000, count as u64, socket);
        let run = run(&kernel, &request);
        let mechanism = Some(Mechanism::Copy);
        let error = Error::System { errno: Errno::EMSGSIZE, call: Call::Send, mechanism };
        assert_eq!(run.outcome, if is_too_long { Err(error) } else { Ok(End::Complete) });
        let lengths = kernel.with_object(request.target, |object| {
            let Object::Datagrams(socket) = object else { unreachable!() };
            socket.lengths.clone()
        });
        assert_eq!(lengths, if is_too_long { vec![] } else { vec![count] });
    }
}

/// Goal: a peer that goes away in the middle fails the transfer with what was delivered before.
/// Method: the reader closes before the third piece.
#[test]
fn closed_peer_fails_with_exactly_what_was_delivered() {
    let (kernel, request) = request(100_000, 100_000, tcp());
    let before = [Whim::Behave; 2];
    kernel.set_whims(
        &[&before[..], &[Whim::Short(3_000), Whim::Short(2_000), Whim::ReaderCloses]].concat(),
    );
    let run = run(&kernel, &request);
    let mechanism = Some(Mechanism::Sendfile);
    let error = Error::System { errno: Errno::EPIPE, call: Call::Sendfile, mechanism };
    assert_eq!(run.outcome, Err(error));
    assert_eq!(run.account.delivered, 5_000);
    assert_eq!(arrived(&kernel, request.target), 5_000);
}

/// Goal: a file that shrinks under a transfer ends it; it does not hang and does not fail.
/// Method: truncate to the half after the first piece.
#[test]
fn truncated_source_ends_the_transfer() {
    let (kernel, request) = request(100_000, 100_000, tcp());
    let before = [Whim::Behave; 2];
    let half = Whim::TruncateSource { size_permille: 500 };
    kernel.set_whims(&[&before[..], &[Whim::Short(10_000), half]].concat());
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::SourceEnded), 50_000));
    assert_eq!(arrived(&kernel, request.target), 50_000);
}

/// Goal: ENOSYS is a property of the process and is remembered; EINVAL belongs to the endpoints.
/// Method: two transfers with one memory; look whether the second tries sendfile again.
#[test]
fn enosys_is_remembered_and_einval_is_not() {
    for (errno, is_remembered) in [
        (Errno::ENOSYS, true),
        (Errno::EINVAL, false),
        (Errno::ESPIPE, false),
        (Errno::EOPNOTSUPP, false),
        (Errno::EOVERFLOW, false),
        (Errno::UnknownErrno, false),
    ] {
        let process = Process::new();
        let (kernel, request) = request(100_000, 100_000, tcp());
        kernel.refuse(Name::Sendfile, Some(errno));
        let first = blocking::run(&kernel, &process, &request, &Limits::default(), None);
        assert_eq!(first.outcome, Ok(End::Complete));
        let cause = Fallback { mechanism: Mechanism::Sendfile, errno };
        assert_eq!(first.account.fallbacks.first().copied(), Some(cause));
        let from = kernel.record_count();
        let second = blocking::run(&kernel, &process, &request, &Limits::default(), None);
        assert_eq!(second.outcome, Ok(End::Complete));
        let is_tried = kernel.records()[from..].iter().any(|it| it.name == Name::Sendfile);
        assert_eq!(is_tried, !is_remembered, "{errno}");
    }
}

/// Goal: EPERM is remembered only if it holds for the whole process.
/// Method: EPERM by a filter; EPERM at one call; EPERM at one call where a filter forbids
/// memfd_create, so that the probe can't try.
#[test]
fn eperm_is_remembered_only_if_a_probe_meets_it_too() {
    for (is_filter, is_probe_forbidden, is_remembered) in
        [(true, false, true), (false, false, false), (false, true, false)]
    {
        let process = Process::new();
        let (kernel, mut request) = request(100_000, 100_000, tcp());
        request.target_kind = Some(TargetKind::TcpStream);
        kernel.refuse(Name::Sendfile, is_filter.then_some(Errno::EPERM));
        kernel.refuse(Name::MemoryFile, is_probe_forbidden.then_some(Errno::EPERM));
        kernel.set_whims(&[Whim::Behave, Whim::Fail(Errno::EPERM)]);
        let run = blocking::run(&kernel, &process, &request, &Limits::default(), None);
        assert_eq!(run.outcome, Ok(End::Complete));
        assert_eq!(run.account.fallbacks.first().map(|it| it.errno), Some(Errno::EPERM));
        let unusable = if is_remembered { only(Mechanism::Sendfile) } else { MechanismSet::EMPTY };
        assert_eq!(process.memory.unusable(), unusable);
        assert_eq!(kernel.open_descriptors(), 2);
    }
}

/// Goal: errors that say nothing of the mechanism are the caller's, not a reason to fall back.
/// Method: each such errno at the first sendfile of a transfer that could also copy.
#[test]
fn other_errors_do_not_fall_back() {
    for errno in [Errno::EIO, Errno::ENOSPC, Errno::ECONNRESET, Errno::EBADF, Errno::ENOTCONN] {
        let (kernel, mut request) = request(100_000, 100_000, tcp());
        request.target_kind = Some(TargetKind::TcpStream);
        kernel.set_whims(&[Whim::Behave, Whim::Fail(errno)]);
        let run = run(&kernel, &request);
        let mechanism = Some(Mechanism::Sendfile);
        assert_eq!(run.outcome, Err(Error::System { errno, call: Call::Sendfile, mechanism }));
        assert_eq!((run.account.delivered, run.account.fallbacks.first().copied()), (0, None));
    }
}

/// Goal: the last refusal is the error, with its own call, and it is the same at each try.
/// Method: only sendfile allowed, to a file opened for appending.
#[test]
fn refusal_of_the_last_mechanism_is_the_error() {
    let (kernel, mut request) = request(10_000, 10_000, Object::File(File::pattern(0)));
    request.target = kernel.open_again(request.target, Mode::WRITE.appending());
    // Nobody has told, or looked, that it is appended to.
    request.target_kind = Some(TargetKind::File);
    request.allowed = only(Mechanism::Sendfile);
    let process = Process::new();
    let mechanism = Some(Mechanism::Sendfile);
    let error = Error::System { errno: Errno::EINVAL, call: Call::Sendfile, mechanism };
    for _ in 0..2 {
        let run = blocking::run(&kernel, &process, &request, &Limits::default(), None);
        assert_eq!((run.outcome, run.account.fallbacks.first().copied()), (Err(error), None));
    }
}

/// Goal: requests that no mechanism can serve are refused before a byte moves.
/// Method: nothing allowed; an offset into a socket; a pipe as the source; a closed target.
#[test]
fn impossible_requests_are_refused_before_anything_moves() {
    let (kernel, request) = request(10_000, 10_000, tcp());
    let nothing = Request { allowed: MechanismSet::EMPTY, ..request.clone() };
    assert!(matches!(run(&kernel, &nothing).outcome, Err(Error::Unsupported(_))));

    let at_offset = Request { target_offset: Some(5), ..request.clone() };
    assert!(matches!(run(&kernel, &at_offset).outcome, Err(Error::InvalidArgument(_))));

    let pipe = kernel.add(Object::Pipe(Pipe::new(1)), Mode::READ);
    let from_pipe = Request { source: pipe, source_kind: None, ..request.clone() };
    assert!(matches!(run(&kernel, &from_pipe).outcome, Err(Error::InvalidArgument(_))));

    let closed = Request { target: Fd::new(77).unwrap(), ..request.clone() };
    let error = Error::System { errno: Errno::EBADF, call: Call::Getsockopt, mechanism: None };
    assert_eq!(run(&kernel, &closed).outcome, Err(error));
    assert_eq!(arrived(&kernel, request.target), 0);
}

/// Goal: a transfer of nothing is complete and touches neither end.
/// Method: a count of 0 to a target whose kind is known; look at the calls.
#[test]
fn nothing_asked_for_is_complete_without_a_call() {
    let (kernel, mut request) = request(10_000, 0, tcp());
    request.target_kind = Some(TargetKind::TcpStream);
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::Complete), 0));
    assert_eq!(names(&kernel), []);
}

/// Goal: a full target in non-blocking mode is waited for by poll, never by trying again and again.
/// Method: a socket with little room; between two refusals there must be one poll.
#[test]
fn full_target_is_polled_before_it_is_tried_again() {
    let (kernel, mut request) =
        request(100_000, 100_000, Object::Stream(Stream::tcp(7_000, 7_000)));
    request.target = kernel.open_again(request.target, Mode::WRITE.non_blocking());
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::Complete), 100_000));
    let records = kernel.records();
    let refused: Vec<_> =
        (0..records.len()).filter(|at| records[*at].answer == Err(Errno::EAGAIN)).collect();
    assert_eq!(refused.len(), 100_000 / 7_000);
    assert!(refused.iter().all(|at| records[at + 1].name == Name::Poll));
}

/// Goal: a signal during a wait does not end a transfer, and an error of the wait is its own.
/// Method: a full socket; the poll meets EINTR, then ENOMEM.
#[test]
fn interrupted_wait_goes_on_and_failed_wait_is_named() {
    for (errno, is_error) in [(Errno::EINTR, false), (Errno::ENOMEM, true)] {
        let socket = Object::Stream(Stream::tcp(7_000, 7_000));
        let (kernel, mut request) = request(10_000, 10_000, socket);
        request.target = kernel.open_again(request.target, Mode::WRITE.non_blocking());
        request.target_kind = Some(TargetKind::TcpStream);
        // fstat, a sendfile that fills the socket, one that is refused, then the poll.
        let poll = Whim::Fail(errno);
        kernel.set_whims(&[Whim::Behave, Whim::Behave, Whim::Behave, poll]);
        let run = run(&kernel, &request);
        let error = Error::System { errno, call: Call::Poll, mechanism: None };
        assert_eq!(run.outcome, if is_error { Err(error) } else { Ok(End::Complete) });
        assert_eq!(run.account.delivered, if is_error { 7_000 } else { 10_000 });
    }
}

/// Goal: a file that can't be read into any memory, as one opened with O_DIRECT, is sent by the
/// kernel instead.
/// Method: EINVAL at the pread of a small transfer, which is copied first.
#[test]
fn refused_pread_falls_back_to_sendfile() {
    let (kernel, mut request) = request(10_000, 512, tcp());
    request.target_kind = Some(TargetKind::TcpStream);
    kernel.set_whims(&[Whim::Fail(Errno::EINVAL)]);
    let run = run(&kernel, &request);
    assert_eq!((run.outcome, run.account.delivered), (Ok(End::Complete), 512));
    assert_eq!(run.account.mechanisms, only(Mechanism::Sendfile));
    let cause = Fallback { mechanism: Mechanism::Copy, errno: Errno::EINVAL };
    assert_eq!(run.account.fallbacks.first().copied(), Some(cause));
    assert_eq!(run.account.system_calls, 2);
}

/// Goal: a stepped transfer goes on with the mechanism that it had arrived at, without trying the
/// refused one again.
/// Method: sendfile refused once; resume with what the report says.
#[test]
fn resumed_step_begins_where_the_last_one_arrived() {
    let (kernel, mut request) = request(2_000_000, 2_000_000, tcp());
    kernel.refuse(Name::Sendfile, Some(Errno::EINVAL));
    let process = Process::new();
    let first = stepped::step(&kernel, &process, &request).unwrap();
    let Step::Moved(moved) = first.step else { panic!("{:?}", first.step) };
    assert_eq!(first.mechanism, Some(Mechanism::Mapped));
    assert_eq!(first.fallback.map(|it| it.errno), Some(Errno::EINVAL));
    request.source_offset = Some(moved);
    request.count -= moved;
    request.resume = first.mechanism;
    let from = kernel.record_count();
    let second = stepped::step(&kernel, &process, &request).unwrap();
    assert_eq!((second.mechanism, second.fallback), (Some(Mechanism::Mapped), None));
    assert!(kernel.records()[from..].iter().all(|it| it.name != Name::Sendfile));
}

/// Goal: a step obeys its budget's rule: a budget of nothing is a mistake of the driver.
/// Method: step with 0.
#[test]
#[should_panic(expected = "a step needs a budget")]
fn budget_of_nothing_is_a_mistake() {
    let (kernel, request) = request(10, 10, tcp());
    let process = Process::new();
    let mut transfer = prepare(&kernel, &process.memory, &request).unwrap();
    let _ = transfer.step(&kernel, &process, 0);
}
