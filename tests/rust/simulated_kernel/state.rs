//! The tables of the simulated kernel, and what a whim does to them.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, Side};

use super::objects::Object;
use super::patience::Patience;
use super::whim::Whim;

/// How a descriptor was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    pub readable: bool,
    pub writable: bool,
    pub append: bool,
    pub blocking: bool,
    /// `O_DIRECT`: offsets and counts in whole sectors.
    pub direct: bool,
}

impl Mode {
    pub const READ: Mode =
        Mode { readable: true, writable: false, append: false, blocking: true, direct: false };
    pub const WRITE: Mode = Mode { readable: false, writable: true, ..Mode::READ };
    pub const BOTH: Mode = Mode { writable: true, ..Mode::READ };

    pub fn appending(self) -> Mode {
        Mode { append: true, ..self }
    }

    pub fn non_blocking(self) -> Mode {
        Mode { blocking: false, ..self }
    }

    pub fn blocking_if(self, blocking: bool) -> Mode {
        Mode { blocking, ..self }
    }
}

/// The calls that are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Sendfile,
    Splice,
    CopyFileRange,
    Pread,
    Read,
    Receive,
    Peek,
    Pwrite,
    Write,
    Writev,
    Send,
    Sendmsg,
    Map,
    WriteMapped,
    OpenDirect,
    DirectBytes,
    FileStatus,
    StatusFlags,
    SocketKind,
    NoDelay,
    SetNoDelay,
    ShutdownWrite,
    SetResetOnClose,
    SendTimeout,
    SetSendTimeout,
    Position,
    SetPosition,
    Extent,
    IsInMemory,
    StoredPages,
    BlockBytes,
    PunchHole,
    SetSize,
    IsCached,
    ReadAhead,
    WillNeed,
    Poll,
    Pipe,
    SetPipeSize,
    MemoryFile,
    Close,
}

/// One call, its arguments and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub name: Name,
    /// The descriptor, where there are two the target; `None` for the calls that make one.
    pub fd: Option<Fd>,
    /// The source where there are two descriptors.
    pub source: Option<Fd>,
    /// Of the source where there are two; 0 where the call has none.
    pub offset: u64,
    /// How many bytes were asked for; 0 where the call has no count.
    pub count: u64,
    /// What was returned: a count, for fstat the size, for poll the bits, for a file in memory its
    /// descriptor, for the others 0.
    pub answer: Result<u64, Errno>,
}

#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    pub object: usize,
    /// Of a socket with both directions the stream that is written to; `object` is what it reads.
    pub outgoing: Option<usize>,
    pub mode: Mode,
    pub position: usize,
}

impl Descriptor {
    /// The descriptor as what is written to.
    pub fn output(self) -> Descriptor {
        Descriptor { object: self.outgoing.unwrap_or(self.object), ..self }
    }
}

#[derive(Debug, Default)]
pub struct State {
    pub objects: Vec<RefCell<Object>>,
    pub descriptors: BTreeMap<i32, Descriptor>,
    pub whims: VecDeque<Whim>,
    pub records: Vec<Record>,
    /// The file that whims truncate and grow, with its smallest size until now.
    pub restless: Option<(usize, u64)>,
    /// The object whose writer sends by whim.
    pub written_to: Option<usize>,
    /// The object whose reader drains and closes by whim.
    pub read_from: Option<usize>,
    /// What every call of a name is answered, as by a seccomp filter.
    pub refusals: BTreeMap<Name, Errno>,
    /// The calls that meet no whim.
    pub spared: BTreeSet<Name>,
    /// How often the answer was EAGAIN since anything else came of a call.
    pub refused_in_a_row: usize,
    pub clock_ns: u64,
    /// Who makes more calls than this makes them for ever.
    pub calls_max: Option<usize>,
    /// How many pages a pipe of `pipe` has, and to how many it may grow.
    pub pipe_slots: PipeSlots,
}

/// What the user's budget leaves for a pipe.
#[derive(Debug, Clone, Copy)]
pub struct PipeSlots {
    pub at_first: usize,
    pub at_most: usize,
}

impl Default for PipeSlots {
    fn default() -> PipeSlots {
        PipeSlots { at_first: super::pipes::SLOTS, at_most: 256 }
    }
}

impl State {
    pub fn add(&mut self, object: Object, mode: Mode) -> Fd {
        self.objects.push(RefCell::new(object));
        self.open(self.objects.len() - 1, mode)
    }

    pub fn open(&mut self, object: usize, mode: Mode) -> Fd {
        self.open_both(object, None, mode)
    }

    pub fn open_both(&mut self, object: usize, outgoing: Option<usize>, mode: Mode) -> Fd {
        // The lowest free number, as POSIX wants it, but above those of the standard streams.
        let free = (3..).find(|number| !self.descriptors.contains_key(number));
        let number = free.expect("there are not 2^31 descriptors");
        self.descriptors.insert(number, Descriptor { object, outgoing, mode, position: 0 });
        Fd::new(number).expect("the number is positive")
    }

