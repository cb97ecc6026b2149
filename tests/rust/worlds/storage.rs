//! Scripts of where the bytes of a file are.

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, Kernel};

use super::{Lines, World};
use crate::simulated_kernel::pattern;

/// The extents of a file, those that follow each other with the same kind joined.
fn extents<K: Kernel>(kernel: &K, file: Fd) -> Result<Vec<(bool, u64)>, Errno> {
    let size = kernel.file_status(file)?.size;
    let mut found: Vec<(bool, u64)> = Vec::new();
    let mut offset = 0;
    // Ends: each extent ends behind its beginning.
    while offset < size {
        let extent = kernel.extent(file, offset, size)?;
        match found.last_mut() {
            Some((is_hole, end)) if *is_hole == extent.is_hole => *end = extent.end,
            _ => found.push((extent.is_hole, extent.end)),
        }
        offset = extent.end;
    }
    Ok(found)
}

pub fn holes<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let file = world.stored_file(&pattern(0, 20_000));
    lines.note(extents(kernel, file));
    lines.note((kernel.set_size(file, 100_000), extents(kernel, file)));
    lines.note((kernel.pwrite(file, b"an island", 50_000), extents(kernel, file)));
    lines.note((kernel.pwrite(file, b"and the end", 100_010), extents(kernel, file)));
    lines.note((kernel.punch_hole(file, 5_000, 10_000), extents(kernel, file)));
    lines.note((kernel.punch_hole(file, 50_000, 4), extents(kernel, file)));
    lines.note((kernel.punch_hole(file, 200_000, 4_096), kernel.file_status(file).unwrap().size));
    lines.note(world.content(file));
    lines.note((kernel.set_size(file, 52_000), extents(kernel, file)));
    lines.note((kernel.set_size(file, 51_000), kernel.set_size(file, 60_000)));
    lines.note((extents(kernel, file), world.content(file)));
    let stored = kernel.file_status(file).unwrap();
    lines.note(stored.allocated_bytes < stored.size);
    let read_only = world.reopen(file, true, false, false);
    lines.note((kernel.set_size(read_only, 5), kernel.punch_hole(read_only, 0, 5)));
    lines.note((kernel.set_size(file, 1 << 63), kernel.punch_hole(file, 0, 0)));
    let (read_end, write_end) = world.pipe(false);
    let (_peer, socket) = world.tcp(false);
    for fd in [write_end, socket, Fd::new(1_000_000).unwrap()] {
        lines.note((kernel.set_size(fd, 5), kernel.punch_hole(fd, 0, 5)));
    }
    let in_memory = world.file(&pattern(0, 100));
    for fd in [in_memory, read_end, socket, Fd::new(1_000_000).unwrap()] {
        lines.note(kernel.extent(fd, 0, 100));
    }
}

pub fn questions<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (first, second) = (world.file(&pattern(0, 100)), world.file(b""));
    let again = world.reopen(first, true, false, false);
    let stored = world.stored_file(&pattern(0, 100));
    let status = |fd| kernel.file_status(fd).unwrap();
    let identity = |fd| (status(fd).device, status(fd).inode);
    lines.note((identity(first) == identity(again), identity(first) == identity(second)));
    lines.note(status(first).device == status(stored).device);
    let (read_end, write_end) = world.pipe(false);
    let (_peer, socket) = world.tcp(true);
    let appending = world.reopen(first, false, true, true);
    let closed = Fd::new(1_000_000).unwrap();
    for fd in [first, again, appending, read_end, write_end, socket, closed] {
        lines.note(kernel.status_flags(fd));
        lines.note((kernel.will_need(fd, 0, 10), kernel.is_cached(fd, 0)));
    }
    lines.note((kernel.is_cached(stored, 0), kernel.is_cached(stored, 1 << 63)));
    lines.note(kernel.read_ahead_bytes(status(first).device));
    lines.note(kernel.fork_generation() == kernel.fork_generation());
}
