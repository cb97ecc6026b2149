//! A kernel in memory, for the tests of everything above [`Kernel`].
//!
//! It has files, streams, datagram sockets and pipes, and answers as Linux does; `simulation.rs`
//! holds it against the running Linux. On top of that each call may meet one [`Whim`] of a schedule:
//! a short count, any error, a source that shrinks or grows, a reader that drains or goes away. All
//! calls are recorded, so that a test can say what was asked and not only what came of it.
//!
//! A call that would sleep lets the reader of the other end drain. Where the reader does not drain
//! by itself it would sleep for ever, and the simulation panics.
#![allow(dead_code, unused_imports, reason = "each test crate uses its part of the simulation")]

mod objects;
mod whim;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::mem::MaybeUninit;

use nix::errno::Errno;
pub use objects::{DATAGRAM_BYTES_MAX, Datagrams, File, Object, Pipe, Stream, pattern};
pub use whim::{Whim, refusals, schedules};
use zerocopy_nio::kernel::{Fd, FileKind, FileStatus, Kernel, Side, SocketKind};

/// `MAX_RW_COUNT` of Linux: what a single call moves at most.
const CALL_BYTES_MAX: usize = 0x7fff_f000;

/// Far more than a schedule of whims can bring about.
const REFUSED_IN_A_ROW_MAX: usize = 1000;

/// How a descriptor was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    pub readable: bool,
    pub writable: bool,
    pub append: bool,
    pub blocking: bool,
}

impl Mode {
    pub const READ: Mode = Mode { readable: true, writable: false, append: false, blocking: true };
    pub const WRITE: Mode = Mode { readable: false, writable: true, append: false, blocking: true };
    pub const BOTH: Mode = Mode { readable: true, writable: true, append: false, blocking: true };

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Sendfile,
    Pread,
    Pwrite,
    Write,
    Send,
    FileStatus,
    SocketKind,
    Position,
    SetPosition,
    Poll,
    Pipe,
    MemoryFile,
    Close,
}

/// One call, its arguments and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub name: Name,
    /// The descriptor, for sendfile the target; `None` for the calls that make one.
    pub fd: Option<Fd>,
    /// The source of a sendfile.
    pub source: Option<Fd>,
    /// 0 where the call has none.
    pub offset: u64,
    /// How many bytes were asked for; 0 where the call has no count.
    pub count: u64,
    /// The count that was returned, for fstat the size, for the others 0.
    pub answer: Result<u64, Errno>,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    object: usize,
    mode: Mode,
    position: usize,
}

#[derive(Debug, Default)]
struct State {
    objects: Vec<Object>,
    descriptors: BTreeMap<i32, Descriptor>,
    whims: VecDeque<Whim>,
    records: Vec<Record>,
    /// The file that whims truncate and grow, with its smallest size until now.
    restless: Option<(usize, u64)>,
    /// How often the answer was EAGAIN since anything else came of a call.
    refused_in_a_row: usize,
    /// The object whose reader drains and closes by whim.
    read_from: Option<usize>,
}

/// The simulated kernel.
#[derive(Debug, Default)]
pub struct SimulatedKernel {
    state: RefCell<State>,
    /// What every sendfile(2) of the process is answered, as by a seccomp filter.
    sendfile_refusal: Cell<Option<Errno>>,
    /// What every memfd_create(2) of the process is answered.
    memory_file_refusal: Cell<Option<Errno>>,
}

impl SimulatedKernel {
    pub fn new() -> SimulatedKernel {
        SimulatedKernel::default()
    }

    pub fn add(&self, object: Object, mode: Mode) -> Fd {
        let mut state = self.state.borrow_mut();
        state.objects.push(object);
        let object = state.objects.len() - 1;
        state.open(object, mode)
    }

