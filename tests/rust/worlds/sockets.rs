//! Scripts of connected sockets with both directions behind one descriptor.

use std::time::Duration;

use zerocopy_nio::kernel::{Fd, Kernel, SendFlags, Side, SpliceFlags};

use super::{Lines, World, read, receive};
use crate::simulated_kernel::pattern;

const SOON: Option<Duration> = Some(Duration::from_secs(2));
const NON_BLOCKING: SpliceFlags = SpliceFlags { non_blocking: true, more: false };

/// Waits until what was done at the other end has arrived.
fn wait<K: Kernel>(kernel: &K, fd: Fd, lines: &mut Lines) {
    lines.note(kernel.poll(&[(fd, Side::Source)], SOON));
}

fn send<K: Kernel>(kernel: &K, fd: Fd, bytes: &[u8], lines: &mut Lines) {
    lines.note(kernel.send(fd, bytes, SendFlags::default()));
}

pub fn both_directions<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (read_end, write_end) = world.pipe(false);
    world.set_non_blocking(read_end);
    for is_tcp in [true, false] {
        let (a, b) = world.connected(is_tcp);
        let (c, d) = world.connected(is_tcp);
        lines.note((receive(kernel, a, 9, true), receive(kernel, b, 9, true), kernel.peek(a)));
        lines.note(kernel.poll(&[(a, Side::Source), (a, Side::Target)], SOON));
        send(kernel, a, b"there", lines);
        send(kernel, b, b"and back", lines);
        wait(kernel, a, lines);
        wait(kernel, b, lines);
        lines.note((kernel.peek(a), kernel.peek(b)));
        lines.note((receive(kernel, b, 3, true), receive(kernel, b, 9, true)));
        lines.note(kernel.splice(a, None, write_end, None, 4, NON_BLOCKING));
        lines.note(kernel.splice(read_end, None, c, None, 9, NON_BLOCKING));
        lines.note((receive(kernel, a, 9, true), receive(kernel, a, 9, true)));
        wait(kernel, d, lines);
        lines.note(receive(kernel, d, 9, true));
        // A full direction says nothing of the other one.
        let full = || kernel.send(a, &[1; 65_536], SendFlags::default()).err();
        lines.note(std::iter::repeat_with(full).take(10_000).flatten().next());
        send(kernel, b, b"passes", lines);
        wait(kernel, a, lines);
        lines.note(receive(kernel, a, 9, true));
        // One direction ends, and the other one goes on.
        lines.note((kernel.shutdown_write(c), kernel.shutdown_write(c)));
        send(kernel, c, b"late", lines);
        wait(kernel, d, lines);
        lines.note((kernel.peek(d), receive(kernel, d, 9, true)));
        lines.note(kernel.splice(d, None, write_end, None, 9, NON_BLOCKING));
        send(kernel, d, b"answer", lines);
        wait(kernel, c, lines);
        lines.note((receive(kernel, c, 9, true), receive(kernel, c, 9, true)));
        lines.note((kernel.shutdown_write(d), receive(kernel, d, 9, true)));
        wait(kernel, c, lines);
        lines.note((kernel.peek(c), receive(kernel, c, 9, true)));
    }
    for fd in [write_end, world.file(b""), Fd::new(1_000_000).unwrap()] {
        lines.note((kernel.shutdown_write(fd), kernel.set_reset_on_close(fd, true)));
    }
}

/// What is called first after a reset, and is told so.
const FIRST_CALLS: usize = 5;

pub fn resets<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (read_end, write_end) = world.pipe(false);
    lines.note(kernel.write(write_end, b"stays"));
    let (_empty_end, into) = world.pipe(false);
    for first in 0..FIRST_CALLS {
        for (bytes, is_ended) in [(0, false), (5, false), (0, true), (5, true)] {
            let (a, b) = world.connected(true);
            send(kernel, a, &pattern(0, bytes), lines);
            if is_ended {
                lines.note(kernel.shutdown_write(a));
                wait(kernel, b, lines);
            }
            lines.note(kernel.set_reset_on_close(a, true));
            world.close(a);
            wait(kernel, b, lines);
            for call in (0..FIRST_CALLS).cycle().skip(first).take(FIRST_CALLS) {
                match call {
                    0 => lines.note(receive(kernel, b, 3, true)),
                    1 => send(kernel, b, b"x", lines),
                    2 => lines.note(kernel.splice(read_end, None, b, None, 9, NON_BLOCKING)),
                    3 => lines.note(kernel.splice(b, None, into, None, 1, NON_BLOCKING)),
                    _ => lines.note((kernel.peek(b), kernel.shutdown_write(b))),
                }
            }
            lines.note((receive(kernel, b, 9, true), receive(kernel, b, 9, true)));
            lines.note(kernel.poll(&[(b, Side::Source), (b, Side::Target)], SOON));
        }
    }
    lines.note(read(kernel, read_end, 9));
}

pub fn closes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    for is_tcp in [true, false] {
        for (has_unread, is_ended, sends_first) in [
            (false, false, false),
            (true, false, false),
            (true, true, false),
            (true, false, true),
            (true, true, true),
        ] {
            let (a, b) = world.connected(is_tcp);
            send(kernel, a, b"kept", lines);
            if has_unread {
                send(kernel, b, b"never read", lines);
                wait(kernel, a, lines);
            }
            if is_ended {
                lines.note(kernel.shutdown_write(a));
            }
            world.close(a);
            wait(kernel, b, lines);
            if sends_first {
                send(kernel, b, b"x", lines);
            }
            lines.note((receive(kernel, b, 9, true), kernel.peek(b)));
            lines.note((receive(kernel, b, 9, true), receive(kernel, b, 9, true)));
        }
    }
}
