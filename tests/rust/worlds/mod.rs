//! Two worlds in which the same script can be played: the running Linux and the simulated kernel.

pub mod options;
pub mod reading;
pub mod sockets;
pub mod splicing;
pub mod storage;
pub mod writing;

use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{Shutdown, shutdown};
use zerocopy_nio::kernel::{Fd, Kernel, Linux};

use crate::real::Real;
use crate::simulated_kernel::{
    Datagrams, Feed, File, HeldBack, Mode, Object, Pipe, SimulatedKernel, Stream, pattern,
};

/// After this time something happens that a call was made to wait for.
const LATER: Duration = Duration::from_millis(20);

/// What a script needs of a world: things to call on, and whoever is at their other end.
pub trait World {
    type K: Kernel;
    fn kernel(&self) -> &Self::K;
    /// A file in memory.
    fn file(&self, content: &[u8]) -> Fd;
    /// A file on a disk.
    fn stored_file(&self, content: &[u8]) -> Fd;
    /// The same file opened again: readable, writable, appending.
    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd;
    /// The same file opened again with O_DIRECT.
    fn reopen_direct(&self, file: Fd) -> Fd;
    /// The read end and the write end, of which only the second is non-blocking if asked.
    fn pipe(&self, blocking: bool) -> (Fd, Fd);
    fn tcp(&self, blocking: bool) -> (Fd, Fd);
    fn unix(&self, blocking: bool) -> (Fd, Fd);
    fn udp(&self, connected: bool) -> (Fd, Fd);
    /// Two sockets that are connected, both in non-blocking mode.
    fn connected(&self, is_tcp: bool) -> (Fd, Fd);
    fn set_non_blocking(&self, fd: Fd);
    /// Takes up to `count` bytes at the other end.
    fn read(&self, reader: Fd, count: usize) -> Vec<u8>;
    /// The other end writes `count` bytes of the pattern after a while, those behind the `place`
    /// bytes that it has sent.
    fn later(&self, reader: Fd, writer: Fd, place: usize, count: usize);
    /// Whether the last bytes of a stream wait for more.
    fn is_held_back(&self, reader: Fd) -> bool;
    fn shut_down(&self, writer: Fd);
    /// Closes a socket so that its peer sees a reset.
    fn reset(&self, reader: Fd, writer: Fd);
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
        self.add(Object::File(File::new(content)), Mode::BOTH)
    }

    fn stored_file(&self, content: &[u8]) -> Fd {
        let file = File { device: File::DISK, ..File::new(content) };
        self.add(Object::File(file), Mode::BOTH)
    }

    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd {
        self.open_again(file, Mode { readable, writable, append, ..Mode::BOTH })
    }

    fn reopen_direct(&self, file: Fd) -> Fd {
        self.open_again(file, Mode { direct: true, ..Mode::BOTH })
    }

    fn pipe(&self, blocking: bool) -> (Fd, Fd) {
        let read_end = self.add(Object::Pipe(Pipe::new(0)), Mode::READ);
        (read_end, self.open_again(read_end, Mode::WRITE.blocking_if(blocking)))
    }

    fn tcp(&self, blocking: bool) -> (Fd, Fd) {
        let reader = self.add(Object::Stream(Stream::tcp(200_000, 0)), Mode::READ);
        (reader, self.open_again(reader, Mode::WRITE.blocking_if(blocking)))
    }

    fn unix(&self, blocking: bool) -> (Fd, Fd) {
        let stream = Stream::unix(200_000, 0, 212_992);
        let reader = self.add(Object::Stream(stream), Mode::READ);
        (reader, self.open_again(reader, Mode::WRITE.blocking_if(blocking)))
    }

    fn udp(&self, connected: bool) -> (Fd, Fd) {
        let socket = Datagrams { is_connected: connected, ..Datagrams::connected(100, 0) };
        let reader = self.add(Object::Datagrams(socket), Mode::READ);
        (reader, self.open_again(reader, Mode::WRITE))
    }

    fn connected(&self, is_tcp: bool) -> (Fd, Fd) {
        let stream = || match is_tcp {
            true => Stream::tcp(200_000, 0),
            false => Stream::unix(200_000, 0, 212_992),
        };
        self.connect([stream(), stream()], Mode::BOTH.non_blocking())
    }

    fn set_non_blocking(&self, fd: Fd) {
        self.change_mode(fd, Mode::non_blocking);
    }

    fn read(&self, reader: Fd, count: usize) -> Vec<u8> {
        self.with_object(reader, |object| {
            let taken = object.taken();
            let count = match object {
                Object::Datagrams(socket) => socket.lengths[socket.taken].min(count),
                _ => count,
            };
            let arrived = object.arrived();
            let bytes = arrived[taken..arrived.len().min(taken + count)].to_vec();
            object.drain(count);
            bytes
        })
    }

    fn later(&self, reader: Fd, _writer: Fd, place: usize, count: usize) {
        self.with_object(reader, |object| assert_eq!(object.arrived().len(), place));
        self.with_object(reader, |object| match object {
            Object::Stream(stream) => stream.feeder.then(Feed::Bytes(count)),
            Object::Pipe(pipe) => pipe.feeder.then(Feed::Bytes(count)),
            Object::Datagrams(socket) => socket.feeder.then(Feed::Bytes(count)),
            Object::File(_) | Object::Null(_) => unreachable!("nobody feeds a file"),
        });
    }

    fn is_held_back(&self, reader: Fd) -> bool {
        self.with_object(reader, |object| match object {
            Object::Stream(stream) => stream.held_back != HeldBack::Nothing,
            _ => unreachable!("only a stream holds back"),
        })
    }

    fn shut_down(&self, writer: Fd) {
        self.with_object(writer, Object::close_writer);
    }

    fn reset(&self, reader: Fd, writer: Fd) {
        self.with_object(reader, |object| {
            let Object::Stream(stream) = object else { unreachable!("only a stream is reset") };
            stream.feeder.then(Feed::Reset);
            stream.let_writer_act();
        });
        Kernel::close(self, writer);
    }

    fn close(&self, fd: Fd) {
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

    fn stored_file(&self, content: &[u8]) -> Fd {
        self.stored_file(content)
    }

    fn reopen(&self, file: Fd, readable: bool, writable: bool, append: bool) -> Fd {
        self.reopen(file, readable, writable, append)
    }

    fn reopen_direct(&self, file: Fd) -> Fd {
        self.reopen_with(file, true, true, nix::libc::O_DIRECT)
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

    fn connected(&self, is_tcp: bool) -> (Fd, Fd) {
        let (first, second) = if is_tcp { self.tcp(false) } else { self.unix(false) };
        self.set_non_blocking(first);
        self.set_non_blocking(second);
        (first, second)
    }

    fn set_non_blocking(&self, fd: Fd) {
        self.set_non_blocking(fd);
    }

    fn read(&self, reader: Fd, count: usize) -> Vec<u8> {
        self.read(reader, count)
    }

    fn later(&self, _reader: Fd, writer: Fd, place: usize, count: usize) {
        let handle = self.handle(writer);
        self.meanwhile(move || {
            thread::sleep(LATER);
            nix::unistd::write(&handle, &pattern(place, count)).unwrap();
        });
    }

    fn is_held_back(&self, reader: Fd) -> bool {
        use zerocopy_nio::kernel::Side;
        Linux.poll(&[(reader, Side::Source)], Some(Duration::ZERO)).unwrap() == 0
    }

    fn shut_down(&self, writer: Fd) {
        shutdown(writer.number(), Shutdown::Write).unwrap();
    }

    fn reset(&self, _reader: Fd, writer: Fd) {
        let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        let handle = self.handle(writer);
        nix::sys::socket::setsockopt(&handle, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
        drop(handle);
        self.close(writer);
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
pub struct Lines(pub Vec<String>);

impl Lines {
    pub fn note(&mut self, what: impl std::fmt::Debug) {
        self.0.push(format!("{what:?}"));
    }
}

pub fn pread<K: Kernel>(kernel: &K, fd: Fd, offset: u64, count: usize) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; count];
    let count = kernel.pread(fd, &mut buffer, offset)?;
    buffer.truncate(count);
    Ok(buffer)
}

pub fn read<K: Kernel>(kernel: &K, fd: Fd, count: usize) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; count];
    let count = kernel.read(fd, &mut buffer)?;
    buffer.truncate(count);
    Ok(buffer)
}

pub fn receive<K: Kernel>(
    kernel: &K,
    fd: Fd,
    count: usize,
    non_blocking: bool,
) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; count];
    let count = kernel.receive(fd, &mut buffer, non_blocking)?;
    buffer.truncate(count);
    Ok(buffer)
}
