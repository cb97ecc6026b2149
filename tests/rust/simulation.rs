//! Goal: the simulated kernel is honest: where no whim disturbs it, it answers as Linux does. Method:
//! the same scripts of calls on both; the answers and the bytes that come out must be the same.
//!
//! Counts that depend on how Linux accounts socket memory are left out: of a full socket only that it
//! says EAGAIN.
#![allow(clippy::unwrap_used)]

mod real;
mod simulated_kernel;

use std::fmt::Debug;
use std::mem::MaybeUninit;

use real::Real;
use simulated_kernel::{Datagrams, File, Mode, Object, Pipe, SimulatedKernel, Stream, pattern};
use zerocopy_nio::kernel::{Fd, Kernel, Linux, Side};

/// What a script needs of a world: things to call on, and a reader at the other end.
trait World {
    type K: Kernel;
    fn kernel(&self) -> &Self::K;
    fn file(&self, content: &[u8]) -> Fd;
    /// The same file opened again: readable, writable, appending.
    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd;
    /// The read end and the write end.
    fn pipe(&self, blocking: bool) -> (Fd, Fd);
    fn tcp(&self, blocking: bool) -> (Fd, Fd);
    fn unix(&self, blocking: bool) -> (Fd, Fd);
    fn udp(&self, connected: bool) -> (Fd, Fd);
    /// Takes up to `count` bytes at the other end.
    fn read(&self, reader: Fd, count: usize) -> Vec<u8>;
    fn close(&self, fd: Fd);
    fn truncate(&self, file: Fd, size: u64);
    fn content(&self, file: Fd) -> Vec<u8>;
}

impl World for SimulatedKernel {
    type K = SimulatedKernel;

    fn kernel(&self) -> &SimulatedKernel {
        self
    }

    fn file(&self, content: &[u8]) -> Fd {
        let file = File { bytes: content.to_vec(), ..File::pattern(0) };
        self.add(Object::File(file), Mode::BOTH)
    }

    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd {
        self.open_again(file, Mode { readable, writable, append, blocking: true })
    }

    fn pipe(&self, blocking: bool) -> (Fd, Fd) {
        let read_end = self.add(Object::Pipe(Pipe::new(0)), Mode::READ);
        (read_end, self.open_again(read_end, Mode::WRITE.blocking_if(blocking)))
    }

    fn tcp(&self, blocking: bool) -> (Fd, Fd) {
        let reader = self.add(Object::Stream(Stream::tcp(200_000, 0)), Mode::READ);
        (reader, self.open_again(reader, Mode::BOTH.blocking_if(blocking)))
    }

    fn unix(&self, blocking: bool) -> (Fd, Fd) {
        let stream = Stream::unix(200_000, 0, 212_992);
        let reader = self.add(Object::Stream(stream), Mode::READ);
        (reader, self.open_again(reader, Mode::BOTH.blocking_if(blocking)))
    }

    fn udp(&self, connected: bool) -> (Fd, Fd) {
        let socket = Datagrams { is_connected: connected, ..Datagrams::connected(100, 0) };
        let reader = self.add(Object::Datagrams(socket), Mode::READ);
        (reader, self.open_again(reader, Mode::WRITE))
    }

    fn read(&self, reader: Fd, count: usize) -> Vec<u8> {
        self.with_object(reader, |object| {
            let (taken, count) = match object {
                Object::Stream(stream) => (stream.taken, count),
                Object::Pipe(pipe) => (pipe.taken, count),
                Object::Datagrams(socket) => {
                    let taken = socket.lengths[..socket.taken].iter().sum();
                    (taken, socket.lengths[socket.taken].min(count))
                }
                Object::File(_) | Object::Null(_) => unreachable!("files are looked at whole"),
            };
            let arrived = object.arrived();
            let bytes = arrived[taken..arrived.len().min(taken + count)].to_vec();
            object.drain(count);
            bytes
        })
    }

