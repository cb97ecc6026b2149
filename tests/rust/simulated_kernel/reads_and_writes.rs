//! The calls that move bytes between a descriptor and memory.

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, SendFlags};

use super::moves::is_unaligned;
use super::objects::Object;
use super::patience::Patience;
use super::state::{Descriptor, State};
use super::streams::HeldBack;
use super::{PAGE_BYTES, file_offset};

impl State {
    /// Whether `count` bytes of the file `fd` can be read at `offset`.
    pub fn check_source(&self, fd: Fd, offset: u64, count: usize) -> Result<(), Errno> {
        let descriptor = self.descriptor(fd)?;
        if !matches!(*self.object(descriptor.object), Object::File(_)) {
            return Err(Errno::ESPIPE);
        }
        if !descriptor.mode.readable {
            return Err(Errno::EBADF);
        }
        let end = i64::try_from(count).ok().and_then(|count| count.checked_add_unsigned(offset));
        end.map(drop).ok_or(Errno::EINVAL)
    }

    pub fn pread(
        &self,
        source: Fd,
        offset: u64,
        count: usize,
        most: usize,
    ) -> Result<Vec<u8>, Errno> {
        file_offset(offset)?;
        self.check_source(source, offset, count)?;
        let descriptor = self.descriptor(source)?;
        let object = self.object(descriptor.object);
        let Object::File(file) = &*object else { unreachable!("it is a file") };
        if is_unaligned(descriptor, offset, count) {
            return Err(Errno::EINVAL);
        }
        Ok(file.get(offset, count.min(most)))
    }

    pub fn read(&mut self, source: Fd, count: usize, most: usize) -> Result<Vec<u8>, Errno> {
        let descriptor = self.readable(source)?;
        let position = descriptor.position as u64;
        if matches!(*self.object(descriptor.object), Object::File(_)) {
            let bytes = self.pread(source, position, count, most)?;
            self.set_position(source, descriptor.position + bytes.len());
            return Ok(bytes);
        }
        self.take(descriptor, count.min(most), descriptor.mode.blocking)
    }

    pub fn receive(
        &mut self,
        source: Fd,
        count: usize,
        non_blocking: bool,
    ) -> Result<Vec<u8>, Errno> {
        if !self.behind(source)?.is_socket() {
            return Err(Errno::ENOTSOCK);
        }
        let descriptor = self.readable(source)?;
        self.take(descriptor, count, descriptor.mode.blocking && !non_blocking)
    }

    pub fn peek(&mut self, source: Fd) -> Result<usize, Errno> {
        let descriptor = self.readable(source)?;
        match &mut *self.object(descriptor.object) {
            Object::Stream(stream) => {
                stream.wait_for_bytes(&mut Patience::blocking_if(false)).map(usize::from)
            }
            _ => Err(Errno::ENOTSOCK),
        }
    }

    /// Takes what a pipe or socket has.
    fn take(
        &mut self,
        descriptor: Descriptor,
        count: usize,
        may_sleep: bool,
    ) -> Result<Vec<u8>, Errno> {
        let mut patience = Patience::blocking_if(may_sleep);
        let bytes = match &mut *self.object(descriptor.object) {
            Object::Stream(stream) => stream.read(count, &mut patience),
            Object::Datagrams(socket) => socket.read(count, &mut patience),
            Object::Pipe(_) if count == 0 => Ok(Vec::new()),
            Object::Pipe(pipe) => pipe.read(count, &mut patience),
            Object::File(_) | Object::Null(_) => Ok(Vec::new()),
        };
        self.slept(&patience);
        bytes
    }

