//! Scripts of splice(2) and copy_file_range(2).

use std::time::Duration;

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, Kernel, SendFlags, Side, SpliceFlags};

use super::{Lines, World, read};
use crate::simulated_kernel::pattern;

const NON_BLOCKING: SpliceFlags = SpliceFlags { non_blocking: true, more: false };
const BLOCKING: SpliceFlags = SpliceFlags { non_blocking: false, more: false };
const LAST: u64 = i64::MAX as u64;

/// From a file at `offset`, or from what has none, to what has none.
fn splice<K: Kernel>(
    kernel: &K,
    source: Fd,
    offset: Option<u64>,
    target: Fd,
    count: usize,
) -> Result<usize, Errno> {
    kernel.splice(source, offset, target, None, count, NON_BLOCKING)
}

pub fn files<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 200_000));
    let target = world.file(b"0123456789");
    let (read_end, write_end) = world.pipe(false);
    lines.note(splice(kernel, source, Some(100), write_end, 50));
    lines.note((splice(kernel, source, None, write_end, 70), kernel.position(source)));
    lines.note((splice(kernel, read_end, None, target, 60), kernel.position(target)));
    lines.note(kernel.splice(read_end, None, target, Some(4), 30, NON_BLOCKING));
    lines.note((splice(kernel, read_end, None, target, 1_000), kernel.position(target)));
    lines.note((splice(kernel, read_end, None, target, 1_000), world.content(target)));
    // A page of the file is a page of the pipe.
    lines.note(splice(kernel, source, Some(5), write_end, 200_000));
    lines.note(splice(kernel, source, Some(5), write_end, 1));
    lines.note(splice(kernel, source, Some(200_000), write_end, 1));
    lines.note(kernel.splice(read_end, None, target, Some(12_000), 1 << 30, NON_BLOCKING));
    lines.note(world.content(target));
    lines.note(splice(kernel, source, Some(200_000), write_end, 1));
    for (offset, count) in [(LAST, 1), (LAST - 1, 1), (LAST + 1, 1), (0, usize::MAX), (LAST, 0)] {
        lines.note(splice(kernel, source, Some(offset), write_end, count));
        lines.note(kernel.splice(read_end, None, target, Some(offset), count, NON_BLOCKING));
    }
    refusals(world, lines);
    world.close(write_end);
    lines.note(splice(kernel, read_end, None, target, 1));
    let (read_end, write_end) = world.pipe(false);
    world.close(read_end);
    lines.note(splice(kernel, source, Some(0), write_end, 1));
    lines.note(splice(kernel, source, Some(200_000), write_end, 1));
}

fn refusals<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (source, target) = (world.file(&pattern(0, 5_000)), world.file(b"old"));
    let (read_end, write_end) = world.pipe(false);
    lines.note(kernel.write(write_end, b"left in the pipe"));
    let appending = world.reopen(target, false, true, true);
    let read_only = world.reopen(target, true, false, false);
    let write_only = world.reopen(source, false, true, false);
    let closed = Fd::new(1_000_000).unwrap();
    lines.note(splice(kernel, read_end, None, appending, 9));
    lines.note(kernel.splice(read_end, None, appending, Some(0), 9, NON_BLOCKING));
    lines.note(splice(kernel, read_end, None, read_only, 9));
    lines.note(splice(kernel, write_only, None, write_end, 9));
    lines.note((
        splice(kernel, closed, None, write_end, 9),
        splice(kernel, closed, None, target, 0),
    ));
    lines.note(splice(kernel, read_end, None, closed, 9));
    lines.note(splice(kernel, read_end, None, write_end, 9));
    lines.note(splice(kernel, source, None, target, 9));
    lines.note(splice(kernel, read_end, Some(0), target, 9));
    lines.note(kernel.splice(source, None, write_end, Some(0), 9, NON_BLOCKING));
    lines.note((
        splice(kernel, write_end, None, target, 9),
        splice(kernel, source, None, read_end, 9),
    ));
    let (peer, socket) = world.tcp(false);
    lines.note(splice(kernel, peer, Some(0), write_end, 9));
    lines.note(kernel.splice(read_end, None, socket, Some(0), 9, NON_BLOCKING));
    lines.note(splice(kernel, source, None, socket, 9));
    lines.note(read(kernel, read_end, 100));
}

pub fn pipes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (from, into) = world.pipe(false);
    let (end, beyond) = world.pipe(false);
    lines.note(splice(kernel, from, None, beyond, 10));
    for count in [10, 5_000, 4_096, 100, 20_000] {
        lines.note(kernel.write(into, &pattern(count, count)));
    }
    for count in [5, 6, 5_000, 1, 100_000, 1] {
        lines.note(splice(kernel, from, None, beyond, count));
    }
    // A whole page was moved that may be written on, then a part of one that may not.
    lines.note((kernel.write(beyond, b"goes on"), kernel.write(into, b"next")));
    lines.note((splice(kernel, from, None, beyond, 2), kernel.write(beyond, b"own")));
    lines.note(world.read(end, 100_000));
    while kernel.write(beyond, &pattern(1, 4_096)).is_ok() {}
    lines.note(splice(kernel, from, None, beyond, 1));
    world.close(end);
    lines.note(splice(kernel, from, None, beyond, 1));
    lines.note(read(kernel, from, 100));
    world.close(into);
    let (_end, beyond) = world.pipe(false);
    lines.note(splice(kernel, from, None, beyond, 1));
}

