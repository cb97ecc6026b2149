//! Scripts of files, pipes and sockets that are written.

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, FileKind, Kernel, SendFlags, Side};

use super::{Lines, World, pread};
use crate::simulated_kernel::pattern;

const PAST_32_BITS: u64 = 5 << 30;
const LAST: u64 = i64::MAX as u64;

pub fn files<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 10_000));
    lines.note(status(kernel, source));
    for (offset, count) in [
        (0, 100),
        (9_990, 100),
        (10_000, 1),
        (PAST_32_BITS, 1),
        (LAST, 1),
        (LAST - 1, 1),
        (LAST + 1, 1),
        (u64::MAX, 1),
    ] {
        lines.note(pread(kernel, source, offset, count));
        let target = world.file(b"");
        lines.note(kernel.sendfile(target, source, offset, count));
        lines.note(world.content(target));
    }
    let target = world.file(b"0123456789");
    lines.note(kernel.sendfile(target, source, 0, usize::MAX));
    lines.note(kernel.sendfile(target, source, 0, isize::MAX as usize));
    lines.note(kernel.position(target));
    lines.note((kernel.set_position(target, 4), kernel.position(target)));
    lines.note(kernel.sendfile(target, source, 3, 2));
    lines.note((kernel.write(target, b"xy"), kernel.position(target)));
    lines.note(kernel.pwrite(target, b"pw", 12_000));
    lines.note(kernel.pwrite(target, b"pw", LAST));
    lines.note(kernel.pwrite(target, b"pw", LAST + 1));
    lines.note(kernel.position(target));
    lines.note(world.content(target));
    world.truncate(source, 50);
    lines.note((status(kernel, source), kernel.sendfile(target, source, 40, 100)));
    lines.note((kernel.sendfile(target, source, 50, 100), pread(kernel, source, 60, 9)));
    lines.note((
        kernel.send(target, b"no socket", SendFlags::default()),
        kernel.socket_kind(target),
    ));
    lines.note(kernel.poll(&[(target, Side::Target)], None));
}

pub fn modes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 100));
    let target = world.file(b"old");
    let appending = world.reopen(target, false, true, true);
    lines.note(kernel.sendfile(appending, source, 0, 10));
    lines.note(kernel.sendfile(appending, source, 100, 10));
    lines.note(kernel.write(appending, b"new"));
    lines.note(kernel.pwrite(appending, b"end", 0));
    lines.note(kernel.position(appending));
    lines.note(world.content(target));
    let read_only = world.reopen(target, true, false, false);
    lines.note(kernel.sendfile(read_only, source, 0, 10));
    lines.note((kernel.write(read_only, b"x"), kernel.pwrite(read_only, b"x", 0)));
    let write_only = world.reopen(source, false, true, false);
    lines.note((kernel.sendfile(target, write_only, 0, 10), pread(kernel, write_only, 0, 10)));
    let closed = Fd::new(1_000_000).unwrap();
    lines.note((kernel.sendfile(closed, source, 0, 1), kernel.sendfile(target, closed, 0, 1)));
    lines.note((
        kernel.write(closed, b"x"),
        kernel.send(closed, b"x", SendFlags::default()),
        status(kernel, closed),
    ));
    lines.note((pread(kernel, closed, 0, 1), kernel.position(closed)));
    lines.note((kernel.poll(&[(closed, Side::Target)], None), kernel.socket_kind(closed)));
    let (read_end, write_end) = world.pipe(false);
    let (peer, socket) = world.tcp(false);
    for fd in [read_end, socket] {
        lines.note((kernel.sendfile(target, fd, 0, 1), pread(kernel, fd, 0, 1)));
        lines.note((kernel.position(fd), kernel.set_position(fd, 0)));
    }
    lines.note((kernel.pwrite(write_end, b"x", 0), kernel.pwrite(socket, b"x", 0)));
    lines.note((status(kernel, write_end), status(kernel, socket)));
    lines.note((kernel.send(write_end, b"x", SendFlags::default()), kernel.socket_kind(write_end)));
    world.close(peer);
}

pub fn pipes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 300_000));
    // By write: pages that go on, and pages that are full.
    let (read_end, write_end) = world.pipe(false);
    for count in [1, 10, 5_000, 4_096, 100, 70_000, 1, 4_096] {
        lines.note(kernel.write(write_end, &pattern(0, count)));
    }
    lines.note(world.read(read_end, 4_096));
    for count in [4_096, 1, 5_000] {
        lines.note(kernel.write(write_end, &pattern(7, count)));
    }
    lines.note(world.read(read_end, 100_000));
    // By sendfile: a page of the file is a page of the pipe.
    for (offset, count) in [(1, 1), (4_000, 200), (0, 300_000), (0, 1), (300_000, 1)] {
        lines.note(kernel.sendfile(write_end, source, offset, count));
    }
    lines.note(world.read(read_end, 100));
    lines.note(kernel.sendfile(write_end, source, 5, 300_000));
    lines.note(kernel.write(write_end, b"no room"));
    lines.note(world.read(read_end, 1_000_000));
    lines.note(kernel.sendfile(write_end, source, 4_095, 300_000));
    lines.note(world.read(read_end, 1_000_000));
    lines.note((kernel.sendfile(write_end, source, 300_000, 9), world.read(read_end, 0)));
    world.close(read_end);
    lines.note((kernel.write(write_end, b"x"), kernel.sendfile(write_end, source, 0, 1)));
    lines.note(kernel.sendfile(write_end, source, 300_000, 1));
    lines.note(kernel.poll(&[(write_end, Side::Target)], None));
}

