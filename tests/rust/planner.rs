//! Goal: the planner picks what was measured to be best, row by row of the table in the design.
//! Method: a table of questions, each with the printed plan, which names the order and the reasons.

use zerocopy_nio::mechanism::{Mechanism, MechanismSet, SourceKind, TargetKind};
use zerocopy_nio::plan::{
    DirectReads, Question, SMALL_COPY_BYTES, UNIX_SENDFILE_BUFFER_BYTES, UNIX_SMALL_BYTES, plan,
};

const TCP: TargetKind = TargetKind::TcpStream;
const SMALL: u64 = SMALL_COPY_BYTES;
const UNIX_SMALL: u64 = UNIX_SMALL_BYTES;
const NARROW: TargetKind =
    TargetKind::UnixStream { send_buffer_bytes: UNIX_SENDFILE_BUFFER_BYTES - 1 };
const WIDE: TargetKind = TargetKind::UnixStream { send_buffer_bytes: UNIX_SENDFILE_BUFFER_BYTES };
const TARGETS: [TargetKind; 8] = [
    TCP,
    NARROW,
    WIDE,
    TargetKind::Pipe,
    TargetKind::File,
    TargetKind::AppendedFile,
    TargetKind::Datagram,
    TargetKind::Other,
];
/// Every source that can't be read again, with the name it is printed by.
const STREAMS: [(SourceKind, &str); 3] =
    [(SourceKind::Stream, "stream"), (SourceKind::Pipe, "pipe"), (SourceKind::Other, "device")];

const IN_KERNEL: &str = "sendfile (the kernel moves the pages itself)";
const IN_FILE_SYSTEM: &str = "copy_file_range (the file system copies or shares the blocks)";
const THROUGH_PIPE: &str = "splice (the kernel hands over what it holds)";
const ONE_COPY: &str = "mapped (one copy, made by the kernel)";
const UNALIGNED: &str = "mapped (needs no alignment)";
const COLD: &str = "direct_io (large, not in memory, and little is read ahead)";
const LAST_RESORT: &str = "copy (serves every pair of endpoints)";
const BELOW_CROSSOVER: &str = "copy (below the crossover of 4096 B)";
const SMALL_BUFFER: &str = "copy (the send buffer is below 2097152 B)";
const DATAGRAM: &str = "copy (each write is a datagram)";
const APPENDS: &str = "copy (the target is appended to)";
const STABLE: &str = "copy (the bytes must not change any more)";
const IN_BATCHES: &str = "copy (large writes leave the receive buffer free)";
const NOTHING: &str = "no mechanism is allowed";

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

/// What is asked where nothing special is: a file, everything usable.
fn from_file(target: TargetKind, count: u64) -> Question {
    Question {
        source: SourceKind::File,
        target,
        target_has_offset: false,
        count,
        usable: MechanismSet::ALL,
        is_stable: false,
        direct_reads: DirectReads::Unwanted,
    }
}

fn assert_plan(question: Question, source: &str, choices: &[&str]) {
    let expected = format!("{source} {} B: {}", question.count, choices.join(", then "));
    assert_eq!(plan(question).to_string(), expected, "{question:?}");
}

/// Goal: the plan prints why, in the words that the documents use.
/// Method: one plan in full.
#[test]
fn plan_says_why() {
    assert_eq!(
        plan(from_file(TCP, 700)).to_string(),
        "file 700 B: copy (below the crossover of 4096 B), \
         then sendfile (the kernel moves the pages itself), \
         then mapped (one copy, made by the kernel)"
    );
}