    /// Another descriptor of what `fd` refers to, as by opening it again.
    pub fn open_again(&self, fd: Fd, mode: Mode) -> Fd {
        let mut state = self.state.borrow_mut();
        let object = state.descriptors[&fd.number()].object;
        state.open(object, mode)
    }

    /// The calls from now on meet these whims, one each.
    pub fn set_whims(&self, whims: &[Whim]) {
        self.state.borrow_mut().whims = whims.iter().copied().collect();
    }

    pub fn whims_left(&self) -> usize {
        self.state.borrow().whims.len()
    }

    pub fn refuse_sendfile(&self, errno: Option<Errno>) {
        self.sendfile_refusal.set(errno);
    }

    pub fn refuse_memory_files(&self, errno: Option<Errno>) {
        self.memory_file_refusal.set(errno);
    }

    /// Whims truncate and grow the file `source`, and move the reader at the other end of `target`.
    pub fn expose(&self, source: Fd, target: Fd) {
        let mut state = self.state.borrow_mut();
        let file = state.descriptors[&source.number()].object;
        let size = state.objects[file].size();
        state.restless = Some((file, size));
        state.read_from = Some(state.descriptors[&target.number()].object);
    }

    /// The smallest size that the exposed source has had.
    pub fn smallest_source(&self) -> u64 {
        self.state.borrow().restless.expect("a source is exposed").1
    }

    pub fn records(&self) -> Vec<Record> {
        self.state.borrow().records.clone()
    }

    /// Looks at the calls from the `from`th on.
    pub fn with_records<T>(&self, from: usize, look: impl FnOnce(&[Record]) -> T) -> T {
        look(&self.state.borrow().records[from..])
    }

    pub fn record_count(&self) -> usize {
        self.state.borrow().records.len()
    }

    pub fn open_descriptors(&self) -> usize {
        self.state.borrow().descriptors.len()
    }

    /// Looks at, or changes, what `fd` refers to.
    pub fn with_object<T>(&self, fd: Fd, act: impl FnOnce(&mut Object) -> T) -> T {
        let mut state = self.state.borrow_mut();
        let object = state.descriptors[&fd.number()].object;
        act(&mut state.objects[object])
    }

    fn call(
        &self,
        name: Name,
        (fd, source): (Option<Fd>, Option<Fd>),
        (offset, count): (u64, u64),
        act: impl FnOnce(&mut State, usize) -> Result<u64, Errno>,
    ) -> Result<u64, Errno> {
        let mut state = self.state.borrow_mut();
        let answer = match state.next_whim() {
            Err(errno) => Err(errno),
            Ok(most) => act(&mut state, most),
        };
        state.records.push(Record { name, fd, source, offset, count, answer });
        state.refused_in_a_row =
            if answer == Err(Errno::EAGAIN) { state.refused_in_a_row + 1 } else { 0 };
        assert!(state.refused_in_a_row < REFUSED_IN_A_ROW_MAX, "somebody spins on {name:?}");
        answer
    }
}

impl State {
    fn open(&mut self, object: usize, mode: Mode) -> Fd {
        // The lowest free number, as POSIX wants it, but above those of the standard streams.
        let free = (3..).find(|number| !self.descriptors.contains_key(number));
        let number = free.expect("there are not 2^31 descriptors");
        self.descriptors.insert(number, Descriptor { object, mode, position: 0 });
        Fd::new(number).expect("the number is positive")
    }

    /// How many bytes the call may move at most, or the error that it meets.
    fn next_whim(&mut self) -> Result<usize, Errno> {
        match self.whims.pop_front() {
            None | Some(Whim::Behave) => {}
            Some(Whim::Short(most)) => return Ok(most),
            Some(Whim::Fail(errno)) => return Err(errno),
            Some(Whim::TruncateSource { size_permille }) => {
                if let Some((file, smallest)) = self.restless {
                    let size = self.objects[file].size() * size_permille / 1000;
                    self.objects[file].resize(size);
                    self.restless = Some((file, smallest.min(size)));
                }
            }
            Some(Whim::GrowSource(bytes)) => {
                if let Some((file, _)) = self.restless {
                    let size = self.objects[file].size() + bytes;
                    self.objects[file].resize(size);
                }
            }
            Some(Whim::ReaderDrains(bytes)) => {
                if let Some(object) = self.read_from {
                    self.objects[object].drain(bytes);
                }
            }
            Some(Whim::ReaderCloses) => {
                if let Some(object) = self.read_from {
                    self.objects[object].close_reader();
                }
            }
        }
        Ok(usize::MAX)
    }

