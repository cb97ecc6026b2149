//! What descriptors of the simulated kernel refer to.

use std::collections::VecDeque;

use nix::errno::Errno;

const PAGE_BYTES: usize = 4096;

/// The largest payload of a UDP datagram over IPv4.
pub const DATAGRAM_BYTES_MAX: usize = 65_507;

#[derive(Debug)]
pub enum Object {
    File(File),
    /// Takes everything, like /dev/null, and counts it.
    Null(u64),
    Stream(Stream),
    Datagrams(Datagrams),
    Pipe(Pipe),
}

/// A file. Behind `bytes` it may go on with a hole.
#[derive(Debug, Clone)]
pub struct File {
    pub bytes: Vec<u8>,
    pub hole_bytes: u64,
    /// Files of procfs with a seq_file behind them can't be.
    pub can_be_spliced: bool,
    /// Files of procfs and sysfs don't.
    pub knows_its_size: bool,
}

impl File {
    /// A file that has at every place the byte of the pattern. It is the pattern that it grows by,
    /// so whatever is read from it while it shrinks and grows can be checked by its place.
    pub fn pattern(size: usize) -> File {
        File { bytes: pattern(0, size), hole_bytes: 0, can_be_spliced: true, knows_its_size: true }
    }

    /// A file without any data.
    pub fn hole(size: u64) -> File {
        File { hole_bytes: size, ..File::pattern(0) }
    }

    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.hole_bytes
    }

    /// The bytes from `offset` on, at most `count`, fewer at the end.
    pub fn get(&self, offset: u64, count: usize) -> Vec<u8> {
        let count = (count as u64).min(self.size().saturating_sub(offset)) as usize;
        let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let mut bytes =
            self.bytes[begin..self.bytes.len().min(begin.saturating_add(count))].to_vec();
        bytes.resize(count, 0);
        bytes
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        assert_eq!(self.hole_bytes, 0, "a file with a hole at its end is only read");
        let end = at + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
    }
}

/// The bytes of the pattern at `place` and behind. Its period is a prime, so that no slip by a page
/// or a power of two goes unseen.
pub fn pattern(place: usize, count: usize) -> Vec<u8> {
    const PERIOD: usize = 251;
    let period: Vec<u8> = (0..PERIOD).map(|at| ((place + at) % PERIOD) as u8).collect();
    let mut bytes = period.repeat(count / PERIOD + 1);
    bytes.truncate(count);
    bytes
}

/// A connected stream socket, seen from the side that sends.
#[derive(Debug)]
pub struct Stream {
    pub unix_send_buffer_bytes: Option<u64>,
    /// Everything that was ever accepted, in its order.
    pub accepted: Vec<u8>,
    /// How much of it was read at the other end.
    pub taken: usize,
    pub capacity: usize,
    /// What the reader takes when it is waited for; 0: it never does.
    pub reader_takes: usize,
    pub is_reader_open: bool,
}

impl Stream {
    pub fn tcp(capacity: usize, reader_takes: usize) -> Stream {
        Stream {
            unix_send_buffer_bytes: None,
            accepted: Vec::new(),
            taken: 0,
            capacity,
            reader_takes,
            is_reader_open: true,
        }
    }

    pub fn unix(capacity: usize, reader_takes: usize, send_buffer_bytes: u64) -> Stream {
        let unix_send_buffer_bytes = Some(send_buffer_bytes);
        Stream { unix_send_buffer_bytes, ..Stream::tcp(capacity, reader_takes) }
    }

    fn room(&self) -> usize {
        self.capacity - (self.accepted.len() - self.taken)
    }

    pub fn put(&mut self, bytes: &[u8], blocking: bool) -> Result<usize, Errno> {
        let mut put = 0;
        // Ends: each turn puts a byte or leaves, or panics where nobody reads.
        while put < bytes.len() {
            if !self.is_reader_open {
                return if put > 0 { Ok(put) } else { Err(Errno::EPIPE) };
            }
            let piece = self.room().min(bytes.len() - put);
            if piece == 0 {
                if !blocking {
                    return if put > 0 { Ok(put) } else { Err(Errno::EAGAIN) };
                }
                assert!(self.reader_takes > 0, "a write sleeps for ever: nobody reads");
                self.taken += self.reader_takes.min(self.accepted.len() - self.taken);
            }
            self.accepted.extend_from_slice(&bytes[put..put + piece]);
            put += piece;
        }
        Ok(put)
    }
}

/// A datagram socket, seen from the side that sends.
#[derive(Debug)]
pub struct Datagrams {
    /// The lengths of the datagrams that were ever accepted, and their bytes.
    pub lengths: Vec<usize>,
    pub bytes: Vec<u8>,
    pub taken: usize,
    pub queued_max: usize,
    pub reader_takes: usize,
    pub is_connected: bool,
}

impl Datagrams {
    pub fn connected(queued_max: usize, reader_takes: usize) -> Datagrams {
        Datagrams {
            lengths: Vec::new(),
            bytes: Vec::new(),
            taken: 0,
            queued_max,
            reader_takes,
            is_connected: true,
        }
    }

