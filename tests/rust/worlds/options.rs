//! Scripts of sockets and pipes that are set up, and of waiting.

use std::time::Duration;

use zerocopy_nio::kernel::{Fd, Kernel, SendFlags, Side, SpliceFlags};

use super::{Lines, World};
use crate::simulated_kernel::pattern;

const SOON: Option<Duration> = Some(Duration::from_secs(2));
const MORE: SendFlags = SendFlags { more: true, non_blocking: false };

pub fn pipe_sizes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (read_end, write_end) = world.pipe(false);
    for bytes in [0, 1, 4_096, 4_097, 65_536, 65_537, 1 << 20, 1 << 31] {
        lines.note(kernel.set_pipe_size(write_end, bytes));
    }
    lines.note((kernel.set_pipe_size(read_end, 8_192), kernel.write(write_end, &[0; 20_000])));
    lines.note((kernel.set_pipe_size(read_end, 4_096), kernel.set_pipe_size(read_end, 8_192)));
    lines.note((kernel.set_pipe_size(read_end, 16_384), kernel.write(write_end, &[0; 20_000])));
    let (_peer, socket) = world.tcp(false);
    for fd in [socket, world.file(b""), Fd::new(1_000_000).unwrap()] {
        lines.note(kernel.set_pipe_size(fd, 8_192));
    }
}

pub fn sockets<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let timeout = Duration::from_millis(100);
    let (_tcp_peer, tcp) = world.tcp(true);
    let (_unix_peer, unix) = world.unix(true);
    let (_udp_peer, udp) = world.udp(true);
    let (_read_end, pipe) = world.pipe(true);
    for fd in [tcp, unix, udp, pipe, world.file(b""), Fd::new(1_000_000).unwrap()] {
        lines.note((kernel.tcp_no_delay(fd), kernel.set_tcp_no_delay(fd, true)));
        lines.note((kernel.tcp_no_delay(fd), kernel.set_tcp_no_delay(fd, false)));
        lines.note((kernel.tcp_no_delay(fd), kernel.send_timeout(fd)));
        lines.note((kernel.set_send_timeout(fd, timeout), kernel.send_timeout(fd)));
        lines.note((kernel.set_send_timeout(fd, Duration::ZERO), kernel.send_timeout(fd)));
    }
}

pub fn send_timeouts<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 70_000));
    let (read_end, write_end) = world.pipe(false);
    lines.note(kernel.write(write_end, b"stays"));
    for is_tcp in [true, false] {
        let (_peer, socket) = if is_tcp { world.tcp(true) } else { world.unix(true) };
        lines.note(kernel.set_send_timeout(socket, Duration::from_millis(20)));
        let send = || kernel.send(socket, &[1; 65_536], SendFlags::default());
        lines.note(std::iter::repeat_with(send).take(10_000).find_map(Result::err));
        // A full TCP socket may still take a few bytes behind those that wait.
        if !is_tcp {
            lines.note((kernel.write(socket, b"x"), kernel.sendfile(socket, source, 0, 9)));
            lines.note(kernel.splice(read_end, None, socket, None, 9, SpliceFlags::default()));
        }
        lines.note(kernel.set_send_timeout(socket, Duration::ZERO));
        let flags = SendFlags { more: false, non_blocking: true };
        let (first, second) = (&[1; 65_536], &[2; 65_536]);
        let both = || kernel.send_both(socket, first, second, flags);
        lines.note(std::iter::repeat_with(both).take(10_000).find_map(Result::err));
        lines.note(kernel.send(socket, first, flags));
    }
    lines.note(world.read(read_end, 5));
}

pub fn promises<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 1_000));
    let (read_end, write_end) = world.pipe(false);
    let (peer, socket) = world.tcp(true);
    lines.note((kernel.send(socket, b"header", MORE), world.is_held_back(peer)));
    lines.note((kernel.sendfile(socket, source, 0, 100), world.is_held_back(peer)));
    lines.note(world.read(peer, 106));
    lines.note((kernel.send_both(socket, b"a", b"b", MORE), world.is_held_back(peer)));
    lines.note((kernel.set_tcp_no_delay(socket, true), world.is_held_back(peer)));
    lines.note(world.read(peer, 2));
    // MSG_MORE holds back with TCP_NODELAY too.
    lines.note((kernel.send(socket, b"again", MORE), world.is_held_back(peer)));
    lines.note((kernel.send(socket, b"!", SendFlags::default()), world.is_held_back(peer)));
    lines.note(world.read(peer, 6));
    lines.note(kernel.write(write_end, b"spliced"));
    for more in [true, false] {
        let flags = SpliceFlags { non_blocking: true, more };
        lines.note(kernel.splice(read_end, None, socket, None, 3, flags));
        lines.note(world.is_held_back(peer));
    }
    lines.note(world.read(peer, 6));
    let (peer, socket) = world.unix(true);
    lines.note((kernel.send(socket, b"header", MORE), world.is_held_back(peer)));
}

pub fn polls<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (peer, socket) = world.tcp(false);
    let (read_end, write_end) = world.pipe(false);
    let sides = [(peer, Side::Source), (socket, Side::Target), (read_end, Side::Source)];
    lines.note(kernel.poll(&sides, None));
    lines.note(kernel.send(socket, b"x", SendFlags::default()));
    lines.note((kernel.poll(&sides[..1], SOON), kernel.poll(&sides, None)));
    let limit = Duration::from_millis(5);
    lines.note((kernel.poll(&[], Some(limit)), kernel.poll(&[], Some(Duration::ZERO))));
    let before_ns = kernel.now_ns();
    lines.note(kernel.poll(&sides[2..], Some(limit)));
    lines.note(kernel.now_ns() - before_ns >= 5_000_000);
    lines.note(kernel.poll(&sides[2..], Some(Duration::ZERO)));
    world.later(read_end, write_end, 0, 5);
    lines.note(kernel.poll(&sides[2..], None));
    while kernel.write(write_end, &[0; 4_096]).is_ok() {}
    lines.note(kernel.poll(&[(write_end, Side::Target)], Some(limit)));
    let closed = Fd::new(1_000_000).unwrap();
    lines.note(kernel.poll(&[(write_end, Side::Target), (closed, Side::Source)], None));
    lines.note(kernel.poll(&[(world.file(b""), Side::Source)], None));
    world.close(read_end);
    lines.note(kernel.poll(&[(write_end, Side::Target)], None));
    let (read_end, write_end) = world.pipe(false);
    world.close(write_end);
    lines.note(kernel.poll(&[(read_end, Side::Source)], None));
    let (peer, socket) = world.unix(false);
    world.shut_down(socket);
    lines.note(kernel.poll(&[(peer, Side::Source)], None));
}