    fn close(&self, fd: Fd) {
        // The scripts close only readers, and the other end of a socket could read as well.
        self.with_object(fd, Object::close_reader);
        Kernel::close(self, fd);
    }

    fn truncate(&self, file: Fd, size: u64) {
        self.with_object(file, |object| object.resize(size));
    }

    fn content(&self, file: Fd) -> Vec<u8> {
        self.with_object(file, |object| object.arrived().to_vec())
    }
}

impl World for Real {
    type K = Linux;

    fn kernel(&self) -> &Linux {
        &Linux
    }

    fn file(&self, content: &[u8]) -> Fd {
        self.file(content)
    }

    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd {
        self.reopen(file, readable, writable, append)
    }

    fn pipe(&self, blocking: bool) -> (Fd, Fd) {
        self.pipe(blocking)
    }

    fn tcp(&self, blocking: bool) -> (Fd, Fd) {
        self.tcp(blocking)
    }

    fn unix(&self, blocking: bool) -> (Fd, Fd) {
        self.unix(blocking)
    }

    fn udp(&self, connected: bool) -> (Fd, Fd) {
        self.udp(connected)
    }

    fn read(&self, reader: Fd, count: usize) -> Vec<u8> {
        self.read(reader, count)
    }

    fn close(&self, fd: Fd) {
        self.close(fd);
    }

    fn truncate(&self, file: Fd, size: u64) {
        self.truncate(file, size);
    }

    fn content(&self, file: Fd) -> Vec<u8> {
        self.content(file)
    }
}

/// What came of a script, a line a call.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn note(&mut self, what: impl Debug) {
        self.0.push(format!("{what:?}"));
    }
}

fn pread<K: Kernel>(kernel: &K, fd: Fd, offset: u64, count: usize) -> impl Debug + use<K> {
    let mut buffer = vec![MaybeUninit::uninit(); count];
    kernel.pread(fd, &mut buffer, offset).map(<[u8]>::to_vec)
}

const PAST_32_BITS: u64 = 5 << 30;
const LAST: u64 = i64::MAX as u64;

fn files<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 10_000));
    lines.note(kernel.file_status(source));
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
    lines.note((kernel.file_status(source), kernel.sendfile(target, source, 40, 100)));
    lines.note((kernel.sendfile(target, source, 50, 100), pread(kernel, source, 60, 9)));
    lines.note((kernel.send(target, b"no socket"), kernel.socket_kind(target)));
    lines.note(kernel.wait_until_ready(target, Side::Target));
}

fn modes<W: World>(world: &W, lines: &mut Lines) {
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
    lines.note((kernel.write(closed, b"x"), kernel.send(closed, b"x"), kernel.file_status(closed)));
    lines.note((pread(kernel, closed, 0, 1), kernel.position(closed)));
    lines.note((kernel.wait_until_ready(closed, Side::Target), kernel.socket_kind(closed)));
    let (read_end, write_end) = world.pipe(false);
    let (peer, socket) = world.tcp(false);
    for fd in [read_end, socket] {
        lines.note((kernel.sendfile(target, fd, 0, 1), pread(kernel, fd, 0, 1)));
        lines.note((kernel.position(fd), kernel.set_position(fd, 0)));
    }
    lines.note((kernel.pwrite(write_end, b"x", 0), kernel.pwrite(socket, b"x", 0)));
    lines.note((kernel.file_status(write_end), kernel.file_status(socket)));
    lines.note((kernel.send(write_end, b"x"), kernel.socket_kind(write_end)));
    world.close(peer);
}

fn pipes<W: World>(world: &W, lines: &mut Lines) {
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
    lines.note(kernel.wait_until_ready(write_end, Side::Target));
}