    pub fn close(&mut self, fd: Fd) {
        let closed = self.descriptors.remove(&fd.number());
        let closed = closed.expect("only open descriptors are closed");
        if let Some(outgoing) = closed.outgoing {
            return self.close_socket(closed.object, outgoing);
        }
        let Descriptor { object, .. } = closed;
        let is_still = |by: fn(&Mode) -> bool| {
            self.descriptors.values().any(|it| it.object == object && by(&it.mode))
        };
        if !is_still(|mode| mode.readable) {
            self.object(object).close_reader();
        }
        if !is_still(|mode| mode.writable) {
            self.object(object).close_writer();
        }
    }

    /// How many bytes the call may move at most, or the error that it meets.
    pub fn next_whim(&mut self, is_shrinkable: bool) -> Result<usize, Errno> {
        match self.whims.pop_front() {
            None | Some(Whim::Behave) => {}
            Some(Whim::TruncateSource { .. }) if !is_shrinkable => {}
            Some(Whim::Short(most)) => return Ok(most),
            Some(Whim::Fail(errno)) => return Err(errno),
            Some(Whim::TruncateSource { size_permille }) => {
                if let Some((file, smallest)) = self.restless {
                    let size = self.object(file).size() * size_permille / 1000;
                    self.object(file).resize(size);
                    self.restless = Some((file, smallest.min(size)));
                }
            }
            Some(Whim::GrowSource(bytes)) => {
                if let Some((file, _)) = self.restless {
                    let size = self.object(file).size() + bytes;
                    self.object(file).resize(size);
                }
            }
            Some(Whim::WriterFeeds) => {
                if let Some(object) = self.written_to {
                    self.object(object).let_peer_act(Side::Source);
                }
            }
            Some(Whim::ReaderDrains(bytes)) => {
                if let Some(object) = self.read_from {
                    self.object(object).drain(bytes);
                }
            }
            Some(Whim::ReaderCloses) => {
                if let Some(object) = self.read_from {
                    self.object(object).close_reader();
                }
            }
        }
        Ok(usize::MAX)
    }

    pub fn object(&self, index: usize) -> RefMut<'_, Object> {
        self.objects[index].borrow_mut()
    }

    pub fn descriptor(&self, fd: Fd) -> Result<Descriptor, Errno> {
        self.descriptors.get(&fd.number()).copied().ok_or(Errno::EBADF)
    }

    /// What `fd` refers to.
    pub fn behind(&self, fd: Fd) -> Result<RefMut<'_, Object>, Errno> {
        self.descriptor(fd).map(|it| self.object(it.object))
    }

    /// What is written to through `fd`.
    pub fn beyond(&self, fd: Fd) -> Result<RefMut<'_, Object>, Errno> {
        self.descriptor(fd).map(|it| self.object(it.output().object))
    }

    /// What the `side` of a transfer with `fd` is about.
    fn beside(&self, fd: Fd, side: Side) -> Result<RefMut<'_, Object>, Errno> {
        if side == Side::Source { self.behind(fd) } else { self.beyond(fd) }
    }

    pub fn readable(&self, fd: Fd) -> Result<Descriptor, Errno> {
        let descriptor = self.descriptor(fd)?;
        let is_socket = self.object(descriptor.object).is_socket();
        assert!(descriptor.mode.readable || !is_socket, "only one direction is simulated");
        if descriptor.mode.readable { Ok(descriptor) } else { Err(Errno::EBADF) }
    }

    pub fn writable(&self, fd: Fd) -> Result<Descriptor, Errno> {
        let descriptor = self.descriptor(fd)?.output();
        let is_socket = self.object(descriptor.object).is_socket();
        assert!(descriptor.mode.writable || !is_socket, "only one direction is simulated");
        if descriptor.mode.writable { Ok(descriptor) } else { Err(Errno::EBADF) }
    }

    pub fn set_position(&mut self, fd: Fd, position: usize) {
        let descriptor = self.descriptors.get_mut(&fd.number());
        descriptor.expect("the descriptor was looked at before").position = position;
    }

    /// Time passes while a call sleeps.
    pub fn slept(&mut self, patience: &Patience) {
        self.clock_ns += patience.slept_ns();
    }

    pub fn poll(&mut self, waits: &[(Fd, Side)], limit_ns: Option<u64>) -> u32 {
        let mut patience = Patience::limited(limit_ns);
        // Ends: the peers act until they have nothing more to do, and then the rest of the limit
        // passes at once, or it panics where there is none.
        let ready = loop {
            let ready = self.ready_sides(waits);
            if ready != 0 || patience.is_over() {
                break ready;
            }
            let mut any_acts = false;
            for (fd, side) in waits {
                // A descriptor that is not open is ready, so all of them are open here.
                any_acts |= self.beside(*fd, *side).is_ok_and(|mut it| it.let_peer_act(*side));
            }
            patience.sleep(any_acts);
        };
        self.slept(&patience);
        ready
    }

    /// poll(2) does not fail for a descriptor that is not open: it says POLLNVAL.
    fn ready_sides(&self, waits: &[(Fd, Side)]) -> u32 {
        waits.iter().enumerate().fold(0, |ready, (index, (fd, side))| {
            let is_ready = self.beside(*fd, *side).map_or(true, |object| object.is_ready(*side));
            ready | (u32::from(is_ready) << index)
        })
    }
}