    /// Writes at the position of the descriptor, or wherever the target puts the bytes.
    pub fn put(
        &mut self,
        fd: Fd,
        bytes: &[u8],
        blocking: bool,
        held_back: HeldBack,
    ) -> Result<usize, Errno> {
        let descriptor = self.writable(fd)?;
        self.meet_reset(fd)?;
        let mut patience = Patience::blocking_if(blocking);
        let mut end = None;
        let put = match &mut *self.object(descriptor.object) {
            Object::File(file) => {
                let append = descriptor.mode.append;
                let at = if append { file.bytes.len() } else { descriptor.position };
                if is_unaligned(descriptor, at as u64, bytes.len()) {
                    return Err(Errno::EINVAL);
                }
                file.put(at, bytes);
                end = Some(at + bytes.len());
                Ok(bytes.len())
            }
            Object::Null(taken) => {
                *taken += bytes.len() as u64;
                Ok(bytes.len())
            }
            Object::Stream(stream) => {
                patience = stream.send_patience(blocking);
                stream.put(bytes, &mut patience, held_back)
            }
            Object::Datagrams(socket) => socket.put(bytes, &mut patience),
            Object::Pipe(pipe) => pipe.write(bytes, &mut patience),
        };
        if let Some(end) = end {
            self.set_position(fd, end);
        }
        self.slept(&patience);
        put
    }

    /// Writes a file at an offset; where else, as `put`.
    pub fn put_at(
        &mut self,
        descriptor: Descriptor,
        bytes: &[u8],
        at: usize,
    ) -> Result<usize, Errno> {
        if is_unaligned(descriptor, at as u64, bytes.len()) {
            return Err(Errno::EINVAL);
        }
        match &mut *self.object(descriptor.object) {
            Object::File(file) => file.put(at, bytes),
            Object::Null(taken) => *taken += bytes.len() as u64,
            _ => unreachable!("only files and devices are written at an offset"),
        }
        Ok(bytes.len())
    }

    pub fn pwrite(&mut self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let at = file_offset(offset).map_err(|_| Errno::EFBIG)?;
        let descriptor = self.descriptor(target)?;
        let size = match &*self.object(descriptor.object) {
            Object::File(file) => file.bytes.len(),
            _ => return Err(Errno::ESPIPE),
        };
        if !descriptor.mode.writable {
            return Err(Errno::EBADF);
        }
        at.checked_add_unsigned(bytes.len() as u64).ok_or(Errno::EINVAL)?;
        // Linux appends whatever the offset says; see BUGS in pwrite(2).
        self.put_at(descriptor, bytes, if descriptor.mode.append { size } else { offset as usize })
    }

    pub fn send(&mut self, target: Fd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno> {
        if !self.behind(target)?.is_socket() {
            return Err(Errno::ENOTSOCK);
        }
        let blocking = self.descriptor(target)?.mode.blocking && !flags.non_blocking;
        let held_back = if flags.more { HeldBack::MorePromised } else { HeldBack::Nothing };
        self.put(target, bytes, blocking, held_back)
    }

    pub fn write(&mut self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        let blocking = self.descriptor(target)?.mode.blocking;
        self.put(target, bytes, blocking, HeldBack::Nothing)
    }

    /// How much of a write or read a whim leaves. A datagram is never cut.
    pub fn shortened(&self, target: Fd, asked: usize, most: usize) -> usize {
        let is_datagram = self.behind(target).is_ok_and(|it| matches!(*it, Object::Datagrams(_)));
        if is_datagram { asked } else { asked.min(most) }
    }

    /// The bytes of a mapped file, up to the end of its last page; behind its size they are zeros.
    pub fn mapped(&self, object: usize, offset: u64, count: usize) -> Result<Vec<u8>, Errno> {
        let object = self.object(object);
        let Object::File(file) = &*object else { unreachable!("only files are mapped") };
        let pages_end = file.size().next_multiple_of(PAGE_BYTES as u64);
        let reachable = pages_end.saturating_sub(offset).min(count as u64) as usize;
        if reachable == 0 && count > 0 {
            return Err(Errno::EFAULT);
        }
        let mut bytes = file.get(offset, reachable);
        bytes.resize(reachable, 0);
        Ok(bytes)
    }
}
