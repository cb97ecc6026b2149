//! What descriptors of the simulated kernel refer to.

use zerocopy_nio::kernel::{FileKind, Side};

use super::datagrams::Datagrams;
use super::files::File;
use super::pipes::Pipe;
use super::streams::Stream;

#[derive(Debug)]
pub enum Object {
    File(File),
    /// Takes everything, like /dev/null, and counts it.
    Null(u64),
    Stream(Stream),
    Datagrams(Datagrams),
    Pipe(Pipe),
}

impl Object {
    pub fn kind(&self) -> FileKind {
        match self {
            Object::File(_) => FileKind::Regular,
            Object::Pipe(_) => FileKind::Pipe,
            Object::Stream(_) | Object::Datagrams(_) => FileKind::Socket,
            Object::Null(_) => FileKind::Other,
        }
    }

    pub fn is_socket(&self) -> bool {
        self.kind() == FileKind::Socket
    }

    pub fn size(&self) -> u64 {
        match self {
            Object::File(file) => file.size(),
            _ => 0,
        }
    }

    /// Whether it is a stream whose writer has reset the connection.
    pub fn was_reset(&self) -> bool {
        matches!(self, Object::Stream(stream) if stream.was_reset)
    }

    /// Truncates a file, or lets it grow by its pattern.
    pub fn resize(&mut self, size: u64) {
        let Object::File(file) = self else { panic!("only files have a size") };
        file.resize(size);
    }

    /// The reader takes up to `count` bytes, or of a datagram socket one datagram.
    pub fn drain(&mut self, count: usize) {
        match self {
            Object::Stream(stream) => stream.take(count),
            Object::Datagrams(socket) => socket.taken += usize::from(socket.is_readable()),
            Object::Pipe(pipe) => pipe.take(count),
            Object::File(_) | Object::Null(_) => {}
        }
    }

    /// Datagram sockets have no connection that could be closed.
    pub fn close_reader(&mut self) {
        match self {
            Object::Stream(stream) => stream.is_reader_open = false,
            Object::Pipe(pipe) => pipe.is_reader_open = false,
            Object::File(_) | Object::Null(_) | Object::Datagrams(_) => {}
        }
    }

    pub fn close_writer(&mut self) {
        match self {
            Object::Stream(stream) => stream.is_writer_open = false,
            Object::Pipe(pipe) => pipe.is_writer_open = false,
            Object::File(_) | Object::Null(_) | Object::Datagrams(_) => {}
        }
    }

    /// Whether poll(2) finds it ready, as the `side` of a transfer.
    pub fn is_ready(&self, side: Side) -> bool {
        match (self, side) {
            (Object::Stream(stream), Side::Source) => stream.is_readable(),
            (Object::Stream(stream), Side::Target) => stream.is_writable(),
            (Object::Datagrams(socket), Side::Source) => socket.is_readable(),
            (Object::Datagrams(socket), Side::Target) => socket.is_writable(),
            (Object::Pipe(pipe), Side::Source) => pipe.is_readable(),
            (Object::Pipe(pipe), Side::Target) => pipe.is_writable(),
            (Object::File(_) | Object::Null(_), _) => true,
        }
    }

    /// The peer of a transfer whose `side` this is does something; `false` where it never does.
    pub fn let_peer_act(&mut self, side: Side) -> bool {
        match (self, side) {
            (Object::Stream(stream), Side::Source) => stream.let_writer_act(),
            (Object::Stream(stream), Side::Target) => stream.let_reader_act(),
            (Object::Datagrams(socket), Side::Source) => socket.let_writer_act(),
            (Object::Datagrams(socket), Side::Target) => socket.let_reader_act(),
            (Object::Pipe(pipe), Side::Source) => pipe.let_writer_act(),
            (Object::Pipe(pipe), Side::Target) => pipe.let_reader_act(),
            (Object::File(_) | Object::Null(_), _) => false,
        }
    }

    /// Everything that has arrived. Of a file: its content.
    pub fn arrived(&self) -> &[u8] {
        match self {
            Object::File(file) => &file.bytes,
            Object::Null(_) => panic!("/dev/null keeps nothing"),
            Object::Stream(stream) => &stream.accepted,
            Object::Datagrams(socket) => &socket.bytes,
            Object::Pipe(pipe) => &pipe.accepted,
        }
    }

    /// How much of what has arrived was taken out at the other end.
    pub fn taken(&self) -> usize {
        match self {
            Object::File(_) | Object::Null(_) => 0,
            Object::Stream(stream) => stream.taken,
            Object::Datagrams(socket) => socket.taken_bytes(),
            Object::Pipe(pipe) => pipe.taken,
        }
    }
}