fn sockets<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let source = world.file(&pattern(0, 100_000));
    for is_tcp in [true, false] {
        for blocking in [true, false] {
            let (peer, socket) = if is_tcp { world.tcp(blocking) } else { world.unix(blocking) };
            lines.note((kernel.socket_kind(socket), kernel.file_status(socket)));
            lines.note(kernel.sendfile(socket, source, 99_000, 1_000));
            lines.note(kernel.send(socket, b"sent"));
            lines.note(kernel.write(socket, b"written"));
            lines.note(kernel.sendfile(socket, source, 0, 20_000));
            lines.note(kernel.sendfile(socket, source, 100_000, 1));
            lines.note(world.read(peer, 21_011));
            if !blocking {
                let full = std::iter::repeat_with(|| kernel.send(socket, &[1; 65_536]));
                lines.note(full.take(10_000).find_map(Result::err));
                lines.note(kernel.sendfile(socket, source, 0, 1));
                lines.note(kernel.sendfile(socket, source, 100_000, 1));
            }
            // TCP hears of a peer that went away only after the next packet.
            if !is_tcp {
                world.close(peer);
                lines.note((kernel.send(socket, b"x"), kernel.write(socket, b"x")));
                lines.note(kernel.sendfile(socket, source, 0, 1));
                lines.note(kernel.sendfile(socket, source, 100_000, 1));
                lines.note(kernel.wait_until_ready(socket, Side::Target));
            }
        }
    }
}

fn datagrams<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let (peer, socket) = world.udp(true);
    lines.note(kernel.socket_kind(socket));
    for count in [1, 5_000, 65_507, 65_508] {
        lines.note(kernel.send(socket, &pattern(count, count)));
    }
    for _ in 0..3 {
        lines.note(world.read(peer, 1 << 20));
    }
    let (_, unconnected) = world.udp(false);
    lines.note((kernel.send(unconnected, b"x"), kernel.write(unconnected, b"x")));
}

fn own_things<W: World>(world: &W, lines: &mut Lines) {
    let kernel = world.kernel();
    let file = kernel.memory_file(b"content").unwrap();
    lines.note((pread(kernel, file, 0, 100), kernel.file_status(file)));
    let (read_end, write_end) = kernel.pipe().unwrap();
    lines.note(kernel.sendfile(write_end, file, 0, 100));
    lines.note(std::iter::repeat_with(|| kernel.write(write_end, b"x")).find_map(Result::err));
    kernel.close(read_end);
    lines.note(kernel.write(write_end, b"x"));
    kernel.close(write_end);
    kernel.close(file);
    lines.note((kernel.write(write_end, b"x"), kernel.file_status(file)));
}

/// Runs a script in both worlds.
macro_rules! same_in_both_worlds {
    ($($(#[$doc:meta])* $name:ident: $script:ident,)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            let (mut simulated, mut real) = (Lines::default(), Lines::default());
            $script(&SimulatedKernel::new(), &mut simulated);
            $script(&Real::default(), &mut real);
            assert_eq!(simulated.0.len(), real.0.len());
            for (index, (simulated, real)) in simulated.0.iter().zip(&real.0).enumerate() {
                assert_eq!(simulated, real, "line {index}: simulated on the left");
            }
        }
    )*};
}

same_in_both_worlds! {
    /// Goal: reads, writes and offsets of files as on Linux, past the end and past 2^63 too.
    files_answer_as_on_linux: files,
    /// Goal: the same errors for descriptors that are not open, or not open for this.
    modes_answer_as_on_linux: modes,
    /// Goal: a pipe is full by its pages, not by its bytes, as on Linux.
    pipes_answer_as_on_linux: pipes,
    /// Goal: streams take, fill up and break as on Linux.
    sockets_answer_as_on_linux: sockets,
    /// Goal: datagrams are whole or refused, as on Linux.
    datagrams_answer_as_on_linux: datagrams,
    /// Goal: what the kernel makes for a probe behaves as on Linux.
    own_files_and_pipes_answer_as_on_linux: own_things,
}
