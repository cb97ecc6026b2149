//! The calls that move bytes between two descriptors: sendfile(2), splice(2), copy_file_range(2).

use nix::errno::Errno;
use zerocopy_nio::kernel::{Fd, SpliceFlags};

use super::objects::Object;
use super::patience::Patience;
use super::pipes::Pipe;
use super::state::{Descriptor, State};
use super::streams::{HeldBack, Stream};
use super::{CALL_BYTES_MAX, SECTOR_BYTES, file_offset};

/// One end of a splice(2) or copy_file_range(2).
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub fd: Fd,
    pub offset: Option<u64>,
}

impl State {
    pub fn sendfile(
        &mut self,
        target: Fd,
        source: Fd,
        offset: u64,
        count: usize,
    ) -> Result<usize, Errno> {
        file_offset(offset)?;
        let input = self.descriptor(source)?;
        // A socket is always open for reading.
        if !input.mode.readable && !self.object(input.object).is_socket() {
            return Err(Errno::EBADF);
        }
        self.check_source(source, offset, count)?;
        let count = count.min(CALL_BYTES_MAX);
        let output = self.writable(target)?;
        if output.mode.append || !self.can_be_spliced(input, offset, count) {
            return Err(Errno::EINVAL);
        }
        let mut patience = Patience::blocking_if(output.mode.blocking);
        let room = match &mut *self.object(output.object) {
            Object::Pipe(pipe) => {
                pipe.wait_for_room(&mut patience).map(|()| pipe.room_for_pages(offset))
            }
            Object::Datagrams(_) => panic!("sendfile cuts datagrams as it likes: never use it"),
            _ => Ok(usize::MAX),
        };
        self.slept(&patience);
        let room = room?;
        let size = self.object(input.object).size();
        let wanted = (count as u64).min(size.saturating_sub(offset)) as usize;
        if let Object::Null(taken) = &mut *self.object(output.object) {
            *taken += wanted as u64;
            return Ok(wanted);
        }
        if wanted == 0 {
            return Ok(0);
        }
        let bytes = self.get(input, offset, wanted.min(room));
        if let Object::Pipe(pipe) = &mut *self.object(output.object) {
            return Ok(pipe.push_pages(&bytes, offset));
        }
        let held_back = if wanted < count { HeldBack::PastTheEnd } else { HeldBack::Nothing };
        self.put(target, &bytes, output.mode.blocking, held_back)
    }

    pub fn splice(
        &mut self,
        source: Place,
        target: Place,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        source.offset.map(file_offset).transpose()?;
        target.offset.map(file_offset).transpose()?;
        if count == 0 {
            return Ok(0);
        }
        let (input, output) = (self.descriptor(source.fd)?, self.descriptor(target.fd)?.output());
        let is_pipe = |it: Descriptor| matches!(*self.object(it.object), Object::Pipe(_));
        let are_pipes = (is_pipe(input), is_pipe(output));
        if (are_pipes.0 && source.offset.is_some()) || (are_pipes.1 && target.offset.is_some()) {
            return Err(Errno::ESPIPE);
        }
        self.readable(source.fd)?;
        self.writable(target.fd)?;
        match are_pipes {
            (true, true) => self.splice_between_pipes(input, output, count, flags),
            (true, false) => self.splice_from_pipe(input, target, count, flags),
            (false, true) => self.splice_to_pipe(source, output, count, flags),
            (false, false) => Err(Errno::EINVAL),
        }
    }

    fn splice_between_pipes(
        &mut self,
        input: Descriptor,
        output: Descriptor,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        if input.object == output.object {
            return Err(Errno::EINVAL);
        }
        let may_sleep = input.mode.blocking && output.mode.blocking && !flags.non_blocking;
        let mut patience = Patience::blocking_if(may_sleep);
        let moved = {
            let (mut from, mut to) = (self.object(input.object), self.object(output.object));
            let (Object::Pipe(from), Object::Pipe(to)) = (&mut *from, &mut *to) else {
                unreachable!("both are pipes")
            };
            move_pages(from, to, count, &mut patience)
        };
        self.slept(&patience);
        moved
    }

    fn splice_from_pipe(
        &mut self,
        input: Descriptor,
        target: Place,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        let output = self.descriptor(target.fd)?.output();
        let has_positions = !self.object(output.object).is_socket();
        if output.mode.append || (target.offset.is_some() && !has_positions) {
            return Err(Errno::EINVAL);
        }
        let at = target.offset.map_or(output.position, |offset| offset as usize);
        check_end(at as u64, count)?;
        let mut patience = Patience::blocking_if(input.mode.blocking && !flags.non_blocking);
        let bytes = match &mut *self.object(input.object) {
            Object::Pipe(pipe) => pipe.wait_for_bytes(&mut patience).map(|_| pipe.peek(count)),
            _ => unreachable!("it is a pipe"),
        };
        self.slept(&patience);
        let bytes = bytes?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let held_back = if flags.more { HeldBack::MorePromised } else { HeldBack::Nothing };
        let moved = match target.offset {
            Some(_) => self.put_at(output, &bytes, at)?,
            None => self.put(target.fd, &bytes, output.mode.blocking, held_back)?,
        };
        self.object(input.object).drain(moved);
        Ok(moved)
    }