pub fn sockets<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    for is_tcp in [true, false] {
        let pair = || if is_tcp { world.tcp(false) } else { world.unix(false) };
        let (source, feeder) = pair();
        let (peer, target) = pair();
        let (read_end, write_end) = world.pipe(false);
        world.set_non_blocking(source);
        world.set_non_blocking(read_end);
        lines.note(splice(kernel, source, None, write_end, 100));
        lines.note(kernel.send(feeder, &pattern(0, 1_000), SendFlags::default()));
        lines.note(kernel.poll(&[(source, Side::Source)], Some(Duration::from_secs(2))));
        lines.note((splice(kernel, source, None, write_end, 600), read(kernel, read_end, 1)));
        lines.note(splice(kernel, read_end, None, target, 100));
        lines.note((splice(kernel, read_end, None, target, 10_000), world.read(peer, 599)));
        lines.note((splice(kernel, source, None, write_end, 10_000), read(kernel, read_end, 999)));
        // A full pipe says EAGAIN although there is something to read.
        while kernel.write(write_end, &pattern(0, 4_096)).is_ok() {}
        lines.note(kernel.send(feeder, b"waits", SendFlags::default()));
        lines.note(kernel.poll(&[(source, Side::Source)], Some(Duration::from_secs(2))));
        lines.note(splice(kernel, source, None, write_end, 10));
        lines.note(kernel.poll(&[(source, Side::Source)], Some(Duration::ZERO)));
        // A full socket says EAGAIN whatever the flags say, and the pipe keeps its bytes.
        let full =
            std::iter::repeat_with(|| kernel.send(target, &[1; 65_536], SendFlags::default()));
        lines.note(full.take(10_000).find_map(Result::err));
        lines.note(kernel.splice(read_end, None, target, None, 100_000, BLOCKING));
        lines.note(read(kernel, read_end, 100_000));
        // What was sent before the end comes before it.
        world.shut_down(feeder);
        lines.note((splice(kernel, source, None, write_end, 10), read(kernel, read_end, 10)));
        lines.note(kernel.poll(&[(source, Side::Source)], Some(Duration::from_secs(2))));
        lines.note((splice(kernel, source, None, write_end, 10), read(kernel, read_end, 10)));
    }
    let (_, _, read_end, write_end) = broken(world);
    lines.note(read(kernel, read_end, 100));
    world.close(write_end);
    lines.note(read(kernel, read_end, 100));
}

/// A pipe whose bytes a socket without a peer has refused.
fn broken<W: World>(world: &W) -> (Fd, Fd, Fd, Fd) {
    let kernel = world.kernel();
    let (peer, socket) = world.unix(true);
    let (read_end, write_end) = world.pipe(true);
    kernel.write(write_end, &pattern(0, 50)).unwrap();
    world.close(peer);
    assert_eq!(splice(kernel, read_end, None, socket, 50), Err(Errno::EPIPE));
    (peer, socket, read_end, write_end)
}

pub fn sleeping<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (source, feeder) = world.tcp(true);
    let ways = [(true, BLOCKING), (false, BLOCKING), (false, NON_BLOCKING)];
    for (index, (blocking, flags)) in ways.into_iter().enumerate() {
        let (_read_end, write_end) = world.pipe(blocking);
        world.later(source, feeder, 30 * index, 30);
        lines.note(kernel.splice(source, None, write_end, None, 100, flags));
    }
    let (source, feeder) = world.unix(true);
    for (blocking, flags) in [(true, NON_BLOCKING), (false, BLOCKING), (true, BLOCKING)] {
        let (_read_end, write_end) = world.pipe(blocking);
        if blocking && !flags.non_blocking {
            world.later(source, feeder, 0, 30);
        }
        lines.note(kernel.splice(source, None, write_end, None, 100, flags));
    }
    let (read_end, write_end) = world.pipe(true);
    let (_peer, socket) = world.tcp(true);
    lines.note(kernel.splice(read_end, None, socket, None, 100, NON_BLOCKING));
    world.later(read_end, write_end, 0, 20);
    lines.note(kernel.splice(read_end, None, socket, None, 100, BLOCKING));
}

pub fn copy_file_range<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 10_000));
    let target = world.file(b"0123456789");
    lines.note(kernel.copy_file_range(source, 10, target, None, 5));
    lines.note((kernel.position(source), kernel.position(target)));
    lines.note(kernel.copy_file_range(source, 9_000, target, Some(20), usize::MAX >> 2));
    lines.note((kernel.position(target), world.content(target)));
    lines.note(kernel.copy_file_range(source, 10_000, target, Some(0), 9));
    lines.note(kernel.copy_file_range(source, 12_000, target, Some(0), 9));
    lines.note(kernel.copy_file_range(source, LAST + 1, target, Some(0), 9));
    lines.note(kernel.copy_file_range(source, 0, source, Some(5), 9));
    lines.note(kernel.copy_file_range(source, 5, source, Some(0), 9));
    lines.note(kernel.copy_file_range(source, 0, source, Some(9), 9));
    // The overlap is that of the bytes that there are.
    lines.note(kernel.copy_file_range(source, 9_990, source, Some(10_000), 1_000));
    let appending = world.reopen(target, false, true, true);
    let read_only = world.reopen(target, true, false, false);
    let write_only = world.reopen(source, false, true, false);
    let elsewhere = world.stored_file(b"");
    let (read_end, write_end) = world.pipe(false);
    let (_peer, socket) = world.tcp(false);
    for fd in [appending, read_only, elsewhere, write_end, socket, Fd::new(1_000_000).unwrap()] {
        lines.note(kernel.copy_file_range(source, 0, fd, None, 9));
    }
    for fd in [write_only, elsewhere, read_end, Fd::new(1_000_000).unwrap()] {
        lines.note(kernel.copy_file_range(fd, 0, target, None, 9));
    }
    let stored = world.stored_file(&pattern(3, 5_000));
    lines.note((
        kernel.copy_file_range(stored, 3, elsewhere, None, 9_000),
        world.content(elsewhere),
    ));
}
