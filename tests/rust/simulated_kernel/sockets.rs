//! Connected sockets: both directions behind one descriptor, two descriptors to a connection.

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, Kernel};

use super::SimulatedKernel;
use super::objects::Object;
use super::state::{Mode, State};
use super::streams::Stream;

impl SimulatedKernel {
    /// Two sockets that are connected: what the first one writes goes through the first stream.
    pub fn connect(&self, streams: [Stream; 2], mode: Mode) -> (Fd, Fd) {
        let mut state = self.state.borrow_mut();
        let mode = Mode { readable: true, writable: true, ..mode };
        let [there, back] = streams.map(|stream| {
            state.objects.push(Object::Stream(stream).into());
            state.objects.len() - 1
        });
        let first = state.open_both(back, Some(there), mode);
        (first, state.open_both(there, Some(back), mode))
    }

    /// Looks at, or changes, the stream that the socket `fd` reads.
    pub fn with_incoming<T>(&self, fd: Fd, act: impl FnOnce(&mut Stream) -> T) -> T {
        with_stream(&mut self.state.borrow().behind(fd).expect("it is open"), act)
    }

    /// Looks at, or changes, the stream that the socket `fd` writes.
    pub fn with_outgoing<T>(&self, fd: Fd, act: impl FnOnce(&mut Stream) -> T) -> T {
        with_stream(&mut self.state.borrow().beyond(fd).expect("it is open"), act)
    }

    /// Closes the socket `fd` as its process does that is killed, or wants it so: by a reset.
    pub fn reset(&self, fd: Fd) {
        self.with_outgoing(fd, |stream| stream.resets_on_close = true);
        Kernel::close(self, fd);
    }
}

fn with_stream<T>(object: &mut Object, act: impl FnOnce(&mut Stream) -> T) -> T {
    let Object::Stream(stream) = object else { panic!("it is no socket of a stream") };
    act(stream)
}

impl State {
    /// Who closes with bytes that were not read breaks the connection, TCP and UNIX alike.
    pub fn close_socket(&mut self, incoming: usize, outgoing: usize) {
        let has_unread = with_stream(&mut self.object(incoming), |stream| {
            stream.is_reader_open = false;
            stream.unread() > 0
        });
        with_stream(&mut self.object(outgoing), |stream| {
            if has_unread || (stream.resets_on_close && stream.is_tcp()) {
                stream.reset();
            } else {
                stream.is_writer_open = false;
            }
        });
    }

    /// A reset is told to whoever calls first, and that may be a write. A UNIX stream without a peer
    /// answers EPIPE to each write, and leaves it to the reads.
    pub fn meet_reset(&mut self, fd: Fd) -> Result<(), Errno> {
        let descriptor = self.descriptor(fd)?;
        if descriptor.outgoing.is_none() {
            return Ok(());
        }
        let is_told = with_stream(&mut self.object(descriptor.object), |stream| {
            stream.is_tcp() && stream.take_reset()
        });
        if is_told { Err(Errno::ECONNRESET) } else { Ok(()) }
    }
}