pub fn sockets<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 100_000));
    for is_tcp in [true, false] {
        for blocking in [true, false] {
            let (peer, socket) = if is_tcp { world.tcp(blocking) } else { world.unix(blocking) };
            lines.note((kernel.socket_kind(socket), status(kernel, socket)));
            lines.note(kernel.sendfile(socket, source, 99_000, 1_000));
            lines.note(kernel.send(socket, b"sent", SendFlags::default()));
            lines.note(kernel.write(socket, b"written"));
            lines.note(kernel.sendfile(socket, source, 0, 20_000));
            lines.note(kernel.sendfile(socket, source, 100_000, 1));
            lines.note(world.read(peer, 21_011));
            if !blocking {
                let full = std::iter::repeat_with(|| {
                    kernel.send(socket, &[1; 65_536], SendFlags::default())
                });
                lines.note(full.take(10_000).find_map(Result::err));
                lines.note(kernel.sendfile(socket, source, 0, 1));
                lines.note(kernel.sendfile(socket, source, 100_000, 1));
            }
            // TCP hears of a peer that went away only after the next packet.
            if !is_tcp {
                world.close(peer);
                lines.note((
                    kernel.send(socket, b"x", SendFlags::default()),
                    kernel.write(socket, b"x"),
                ));
                lines.note(kernel.sendfile(socket, source, 0, 1));
                lines.note(kernel.sendfile(socket, source, 100_000, 1));
                lines.note(kernel.poll(&[(socket, Side::Target)], None));
            }
        }
    }
}

pub fn datagrams<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (peer, socket) = world.udp(true);
    lines.note(kernel.socket_kind(socket));
    for count in [1, 5_000, 65_507, 65_508] {
        lines.note(kernel.send(socket, &pattern(count, count), SendFlags::default()));
    }
    for _ in 0..3 {
        lines.note(world.read(peer, 1 << 20));
    }
    let (_, unconnected) = world.udp(false);
    lines.note((
        kernel.send(unconnected, b"x", SendFlags::default()),
        kernel.write(unconnected, b"x"),
    ));
}

pub fn own_things<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let file = kernel.memory_file(b"content").unwrap();
    lines.note((pread(kernel, file, 0, 100), status(kernel, file)));
    let (read_end, write_end) = kernel.pipe().unwrap();
    lines.note(kernel.sendfile(write_end, file, 0, 100));
    lines.note(std::iter::repeat_with(|| kernel.write(write_end, b"x")).find_map(Result::err));
    kernel.close(read_end);
    lines.note(kernel.write(write_end, b"x"));
    kernel.close(write_end);
    kernel.close(file);
    lines.note((kernel.write(write_end, b"x"), status(kernel, file)));
}

pub fn two_parts<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let target = world.file(b"");
    lines.note((kernel.write_both(target, b"one", b"two"), kernel.write_both(target, b"", b"")));
    lines.note((kernel.position(target), world.content(target)));
    let appending = world.reopen(target, false, true, true);
    lines.note((kernel.write_both(appending, b"", b"at the end"), world.content(target)));
    let (read_end, write_end) = world.pipe(false);
    for (first, second) in [(100, 5_000), (1, 4_095), (4_000, 97), (30_000, 50_000), (1, 1)] {
        let both = (pattern(first, first), pattern(second, second));
        lines.note(kernel.write_both(write_end, &both.0, &both.1));
    }
    lines.note(world.read(read_end, 100_000));
    world.close(read_end);
    lines.note(kernel.write_both(write_end, b"no", b"body"));
    let (peer, socket) = world.tcp(false);
    let flags = SendFlags::default();
    lines.note(kernel.send_both(socket, &pattern(0, 3_000), &pattern(1, 2_000), flags));
    lines.note((kernel.write_both(socket, b"one", b"two"), world.read(peer, 5_006)));
    lines.note(kernel.send_both(target, b"no", b"socket", flags));
    let closed = Fd::new(1_000_000).unwrap();
    lines.note((kernel.send_both(closed, b"", b"x", flags), kernel.write_both(closed, b"", b"x")));
}

fn status<K: Kernel>(kernel: &K, fd: Fd) -> Result<(FileKind, u64), Errno> {
    kernel.file_status(fd).map(|status| (status.kind, status.size))
}