    fn descriptor(&self, fd: Fd) -> Result<Descriptor, Errno> {
        self.descriptors.get(&fd.number()).copied().ok_or(Errno::EBADF)
    }

    fn writable(&self, fd: Fd) -> Result<Descriptor, Errno> {
        self.descriptor(fd).and_then(|it| if it.mode.writable { Ok(it) } else { Err(Errno::EBADF) })
    }

    /// The file behind `fd` and whether `count` bytes can be read from it at `offset`.
    fn source(&self, fd: Fd, offset: u64, count: usize) -> Result<&File, Errno> {
        let descriptor = self.descriptor(fd)?;
        let Object::File(file) = &self.objects[descriptor.object] else {
            return Err(Errno::ESPIPE);
        };
        if !descriptor.mode.readable {
            return Err(Errno::EBADF);
        }
        let end = i64::try_from(count).ok().and_then(|count| count.checked_add_unsigned(offset));
        end.map(|_| file).ok_or(Errno::EINVAL)
    }

    /// Writes at the position of the descriptor, or wherever the target puts the bytes.
    fn put(&mut self, fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        let Descriptor { object, mode, position } = self.writable(fd)?;
        match &mut self.objects[object] {
            Object::File(file) => {
                let at = if mode.append { file.bytes.len() } else { position };
                file.put(at, bytes);
                let descriptor = self.descriptors.get_mut(&fd.number()).ok_or(Errno::EBADF)?;
                descriptor.position = at + bytes.len();
                Ok(bytes.len())
            }
            Object::Null(taken) => {
                *taken += bytes.len() as u64;
                Ok(bytes.len())
            }
            Object::Stream(stream) => stream.put(bytes, mode.blocking),
            Object::Datagrams(socket) => socket.put(bytes, mode.blocking),
            Object::Pipe(pipe) => pipe.write(bytes, mode.blocking),
        }
    }

    fn sendfile(
        &mut self,
        target: Fd,
        source: Fd,
        offset: u64,
        count: usize,
    ) -> Result<usize, Errno> {
        if i64::try_from(offset).is_err() {
            return Err(Errno::EOVERFLOW);
        }
        if !self.descriptor(source)?.mode.readable {
            return Err(Errno::EBADF);
        }
        self.source(source, offset, count)?;
        let count = count.min(CALL_BYTES_MAX);
        let Descriptor { object, mode, .. } = self.writable(target)?;
        let wanted = {
            let file = self.source(source, offset, count)?;
            if !file.can_be_spliced || mode.append {
                return Err(Errno::EINVAL);
            }
            count.min(usize::try_from(file.size().saturating_sub(offset)).expect("64 bit"))
        };
        let pieces = match &mut self.objects[object] {
            Object::Pipe(pipe) => pipe.room_for_pages(mode.blocking, offset)?,
            Object::Null(taken) => {
                *taken += wanted as u64;
                return Ok(wanted);
            }
            Object::Datagrams(_) => panic!("sendfile cuts datagrams as it likes: never use it"),
            Object::File(_) | Object::Stream(_) => usize::MAX,
        };
        if wanted == 0 {
            return Ok(0);
        }
        let bytes = self.source(source, offset, count)?.get(offset, wanted.min(pieces));
        match &mut self.objects[object] {
            Object::Pipe(pipe) => Ok(pipe.splice(&bytes, offset)),
            _ => self.put(target, &bytes),
        }
    }
}

