//! Goal: the planner picks what was measured to be best, row by row. Method: a table of questions, each
//! with the printed plan, which names the order and the reasons.

use zerocopy_nio::mechanism::{Mechanism, MechanismSet, TargetKind};
use zerocopy_nio::plan::{
    Question, SMALL_COPY_BYTES, UNIX_SENDFILE_BUFFER_BYTES, UNIX_SMALL_BYTES, plan,
};

const TCP: TargetKind = TargetKind::TcpStream;
const SMALL: u64 = SMALL_COPY_BYTES;
const UNIX_SMALL: u64 = UNIX_SMALL_BYTES;
const NARROW: TargetKind =
    TargetKind::UnixStream { send_buffer_bytes: UNIX_SENDFILE_BUFFER_BYTES - 1 };
const WIDE: TargetKind = TargetKind::UnixStream { send_buffer_bytes: UNIX_SENDFILE_BUFFER_BYTES };

const IN_KERNEL: &str = "sendfile (the kernel moves the pages itself)";
const LAST_RESORT: &str = "copy (serves every target)";
const BELOW_CROSSOVER: &str = "copy (below the crossover of 4096 B)";
const SMALL_BUFFER: &str = "copy (the send buffer is below 2097152 B)";
const DATAGRAM: &str = "copy (each write is a datagram)";
const AT_OFFSET: &str = "copy (the target is written at an offset)";

fn only(mechanism: Mechanism) -> MechanismSet {
    MechanismSet::EMPTY.with(mechanism)
}

fn printed(
    target: TargetKind,
    target_has_offset: bool,
    count: u64,
    usable: MechanismSet,
) -> String {
    plan(Question { target, target_has_offset, count, usable }).to_string()
}

/// Goal: the order of the mechanisms for every kind of target, on both sides of each threshold.
/// Method: everything usable, no offset.
#[test]
fn order_follows_the_target_and_the_count() {
    let rows: &[(TargetKind, u64, &[&str])] = &[
        (TCP, 0, &[BELOW_CROSSOVER, IN_KERNEL]),
        (TCP, 1, &[BELOW_CROSSOVER, IN_KERNEL]),
        (TCP, SMALL, &[BELOW_CROSSOVER, IN_KERNEL]),
        (TCP, SMALL + 1, &[IN_KERNEL, LAST_RESORT]),
        (TCP, u64::MAX, &[IN_KERNEL, LAST_RESORT]),
        (NARROW, 1, &[IN_KERNEL, LAST_RESORT]),
        (NARROW, UNIX_SMALL, &[IN_KERNEL, LAST_RESORT]),
        (NARROW, UNIX_SMALL + 1, &[SMALL_BUFFER, IN_KERNEL]),
        (NARROW, u64::MAX, &[SMALL_BUFFER, IN_KERNEL]),
        (WIDE, UNIX_SMALL, &[IN_KERNEL, LAST_RESORT]),
        (WIDE, UNIX_SMALL + 1, &[IN_KERNEL, LAST_RESORT]),
        (WIDE, u64::MAX, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::Datagram, 1, &[DATAGRAM]),
        (TargetKind::Datagram, u64::MAX, &[DATAGRAM]),
        (TargetKind::Pipe, 1, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::Pipe, u64::MAX, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::File, 1, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::File, u64::MAX, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::Other, 1, &[IN_KERNEL, LAST_RESORT]),
        (TargetKind::Other, u64::MAX, &[IN_KERNEL, LAST_RESORT]),
    ];
    for (target, count, choices) in rows {
        let expected = format!("file {count} B: {}", choices.join(", then "));
        assert_eq!(printed(*target, false, *count, MechanismSet::ALL), expected, "{target:?}");
    }
}

/// Goal: a file that is written at an offset is only copied to, whatever the count.
/// Method: on both sides of the threshold; with sendfile alone there is no plan.
#[test]
fn target_with_an_offset_is_copied_to() {
    for count in [1, SMALL, SMALL + 1, u64::MAX] {
        let file = TargetKind::File;
        let expected = format!("file {count} B: {AT_OFFSET}");
        assert_eq!(printed(file, true, count, MechanismSet::ALL), expected);
        let nothing = format!("file {count} B: no mechanism is allowed");
        assert_eq!(printed(file, true, count, only(Mechanism::Sendfile)), nothing);
    }
}

/// Goal: a mechanism that is not usable leaves the plan, and the rest keeps its order and reasons.
/// Method: each set of usable mechanisms for each order that there is.
#[test]
fn what_is_not_usable_leaves_the_plan() {
    let sendfile = only(Mechanism::Sendfile);
    let copy = only(Mechanism::Copy);
    let rows: &[(TargetKind, u64, MechanismSet, &str)] = &[
        (TCP, 1, sendfile, IN_KERNEL),
        (TCP, 1, copy, BELOW_CROSSOVER),
        (TCP, SMALL + 1, sendfile, IN_KERNEL),
        (TCP, SMALL + 1, copy, LAST_RESORT),
        (NARROW, u64::MAX, sendfile, IN_KERNEL),
        (NARROW, u64::MAX, copy, SMALL_BUFFER),
        (TargetKind::Datagram, 1, copy, DATAGRAM),
        (TargetKind::Datagram, 1, sendfile, "no mechanism is allowed"),
        (TargetKind::Pipe, 1, copy, LAST_RESORT),
        (TargetKind::File, 1, MechanismSet::EMPTY, "no mechanism is allowed"),
        (TCP, 1, MechanismSet::EMPTY, "no mechanism is allowed"),
        // The bit of a mechanism that this version does not have.
        (TCP, 1, MechanismSet::from_bits(1 << 5), "no mechanism is allowed"),
    ];
    for (target, count, usable, choices) in rows {
        let expected = format!("file {count} B: {choices}");
        assert_eq!(printed(*target, false, *count, *usable), expected, "{target:?} {usable:?}");
    }
}

/// Goal: a transfer finds its place in the plan again, and the end of the plan.
/// Method: ask for each place and for each mechanism.
#[test]
fn places_of_the_plan_can_be_asked_for() {
    let question =
        Question { target: TCP, target_has_offset: false, count: 1, usable: MechanismSet::ALL };
    let plan = plan(question);
    let order: Vec<_> =
        (0..5).map_while(|index| plan.choice(index)).map(|it| it.mechanism).collect();
    assert_eq!(order, [Mechanism::Copy, Mechanism::Sendfile]);
    assert_eq!(plan.index_of(Mechanism::Copy), Some(0));
    assert_eq!(plan.index_of(Mechanism::Sendfile), Some(1));
    assert_eq!(plan.choice(usize::MAX), None);
    let copied = zerocopy_nio::plan::plan(Question { target_has_offset: true, ..question });
    assert_eq!(copied.index_of(Mechanism::Sendfile), None);
}

/// Goal: the numbers and names of the mechanisms stay, since Java, C and settings hold them.
/// Method: the pinned table, both ways.
#[test]
fn numbers_and_names_of_the_mechanisms_are_pinned() {
    for (mechanism, number, name) in
        [(Mechanism::Sendfile, 0, "sendfile"), (Mechanism::Copy, 6, "copy")]
    {
        assert_eq!((mechanism as u8, mechanism.name()), (number, name));
        assert_eq!(Mechanism::from_number(number), Some(mechanism));
        assert_eq!(Mechanism::from_name(name), Some(mechanism));
        assert_eq!(only(mechanism).bits(), 1 << number);
    }
    assert_eq!(Mechanism::from_number(7), None);
    assert_eq!(Mechanism::from_name("Copy"), None);
}
