//! Scripts of reads, and of files that are read in unusual ways.

use std::fmt::Debug;
use std::time::Duration;

use zerocopy_nio::kernel::{Fd, Kernel, SendFlags, Side, SpliceFlags};

use super::{Lines, World, pread, read, receive};
use crate::simulated_kernel::pattern;

const SOON: Option<Duration> = Some(Duration::from_secs(2));

pub fn streams<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let file = world.file(&pattern(0, 1_000));
    lines.note((read(kernel, file, 600), kernel.position(file)));
    lines.note((read(kernel, file, 600), read(kernel, file, 600), receive(kernel, file, 1, true)));
    lines.note(read(kernel, Fd::new(1_000_000).unwrap(), 1));
    let (read_end, write_end) = world.pipe(false);
    lines.note(receive(kernel, read_end, 1, true));
    world.later(read_end, write_end, 0, 70);
    lines.note(read(kernel, read_end, 40));
    lines.note((read(kernel, write_end, 1), read(kernel, read_end, 40)));
    world.set_non_blocking(read_end);
    lines.note((read(kernel, read_end, 40), read(kernel, read_end, 0)));
    lines.note((kernel.write(write_end, &pattern(0, 9_000)), read(kernel, read_end, 8_999)));
    world.close(write_end);
    lines.note((read(kernel, read_end, 40), read(kernel, read_end, 40)));
    for is_tcp in [true, false] {
        let (peer, socket) = if is_tcp { world.tcp(true) } else { world.unix(true) };
        world.later(peer, socket, 0, 70);
        lines.note((receive(kernel, peer, 40, false), receive(kernel, peer, 40, true)));
        world.later(peer, socket, 70, 5);
        lines.note((receive(kernel, peer, 40, true), read(kernel, peer, 40)));
        world.set_non_blocking(peer);
        lines.note((receive(kernel, peer, 40, false), read(kernel, peer, 40)));
        lines.note((pread(kernel, peer, 0, 1), kernel.send(socket, b"last", SendFlags::default())));
        lines.note(kernel.poll(&[(peer, Side::Source)], SOON));
        if is_tcp {
            world.reset(peer, socket);
            lines.note((read(kernel, peer, 4), kernel.poll(&[(peer, Side::Source)], SOON)));
        } else {
            world.shut_down(socket);
            lines.note(read(kernel, peer, 4));
        }
        lines.note((read(kernel, peer, 40), read(kernel, peer, 40)));
    }
}

pub fn datagrams<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (peer, socket) = world.udp(true);
    lines.note(receive(kernel, peer, 9, true));
    for count in [50, 0, 3_000] {
        lines.note(kernel.send(socket, &pattern(count, count), SendFlags::default()));
        lines.note(kernel.poll(&[(peer, Side::Source)], SOON));
        lines.note(receive(kernel, peer, 1_000, false));
    }
    world.later(peer, socket, 3_050, 20);
    lines.note((read(kernel, peer, 100), receive(kernel, peer, 9, true)));
    let parts = kernel.send_both(socket, b"in one ", b"datagram", SendFlags::default());
    lines.note((parts, kernel.poll(&[(peer, Side::Source)], SOON), read(kernel, peer, 100)));
}

pub fn mappings<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 10_000));
    let target = world.file(b"");
    let mapping = kernel.map(source, 100, 9_900).unwrap();
    lines.note(kernel.write_mapped(target, None, &mapping, 0, 5_000, None));
    lines.note(kernel.write_mapped(target, Some(2_000), &mapping, 9_000, 900, None));
    lines.note((kernel.position(target), world.content(target)));
    let (peer, socket) = world.tcp(false);
    let flags = Some(SendFlags::default());
    lines.note(kernel.write_mapped(socket, None, &mapping, 7, 3_000, flags));
    lines.note(world.read(peer, 3_000));
    lines.note(kernel.write_mapped(target, None, &mapping, 7, 3, flags));
    let (read_end, write_end) = world.pipe(false);
    lines.note(kernel.write_mapped(write_end, None, &mapping, 0, 4_096, None));
    lines.note((
        kernel.write_mapped(write_end, Some(0), &mapping, 0, 9, None),
        world.read(read_end, 9),
    ));
    world.truncate(source, 5_000);
    lines.note(kernel.write_mapped(target, Some(0), &mapping, 8_192 - 100, 9, None));
    lines.note(kernel.write_mapped(socket, None, &mapping, 8_192 - 100, 9, flags));
    lines.note(kernel.write_mapped(write_end, None, &mapping, 8_192 - 100, 9, None));
    let target = world.file(b"");
    lines.note(kernel.write_mapped(target, None, &mapping, 4_800, 300, None));
    lines.note(world.content(target));
    drop(mapping);
    let write_only = world.reopen(source, false, true, false);
    for fd in [write_only, read_end, Fd::new(1_000_000).unwrap()] {
        lines.note(kernel.map(fd, 0, 10).err());
    }
    lines.note((kernel.map(source, 0, 0).err(), kernel.map(source, 1 << 63, 10).err()));
}

/// The memory that is read to need not be aligned on every disk, so it always is here.
fn pread_aligned<K: Kernel>(kernel: &K, fd: Fd, offset: u64, count: usize) -> impl Debug + use<K> {
    let mut buffer = vec![0; count + 4_096];
    let begin = buffer.as_ptr().align_offset(4_096);
    let buffer = &mut buffer[begin..begin + count];
    kernel.pread(fd, buffer, offset).map(|count| buffer[..count].to_vec())
}

pub fn direct_descriptors<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let file = world.stored_file(&pattern(0, 10_001));
    let direct = world.reopen_direct(file);
    lines.note((kernel.status_flags(direct), kernel.status_flags(file)));
    for (offset, count) in [(0, 4_096), (8_192, 4_096), (12_288, 4_096), (1, 4_096), (0, 100)] {
        lines.note(pread_aligned(kernel, direct, offset, count));
        let (read_end, write_end) = world.pipe(false);
        lines.note(kernel.splice(
            direct,
            Some(offset),
            write_end,
            None,
            count,
            SpliceFlags::default(),
        ));
        lines.note(world.read(read_end, 4_096));
    }
    let (read_end, write_end) = world.pipe(false);
    lines.note(kernel.write(write_end, &pattern(0, 1_000)));
    lines.note(kernel.splice(read_end, None, direct, Some(0), 1_000, SpliceFlags::default()));
    lines.note(world.read(read_end, 1_000));
}