impl Kernel for SimulatedKernel {
    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        let refusal = self.sendfile_refusal.get();
        let fds = (Some(target), Some(source));
        let moved =
            self.call(Name::Sendfile, fds, (offset, count as u64), |state, most| match refusal {
                Some(errno) => Err(errno),
                None => state.sendfile(target, source, offset, count.min(most)).map(|it| it as u64),
            })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    fn pread<'b>(
        &self,
        source: Fd,
        buffer: &'b mut [MaybeUninit<u8>],
        offset: u64,
    ) -> Result<&'b [u8], Errno> {
        let asked = (offset, buffer.len() as u64);
        let count = self.call(Name::Pread, (Some(source), None), asked, |state, most| {
            if i64::try_from(offset).is_err() {
                return Err(Errno::EOVERFLOW);
            }
            let file = state.source(source, offset, buffer.len())?;
            let bytes = file.get(offset, buffer.len().min(most));
            let place = &mut buffer[..bytes.len()];
            // SAFETY: both are of this length and apart, and u8 is written over uninitialized u8.
            #[allow(unsafe_code)]
            unsafe {
                std::ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    place.as_mut_ptr().cast(),
                    bytes.len(),
                );
            }
            Ok(bytes.len() as u64)
        })?;
        let filled = &buffer[..usize::try_from(count).expect("it was a usize")];
        // SAFETY: the first `count` bytes were written above.
        #[allow(unsafe_code)]
        Ok(unsafe { std::slice::from_raw_parts(filled.as_ptr().cast(), filled.len()) })
    }

    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let asked = (offset, bytes.len() as u64);
        let moved = self.call(Name::Pwrite, (Some(target), None), asked, |state, most| {
            let at = i64::try_from(offset).map_err(|_| Errno::EOVERFLOW)?;
            let bytes = &bytes[..bytes.len().min(most)];
            let Descriptor { object, mode, .. } = state.descriptor(target)?;
            let Object::File(file) = &mut state.objects[object] else {
                return Err(Errno::ESPIPE);
            };
            if !mode.writable {
                return Err(Errno::EBADF);
            }
            at.checked_add_unsigned(bytes.len() as u64).ok_or(Errno::EINVAL)?;
            // Linux appends whatever the offset says; see BUGS in pwrite(2).
            let at = if mode.append { file.bytes.len() } else { offset as usize };
            file.put(at, bytes);
            Ok(bytes.len() as u64)
        })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        let asked = (0, bytes.len() as u64);
        let moved = self.call(Name::Write, (Some(target), None), asked, |state, most| {
            let most = state.shortest_write(target, bytes.len(), most);
            state.put(target, &bytes[..most]).map(|it| it as u64)
        })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    fn send(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        let asked = (0, bytes.len() as u64);
        let moved = self.call(Name::Send, (Some(target), None), asked, |state, most| {
            let object = state.descriptor(target)?.object;
            if !matches!(state.objects[object], Object::Stream(_) | Object::Datagrams(_)) {
                return Err(Errno::ENOTSOCK);
            }
            let most = state.shortest_write(target, bytes.len(), most);
            state.put(target, &bytes[..most]).map(|it| it as u64)
        })?;
        Ok(usize::try_from(moved).expect("it was a usize"))
    }

    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        let size = self.call(Name::FileStatus, (Some(fd), None), (0, 0), |state, _| {
            let object = state.descriptor(fd)?.object;
            Ok(match &state.objects[object] {
                Object::File(file) if file.knows_its_size => file.size(),
                _ => 0,
            })
        })?;
        let kind = self.with_object(fd, |object| match object {
            Object::File(_) => FileKind::Regular,
            Object::Pipe(_) => FileKind::Pipe,
            Object::Stream(_) | Object::Datagrams(_) => FileKind::Socket,
            Object::Null(_) => FileKind::Other,
        });
        Ok(FileStatus { kind, size })
    }

    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno> {
        self.call(Name::SocketKind, (Some(fd), None), (0, 0), |state, _| {
            let object = state.descriptor(fd)?.object;
            match state.objects[object] {
                Object::Stream(_) | Object::Datagrams(_) => Ok(0),
                _ => Err(Errno::ENOTSOCK),
            }
        })?;
        Ok(self.with_object(fd, |object| match object {
            Object::Stream(Stream { unix_send_buffer_bytes: Some(bytes), .. }) => {
                SocketKind::UnixStream { send_buffer_bytes: *bytes }
            }
            Object::Stream(_) => SocketKind::Stream,
            _ => SocketKind::Datagram,
        }))
    }

    fn position(&self, fd: Fd) -> Result<u64, Errno> {
        self.call(Name::Position, (Some(fd), None), (0, 0), |state, _| {
            let descriptor = state.descriptor(fd)?;
            match state.objects[descriptor.object] {
                Object::File(_) | Object::Null(_) => Ok(descriptor.position as u64),
                _ => Err(Errno::ESPIPE),
            }
        })
    }

    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno> {
        let answer = self.call(Name::SetPosition, (Some(fd), None), (position, 0), |state, _| {
            i64::try_from(position).map_err(|_| Errno::EOVERFLOW)?;
            let object = state.descriptor(fd)?.object;
            if !matches!(state.objects[object], Object::File(_) | Object::Null(_)) {
                return Err(Errno::ESPIPE);
            }
            let descriptor = state.descriptors.get_mut(&fd.number()).ok_or(Errno::EBADF)?;
            descriptor.position = position as usize;
            Ok(0)
        });
        answer.map(drop)
    }

    fn wait_until_ready(&self, fd: Fd, side: Side) -> Result<(), Errno> {
        let answer = self.call(Name::Poll, (Some(fd), None), (0, 0), |state, _| {
            // poll(2) does not fail for a descriptor that is not open: it says POLLNVAL.
            if let (Ok(descriptor), Side::Target) = (state.descriptor(fd), side) {
                state.objects[descriptor.object].wait_for_room();
            }
            Ok(0)
        });
        answer.map(drop)
    }

    fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        self.call(Name::Pipe, (None, None), (0, 0), |_, _| Ok(0))?;
        let read_end = self.add(Object::Pipe(Pipe::new(0)), Mode::READ.non_blocking());
        Ok((read_end, self.open_again(read_end, Mode::WRITE.non_blocking())))
    }

    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno> {
        let refusal = self.memory_file_refusal.get();
        self.call(Name::MemoryFile, (None, None), (0, content.len() as u64), |_, _| {
            refusal.map_or(Ok(0), Err)
        })?;
        let file = File { bytes: content.to_vec(), ..File::pattern(0) };
        Ok(self.add(Object::File(file), Mode::BOTH))
    }

    fn close(&self, fd: Fd) {
        let mut state = self.state.borrow_mut();
        let closed = state.descriptors.remove(&fd.number());
        let Descriptor { object, .. } = closed.expect("only open descriptors are closed");
        let has_reader =
            state.descriptors.values().any(|it| it.object == object && it.mode.readable);
        if !has_reader {
            state.objects[object].close_reader();
        }
        let answer = Ok(0);
        state.records.push(Record {
            name: Name::Close,
            fd: Some(fd),
            source: None,
            offset: 0,
            count: 0,
            answer,
        });
    }
}

impl State {
    /// A whim can cut a write short, but not a datagram.
    fn shortest_write(&self, target: Fd, asked: usize, most: usize) -> usize {
        let object = self.descriptor(target).map(|it| &self.objects[it.object]);
        if matches!(object, Ok(Object::Datagrams(_))) { asked } else { asked.min(most) }
    }
}