/// Goal: the order of the mechanisms from a file to every kind of target, on both sides of each
/// threshold.
/// Method: everything usable, no offset.
#[test]
fn file_goes_by_the_target_and_the_count() {
    let rows: &[(TargetKind, u64, &[&str])] = &[
        (TCP, 0, &[BELOW_CROSSOVER, IN_KERNEL, ONE_COPY]),
        (TCP, 1, &[BELOW_CROSSOVER, IN_KERNEL, ONE_COPY]),
        (TCP, SMALL, &[BELOW_CROSSOVER, IN_KERNEL, ONE_COPY]),
        (TCP, SMALL + 1, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (TCP, u64::MAX, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (NARROW, 1, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (NARROW, UNIX_SMALL, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (NARROW, UNIX_SMALL + 1, &[SMALL_BUFFER, IN_KERNEL, ONE_COPY]),
        (NARROW, u64::MAX, &[SMALL_BUFFER, IN_KERNEL, ONE_COPY]),
        (WIDE, UNIX_SMALL, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (WIDE, UNIX_SMALL + 1, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (WIDE, u64::MAX, &[IN_KERNEL, ONE_COPY, LAST_RESORT]),
        (TargetKind::Pipe, 1, &[THROUGH_PIPE, IN_KERNEL, LAST_RESORT, UNALIGNED]),
        (TargetKind::Pipe, u64::MAX, &[THROUGH_PIPE, IN_KERNEL, LAST_RESORT, UNALIGNED]),
        (TargetKind::File, 1, &[IN_FILE_SYSTEM, IN_KERNEL, LAST_RESORT, UNALIGNED]),
        (TargetKind::File, u64::MAX, &[IN_FILE_SYSTEM, IN_KERNEL, LAST_RESORT, UNALIGNED]),
        (TargetKind::AppendedFile, 1, &[APPENDS, UNALIGNED]),
        (TargetKind::AppendedFile, u64::MAX, &[APPENDS, UNALIGNED]),
        (TargetKind::Datagram, 1, &[DATAGRAM]),
        (TargetKind::Datagram, u64::MAX, &[DATAGRAM]),
        (TargetKind::Other, 1, &[IN_KERNEL, LAST_RESORT, UNALIGNED]),
        (TargetKind::Other, u64::MAX, &[IN_KERNEL, LAST_RESORT, UNALIGNED]),
    ];
    for (target, count, choices) in rows {
        assert_plan(from_file(*target, *count), "file", choices);
    }
}

/// Goal: sendfile, which has no offset for its target, is not planned where one is given.
/// Method: on both sides of the threshold; with sendfile alone there is no plan.
#[test]
fn file_with_an_offset_is_not_sent_to() {
    for count in [1, SMALL, SMALL + 1, u64::MAX] {
        let question = Question { target_has_offset: true, ..from_file(TargetKind::File, count) };
        assert_plan(question, "file", &[IN_FILE_SYSTEM, LAST_RESORT, UNALIGNED]);
        let question = Question { usable: only(Mechanism::Sendfile), ..question };
        assert_plan(question, "file", &[NOTHING]);
    }
}

/// Goal: what can't be read again goes through a pipe, whatever the count, but not from a socket to
/// a file, and not to a file that is appended to, which splice refuses.
/// Method: streams, pipes and devices to every target.
#[test]
fn stream_goes_through_a_pipe() {
    for (source, name) in STREAMS {
        for target in TARGETS {
            for count in [0, 1, SMALL + 1, u64::MAX] {
                let choices: &[&str] = match target {
                    TargetKind::AppendedFile => &[APPENDS],
                    TargetKind::Datagram => &[DATAGRAM],
                    TargetKind::File if source == SourceKind::Stream => &[IN_BATCHES, THROUGH_PIPE],
                    _ => &[THROUGH_PIPE, LAST_RESORT],
                };
                assert_plan(Question { source, ..from_file(target, count) }, name, choices);
            }
        }
    }
}

/// Goal: datagrams are copied one by one, wherever they go: everything else cuts or joins them.
/// Method: every target; no other mechanism is planned even if it is the only one.
#[test]
fn datagrams_are_copied_one_by_one() {
    let source = SourceKind::Datagram;
    for target in TARGETS {
        let question = Question { source, ..from_file(target, u64::MAX) };
        assert_plan(question, "datagrams", &[DATAGRAM]);
        let usable = MechanismSet::ALL.without(only(Mechanism::Copy));
        assert_plan(Question { usable, ..question }, "datagrams", &[NOTHING]);
    }
}

/// Goal: where the peer must see the bytes of the moment of the call, nothing that shares pages is
/// planned. Files as targets share none: the kernel copies, or shares blocks that are copied on a
/// write.
/// Method: every target from a file and from what is none, also where direct reads were asked for.
#[test]
fn stable_transfers_share_no_page() {
    for direct_reads in [DirectReads::Unwanted, DirectReads::Wanted] {
        for target in TARGETS {
            let question =
                Question { is_stable: true, direct_reads, ..from_file(target, u64::MAX) };
            let choices: &[&str] = match target {
                TargetKind::File => &[IN_FILE_SYSTEM, IN_KERNEL, LAST_RESORT, UNALIGNED],
                TargetKind::AppendedFile => &[APPENDS, UNALIGNED],
                TargetKind::Datagram => &[DATAGRAM],
                _ => &[STABLE, UNALIGNED],
            };
            assert_plan(question, "file", choices);
            for (source, name) in STREAMS {
                let choices: &[&str] = match target {
                    TargetKind::File if source == SourceKind::Stream => &[IN_BATCHES, THROUGH_PIPE],
                    TargetKind::File => &[THROUGH_PIPE, LAST_RESORT],
                    TargetKind::AppendedFile => &[APPENDS],
                    TargetKind::Datagram => &[DATAGRAM],
                    _ => &[STABLE],
                };
                assert_plan(Question { source, ..question }, name, choices);
            }
        }
    }
}

/// Goal: direct reads are planned for streams only, above what is copied anyway, and first.
/// Method: every target with direct reads wanted, which changes the plan of streams alone.
#[test]
fn direct_reads_are_for_streams() {
    for target in TARGETS {
        for count in [1, SMALL, SMALL + 1, u64::MAX] {
            let question =
                Question { direct_reads: DirectReads::Wanted, ..from_file(target, count) };
            let is_stream = matches!(target, TCP | TargetKind::UnixStream { .. });
            if is_stream && !(target == TCP && count <= SMALL) {
                assert_plan(question, "file", &[COLD, IN_KERNEL, ONE_COPY, LAST_RESORT]);
            } else {
                let buffered = plan(Question { direct_reads: DirectReads::Unwanted, ..question });
                assert_eq!(plan(question).to_string(), buffered.to_string());
            }
        }
    }
}

/// Goal: a plan says why a cold file of an unknown device is read through the page cache, and that is
/// all that it does otherwise.
/// Method: every target; the reason belongs to those that direct reads are for.
#[test]
fn unknown_read_ahead_is_named_and_changes_nothing() {
    for target in TARGETS {
        let question = from_file(target, u64::MAX);
        let unknown = Question { direct_reads: DirectReads::ReadAheadUnknown, ..question };
        let is_stream = matches!(target, TCP | TargetKind::UnixStream { .. });
        let reason =
            if is_stream { "; not direct_io: read-ahead of the device unknown" } else { "" };
        assert_eq!(plan(unknown).to_string(), format!("{}{reason}", plan(question)));
    }
}

/// Goal: a mechanism that is not usable leaves the plan, and the rest keeps its order and reasons.
/// Method: every set of mechanisms for every pair of endpoints against the plan with all of them.
#[test]
fn what_is_not_usable_leaves_the_plan() {
    let sources = STREAMS.map(|(source, _)| source);
    for source in sources.into_iter().chain([SourceKind::File, SourceKind::Datagram]) {
        for target in TARGETS {
            for count in [1, SMALL + 1, u64::MAX] {
                let question = Question { source, ..from_file(target, count) };
                let full = plan(question);
                for bits in 0..=u32::from(u8::MAX) {
                    let usable = MechanismSet::from_bits(bits);
                    let reduced = plan(Question { usable, ..question });
                    let kept = (0..).map_while(|index| full.choice(index));
                    let kept = kept.filter(|choice| usable.contains(choice.mechanism));
                    assert!(kept.eq((0..).map_while(|index| reduced.choice(index))));
                }
            }
        }
    }
}

/// Goal: no transfer is planned by what is for senders only, or by what this version does not have.
/// Method: each alone.
#[test]
fn nothing_is_planned_by_what_no_transfer_has() {
    for usable in
        [MechanismSet::EMPTY, only(Mechanism::MsgZerocopy), MechanismSet::from_bits(1 << 9)]
    {
        for target in TARGETS {
            assert_plan(Question { usable, ..from_file(target, 1) }, "file", &[NOTHING]);
        }
    }
}

/// Goal: a transfer finds its place in the plan again, and the end of the plan.
/// Method: ask for each place and for each mechanism.
#[test]
fn places_of_the_plan_can_be_asked_for() {
    let question = from_file(TCP, 1);
    let small = plan(question);
    let order: Vec<_> =
        (0..5).map_while(|index| small.choice(index)).map(|it| it.mechanism).collect();
    assert_eq!(order, [Mechanism::Copy, Mechanism::Sendfile, Mechanism::Mapped]);
    assert_eq!(small.index_of(Mechanism::Copy), Some(0));
    assert_eq!(small.index_of(Mechanism::Sendfile), Some(1));
    assert_eq!(small.choice(usize::MAX), None);
    let at_offset = plan(Question { target_has_offset: true, ..question });
    assert_eq!(at_offset.index_of(Mechanism::Splice), None);
}

/// Goal: the numbers and names of the mechanisms stay, since Java, C and settings hold them.
/// Method: the pinned table, both ways.
#[test]
fn numbers_and_names_of_the_mechanisms_are_pinned() {
    let names =
        ["sendfile", "splice", "copy_file_range", "msg_zerocopy", "mapped", "direct_io", "copy"];
    for (number, name) in (0..).zip(names) {
        let mechanism = Mechanism::from_number(number).expect("it has this number");
        assert_eq!((mechanism as u8, mechanism.name()), (number, name));
        assert_eq!(Mechanism::from_name(name), Some(mechanism));
        assert_eq!(only(mechanism).bits(), 1 << number);
    }
    assert_eq!(Mechanism::from_number(7), None);
    assert_eq!(Mechanism::from_name("Copy"), None);
}