    fn splice_to_pipe(
        &mut self,
        source: Place,
        output: Descriptor,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        let input = self.descriptor(source.fd)?;
        if source.offset.is_some() && self.object(input.object).is_socket() {
            return Err(Errno::EINVAL);
        }
        let offset = source.offset.unwrap_or(input.position as u64);
        check_end(offset, count)?;
        let may_sleep = output.mode.blocking && !flags.non_blocking;
        let mut patience = Patience::blocking_if(may_sleep);
        let moved = {
            let mut to = self.object(output.object);
            let Object::Pipe(pipe) = &mut *to else { unreachable!("it is a pipe") };
            pipe.wait_for_room(&mut patience).and_then(|()| match &mut *self.object(input.object) {
                Object::Stream(stream) => {
                    // What stands in tcp_splice_read of Linux: only the mode of the socket counts.
                    let may_sleep = input.mode.blocking && (stream.is_tcp() || may_sleep);
                    let mut patience = Patience::blocking_if(may_sleep);
                    let moved = fill_pages(stream, pipe, count, &mut patience);
                    moved.map(|moved| (moved, patience.slept_ns()))
                }
                Object::File(file) => {
                    if !file.can_be_spliced || is_unaligned(input, offset, count) {
                        return Err(Errno::EINVAL);
                    }
                    let bytes = file.get(offset, count.min(pipe.room_for_pages(offset)));
                    Ok((pipe.push_pages(&bytes, offset), 0))
                }
                Object::Datagrams(_) => panic!("splice loses the borders of datagrams"),
                Object::Null(_) | Object::Pipe(_) => Err(Errno::EINVAL),
            })
        };
        self.slept(&patience);
        let (moved, slept_ns) = moved?;
        self.clock_ns += slept_ns;
        if source.offset.is_none() {
            self.set_position(source.fd, input.position + moved);
        }
        Ok(moved)
    }

    pub fn copy_file_range(
        &mut self,
        source: Place,
        target: Place,
        count: usize,
    ) -> Result<usize, Errno> {
        let offset = source.offset.expect("the source is read at an offset");
        file_offset(offset)?;
        target.offset.map(file_offset).transpose()?;
        let (input, output) = (self.descriptor(source.fd)?, self.descriptor(target.fd)?);
        let wanted =
            match (&*self.objects[input.object].borrow(), &*self.objects[output.object].borrow()) {
                (Object::File(from), Object::File(to)) => {
                    if !input.mode.readable || !output.mode.writable || output.mode.append {
                        return Err(Errno::EBADF);
                    }
                    if from.device != to.device {
                        return Err(Errno::EXDEV);
                    }
                    // Kernels from 5.3 to 5.18 believe the size that files of procfs say.
                    let size = if from.knows_its_size { from.size() } else { 0 };
                    (count as u64).min(size.saturating_sub(offset)).min(CALL_BYTES_MAX as u64)
                }
                _ => return Err(Errno::EINVAL),
            };
        let at = target.offset.unwrap_or(output.position as u64);
        if u64::try_from(count).is_ok_and(|count| offset.checked_add(count).is_none()) {
            return Err(Errno::EOVERFLOW);
        }
        if input.object == output.object && at + wanted > offset && at < offset + wanted {
            return Err(Errno::EINVAL);
        }
        if !self.can_be_spliced(input, offset, wanted as usize) {
            return Err(Errno::EINVAL);
        }
        let bytes = self.get(input, offset, wanted as usize);
        let moved = self.put_at(output, &bytes, at as usize)?;
        if target.offset.is_none() {
            self.set_position(target.fd, output.position + moved);
        }
        Ok(moved)
    }

    fn can_be_spliced(&self, input: Descriptor, offset: u64, count: usize) -> bool {
        let object = self.object(input.object);
        let Object::File(file) = &*object else { return false };
        file.can_be_spliced && !is_unaligned(input, offset, count)
    }

    /// The bytes of a file.
    fn get(&self, input: Descriptor, offset: u64, count: usize) -> Vec<u8> {
        match &*self.object(input.object) {
            Object::File(file) => file.get(offset, count),
            _ => unreachable!("only files are read at an offset"),
        }
    }
}

/// Whether a descriptor with O_DIRECT refuses this offset or count.
pub fn is_unaligned(descriptor: Descriptor, offset: u64, count: usize) -> bool {
    descriptor.mode.direct && (offset % SECTOR_BYTES != 0 || count as u64 % SECTOR_BYTES != 0)
}

/// Offset and count together must stay below 2^63.
fn check_end(offset: u64, count: usize) -> Result<(), Errno> {
    let end = i64::try_from(count).ok().and_then(|count| count.checked_add_unsigned(offset));
    end.map(drop).ok_or(Errno::EINVAL)
}

fn move_pages(
    from: &mut Pipe,
    to: &mut Pipe,
    count: usize,
    patience: &mut Patience,
) -> Result<usize, Errno> {
    from.wait_for_bytes(patience)?;
    to.wait_for_room(patience)?;
    let mut moved = 0;
    while moved < count && !to.is_full() {
        let Some((slot, bytes)) = from.take_slot(count - moved) else { break };
        to.push_slot(slot, &bytes);
        moved += bytes.len();
    }
    Ok(moved)
}

/// A page of the pipe for each fragment, or for each page of it.
fn fill_pages(
    from: &mut Stream,
    to: &mut Pipe,
    count: usize,
    patience: &mut Patience,
) -> Result<usize, Errno> {
    from.wait_for_bytes(patience)?;
    let mut moved = 0;
    while moved < count && !to.is_full() {
        let Some(bytes) = from.read_page(count - moved) else { break };
        moved += to.push_pages(&bytes, 0);
    }
    Ok(moved)
}