    pub fn put(&mut self, bytes: &[u8], blocking: bool) -> Result<usize, Errno> {
        if !self.is_connected {
            return Err(Errno::EDESTADDRREQ);
        }
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(Errno::EMSGSIZE);
        }
        if self.lengths.len() - self.taken >= self.queued_max {
            if !blocking {
                return Err(Errno::EAGAIN);
            }
            assert!(self.reader_takes > 0, "a send sleeps for ever: nobody receives");
            self.taken = self.lengths.len();
        }
        self.lengths.push(bytes.len());
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

/// One page of a pipe.
#[derive(Debug, Clone, Copy)]
struct Slot {
    begin: usize,
    end: usize,
    /// A later write may go on in this page; pages that were spliced in belong to a file.
    is_own: bool,
}

/// A pipe: not a number of bytes but of pages, which need not be full.
#[derive(Debug)]
pub struct Pipe {
    slots: VecDeque<Slot>,
    pub slots_max: usize,
    /// Everything that was ever accepted, in its order.
    pub accepted: Vec<u8>,
    pub taken: usize,
    pub reader_takes: usize,
    pub is_reader_open: bool,
}

impl Pipe {
    pub fn new(reader_takes: usize) -> Pipe {
        Pipe {
            slots: VecDeque::new(),
            slots_max: 16,
            accepted: Vec::new(),
            taken: 0,
            reader_takes,
            is_reader_open: true,
        }
    }

    fn is_full(&self) -> bool {
        self.slots.len() >= self.slots_max
    }

    fn take(&mut self, count: usize) {
        let mut left = count.min(self.accepted.len() - self.taken);
        self.taken += left;
        // Ends: each turn takes a whole page or the rest.
        while left > 0 {
            let slot = self.slots.front_mut().expect("what was not taken is in a page");
            let piece = left.min(slot.end - slot.begin);
            slot.begin += piece;
            left -= piece;
            if slot.begin == slot.end {
                self.slots.pop_front();
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8], blocking: bool) -> Result<usize, Errno> {
        if !self.is_reader_open {
            return Err(Errno::EPIPE);
        }
        let mut put = 0;
        // What does not fill a page goes on in the last one, if all of it fits there.
        let rest = bytes.len() % PAGE_BYTES;
        if let Some(last) = self.slots.back_mut() {
            if rest > 0 && last.is_own && last.end + rest <= PAGE_BYTES {
                last.end += rest;
                self.accepted.extend_from_slice(&bytes[..rest]);
                put = rest;
            }
        }
        // Ends: each turn puts bytes or leaves, or panics where nobody reads.
        while put < bytes.len() {
            if self.is_full() {
                if !blocking {
                    return if put > 0 { Ok(put) } else { Err(Errno::EAGAIN) };
                }
                self.let_reader_take();
                continue;
            }
            let piece = PAGE_BYTES.min(bytes.len() - put);
            self.slots.push_back(Slot { begin: 0, end: piece, is_own: true });
            self.accepted.extend_from_slice(&bytes[put..put + piece]);
            put += piece;
        }
        Ok(put)
    }

    /// How many bytes of a file from `offset` on fit, a page of the file in a page of the pipe.
    pub fn room_for_pages(&mut self, blocking: bool, offset: u64) -> Result<usize, Errno> {
        if !self.is_reader_open {
            return Err(Errno::EPIPE);
        }
        // Ends: the reader takes something each time.
        while self.is_full() {
            if !blocking {
                return Err(Errno::EAGAIN);
            }
            self.let_reader_take();
        }
        let in_first_page = (offset % PAGE_BYTES as u64) as usize;
        Ok((self.slots_max - self.slots.len()) * PAGE_BYTES - in_first_page)
    }

    /// Takes pages of a file as they are. There must be room for them.
    pub fn splice(&mut self, bytes: &[u8], offset: u64) -> usize {
        let mut begin = (offset % PAGE_BYTES as u64) as usize;
        let mut left = bytes.len();
        while left > 0 {
            let piece = left.min(PAGE_BYTES - begin);
            self.slots.push_back(Slot { begin, end: begin + piece, is_own: false });
            left -= piece;
            begin = 0;
        }
        assert!(self.slots.len() <= self.slots_max, "there was room");
        self.accepted.extend_from_slice(bytes);
        bytes.len()
    }

    fn let_reader_take(&mut self) {
        assert!(self.reader_takes > 0, "a call sleeps for ever: nobody reads the pipe");
        self.take(self.reader_takes);
    }
}

impl Object {
    pub fn size(&self) -> u64 {
        match self {
            Object::File(file) => file.size(),
            _ => 0,
        }
    }

    /// Truncates a file, or lets it grow by its pattern.
    pub fn resize(&mut self, size: u64) {
        let Object::File(file) = self else { panic!("only files have a size") };
        let size = usize::try_from(size).expect("files with data are small");
        file.bytes.truncate(size);
        let begin = file.bytes.len();
        file.bytes.extend(pattern(begin, size - begin));
    }

    /// The reader takes up to `count` bytes, or of a datagram socket one datagram.
    pub fn drain(&mut self, count: usize) {
        match self {
            Object::Stream(stream) => {
                stream.taken += count.min(stream.accepted.len() - stream.taken);
            }
            Object::Datagrams(socket) => {
                socket.taken += usize::from(socket.taken < socket.lengths.len());
            }
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

    /// Lets the reader take until a poll for writing returns.
    pub fn wait_for_room(&mut self) {
        match self {
            Object::Stream(stream) => {
                while stream.is_reader_open && stream.room() == 0 {
                    assert!(stream.reader_takes > 0, "a poll sleeps for ever: nobody reads");
                    stream.taken += stream.reader_takes.min(stream.accepted.len() - stream.taken);
                }
            }
            Object::Datagrams(socket) => socket.taken = socket.lengths.len(),
            Object::Pipe(pipe) => {
                while pipe.is_reader_open && pipe.is_full() {
                    pipe.let_reader_take();
                }
            }
            Object::File(_) | Object::Null(_) => {}
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
}
