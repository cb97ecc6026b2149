//! The system calls by their names: each meets its whim, is made, and is recorded.

use std::time::Duration;

use nix::errno::Errno;
use zerocopy_nio::kernel::{
    Extent, Fd, FileStatus, Kernel, SendFlags, Side, SocketKind, SpliceFlags, StatusFlags,
};

use super::files::File;
use super::memory::{Live, SimulatedDirectFile, SimulatedMapping};
use super::moves::Place;
use super::objects::Object;
use super::pipes::Pipe;
use super::state::{Mode, Name, Record};
use super::{PAGE_BYTES, SimulatedKernel, file_offset, nanos};

impl Kernel for SimulatedKernel {
    type Mapping = SimulatedMapping;
    type DirectFile = SimulatedDirectFile;

    fn sendfile(&self, target: Fd, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        self.moving_between(Name::Sendfile, (target, source), (offset, count), |state, most| {
            state.sendfile(target, source, offset, count.min(most))
        })
    }

    fn splice(
        &self,
        source: Fd,
        source_offset: Option<u64>,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
        flags: SpliceFlags,
    ) -> Result<usize, Errno> {
        let asked = (source_offset.unwrap_or(0), count);
        self.moving_between(Name::Splice, (target, source), asked, |state, most| {
            let from = Place { fd: source, offset: source_offset };
            let to = Place { fd: target, offset: target_offset };
            state.splice(from, to, count.min(most), flags)
        })
    }

    fn copy_file_range(
        &self,
        source: Fd,
        source_offset: u64,
        target: Fd,
        target_offset: Option<u64>,
        count: usize,
    ) -> Result<usize, Errno> {
        let asked = (source_offset, count);
        self.moving_between(Name::CopyFileRange, (target, source), asked, |state, most| {
            let from = Place { fd: source, offset: Some(source_offset) };
            let to = Place { fd: target, offset: target_offset };
            state.copy_file_range(from, to, count.min(most))
        })
    }

    fn pread(&self, source: Fd, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.moving(Name::Pread, source, (offset, buffer.len()), |state, most| {
            Ok(fill(buffer, &state.pread(source, offset, buffer.len(), most)?))
        })
    }

    fn read(&self, source: Fd, buffer: &mut [u8]) -> Result<usize, Errno> {
        let count = buffer.len();
        self.moving(Name::Read, source, (0, count), |state, most| {
            let most = state.shortened(source, count, most);
            Ok(fill(buffer, &state.read(source, count, most)?))
        })
    }

    fn receive(&self, source: Fd, buffer: &mut [u8], non_blocking: bool) -> Result<usize, Errno> {
        let count = buffer.len();
        self.moving(Name::Receive, source, (0, count), |state, most| {
            let most = state.shortened(source, count, most);
            Ok(fill(buffer, &state.receive(source, most, non_blocking)?))
        })
    }

    fn peek(&self, source: Fd) -> Result<usize, Errno> {
        self.moving(Name::Peek, source, (0, 1), |state, _| state.peek(source))
    }

    fn pwrite(&self, target: Fd, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.moving(Name::Pwrite, target, (offset, bytes.len()), |state, most| {
            state.pwrite(target, &bytes[..bytes.len().min(most)], offset)
        })
    }

    fn write(&self, target: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        self.moving(Name::Write, target, (0, bytes.len()), |state, most| {
            state.write(target, &bytes[..state.shortened(target, bytes.len(), most)])
        })
    }

    fn write_both(&self, target: Fd, first: &[u8], second: &[u8]) -> Result<usize, Errno> {
        let bytes = [first, second].concat();
        self.moving(Name::Writev, target, (0, bytes.len()), |state, most| {
            state.write(target, &bytes[..state.shortened(target, bytes.len(), most)])
        })
    }

    fn send(&self, target: Fd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno> {
        self.moving(Name::Send, target, (0, bytes.len()), |state, most| {
            let most = state.shortened(target, bytes.len(), most);
            state.send(target, &bytes[..most], flags)
        })
    }

    fn send_both(
        &self,
        target: Fd,
        first: &[u8],
        second: &[u8],
        flags: SendFlags,
    ) -> Result<usize, Errno> {
        let bytes = [first, second].concat();
        self.moving(Name::Sendmsg, target, (0, bytes.len()), |state, most| {
            let most = state.shortened(target, bytes.len(), most);
            state.send(target, &bytes[..most], flags)
        })
    }

    fn map(&self, source: Fd, offset: u64, count: usize) -> Result<SimulatedMapping, Errno> {
        let mut object = 0;
        self.call(Name::Map, (Some(source), None), (offset, count as u64), |state, _| {
            object = state.check_mapped(source, offset, count)?;
            Ok(0)
        })?;
        Ok(SimulatedMapping { object, offset, count, live: Live::new(&self.mapped) })
    }

    fn write_mapped(
        &self,
        target: Fd,
        target_offset: Option<u64>,
        mapping: &SimulatedMapping,
        begin: usize,
        count: usize,
        flags: Option<SendFlags>,
    ) -> Result<usize, Errno> {
        assert!(begin + count <= mapping.count, "{count} bytes from {begin} of {mapping:?}");
        let offset = mapping.offset + begin as u64;
        self.moving(Name::WriteMapped, target, (offset, count), |state, most| {
            let most = state.shortened(target, count, most);
            let bytes = state.mapped(mapping.object, offset, count.min(most))?;
            match (flags, target_offset) {
                (Some(flags), _) => state.send(target, &bytes, flags),
                (None, Some(offset)) => state.pwrite(target, &bytes, offset),
                (None, None) => state.write(target, &bytes),
            }
        })
    }

    fn open_direct(&self, source: Fd, offset: u64, end: u64) -> Result<SimulatedDirectFile, Errno> {
        let mut opened = None;
        self.call(Name::OpenDirect, (Some(source), None), (offset, 0), |state, _| {
            file_offset(offset)?;
            opened = Some(state.open_direct(source, offset, end, Live::new(&self.live))?);
            Ok(0)
        })?;
        Ok(opened.expect("it was opened"))
    }

    fn direct_bytes<'d>(&self, file: &'d mut SimulatedDirectFile) -> Result<&'d [u8], Errno> {
        file.calls += 1;
        self.call(Name::DirectBytes, (None, None), (0, 0), |state, most| {
            Ok(state.read_direct(file, most) as u64)
        })?;
        Ok(file.bytes())
    }

    fn direct_calls(&self, file: &SimulatedDirectFile) -> u64 {
        file.calls
    }

    fn consume_direct(&self, file: &mut SimulatedDirectFile, count: usize) {
        file.consume(count);
    }

    fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        let mut status = None;
        self.call(Name::FileStatus, (Some(fd), None), (0, 0), |state, _| {
            let found = state.file_status(fd)?;
            status = Some(found);
            Ok(found.size)
        })?;
        Ok(status.expect("it was looked at"))
    }

    fn status_flags(&self, fd: Fd) -> Result<StatusFlags, Errno> {
        self.asking(Name::StatusFlags, fd, |state| {
            let mode = state.descriptor(fd)?.mode;
            Ok(StatusFlags {
                is_non_blocking: !mode.blocking,
                is_append: mode.append,
                is_direct: mode.direct,
            })
        })
    }

    fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno> {
        self.asking(Name::SocketKind, fd, |state| state.socket_kind(fd))
    }

    fn tcp_no_delay(&self, fd: Fd) -> Result<bool, Errno> {
        self.asking(Name::NoDelay, fd, |state| state.no_delay(fd))
    }

    fn set_tcp_no_delay(&self, fd: Fd, no_delay: bool) -> Result<(), Errno> {
        self.asking(Name::SetNoDelay, fd, |state| state.set_no_delay(fd, no_delay))
    }

    fn shutdown_write(&self, socket: Fd) -> Result<(), Errno> {
        self.asking(Name::ShutdownWrite, socket, |state| state.shutdown_write(socket))
    }

    fn set_reset_on_close(&self, socket: Fd, resets: bool) -> Result<(), Errno> {
        self.asking(Name::SetResetOnClose, socket, |state| state.set_reset_on_close(socket, resets))
    }

    fn send_timeout(&self, fd: Fd) -> Result<Duration, Errno> {
        self.asking(Name::SendTimeout, fd, |state| {
            state.with_send_timeout(fd, |timeout_ns| Duration::from_nanos(*timeout_ns))
        })
    }

    fn set_send_timeout(&self, fd: Fd, timeout: Duration) -> Result<(), Errno> {
        self.asking(Name::SetSendTimeout, fd, |state| {
            state.with_send_timeout(fd, |timeout_ns| *timeout_ns = nanos(timeout))
        })
    }

    fn position(&self, fd: Fd) -> Result<u64, Errno> {
        self.asking(Name::Position, fd, |state| state.position(fd))
    }

    fn set_position(&self, fd: Fd, position: u64) -> Result<(), Errno> {
        self.asking(Name::SetPosition, fd, |state| {
            file_offset(position)?;
            state.position(fd)?;
            state.set_position(fd, position as usize);
            Ok(())
        })
    }

    fn extent(&self, source: Fd, offset: u64, end: u64) -> Result<Extent, Errno> {
        self.asking(Name::Extent, source, |state| state.extent(source, offset, end))
    }

    fn is_in_memory(&self, source: Fd) -> Result<bool, Errno> {
        self.asking(Name::IsInMemory, source, |state| state.is_in_memory(source))
    }

    fn stored_pages(&self, source: Fd, offset: u64, count: u64) -> Result<u64, Errno> {
        let fds = (Some(source), None);
        self.call(Name::StoredPages, fds, (offset, count), |state, _| {
            state.stored_pages(source, offset, count)
        })
    }

    fn page_bytes(&self) -> u64 {
        PAGE_BYTES as u64
    }

    fn block_bytes(&self, target: Fd) -> Result<u64, Errno> {
        self.asking(Name::BlockBytes, target, |state| state.block_bytes(target))
    }

    fn punch_hole(&self, fd: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        let asked = (offset, count);
        let punched = self.call(Name::PunchHole, (Some(fd), None), asked, |state, _| {
            state.punch_hole(fd, offset, count).map(|()| 0)
        });
        punched.map(drop)
    }

    fn set_size(&self, fd: Fd, size: u64) -> Result<(), Errno> {
        self.asking(Name::SetSize, fd, |state| state.set_size(fd, size))
    }

    fn is_cached(&self, source: Fd, offset: u64) -> Result<bool, Errno> {
        self.asking(Name::IsCached, source, |state| state.is_cached(source, offset))
    }

    fn read_ahead_bytes(&self, device: u64) -> Result<u64, Errno> {
        self.call(Name::ReadAhead, (None, None), (0, 0), |state, _| state.read_ahead_bytes(device))
    }

    fn will_need(&self, source: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        self.asking(Name::WillNeed, source, |state| state.will_need(source, offset, count))
    }

    fn poll(&self, waits: &[(Fd, Side)], limit: Option<Duration>) -> Result<u32, Errno> {
        assert!(waits.len() <= 4, "{} sides to wait for", waits.len());
        let limit_ns = limit.map(nanos);
        let asked = (waits.len() as u64, limit_ns.unwrap_or(u64::MAX));
        let first = waits.first().map(|(fd, _)| *fd);
        let ready = self.call(Name::Poll, (first, None), asked, |state, _| {
            Ok(u64::from(state.poll(waits, limit_ns)))
        })?;
        Ok(u32::try_from(ready).expect("it was a u32"))
    }

    fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        let mut slots_max = 0;
        self.call(Name::Pipe, (None, None), (0, 0), |state, _| {
            slots_max = state.pipe_slots.at_first;
            Ok(0)
        })?;
        let mut pipe = Pipe::new(0);
        pipe.slots_max = slots_max;
        let read_end = self.add(Object::Pipe(pipe), Mode::READ.non_blocking());
        Ok((read_end, self.open_again(read_end, Mode::WRITE.non_blocking())))
    }

    fn set_pipe_size(&self, pipe: Fd, bytes: usize) -> Result<usize, Errno> {
        self.moving(Name::SetPipeSize, pipe, (0, bytes), |state, _| {
            state.set_pipe_size(pipe, bytes)
        })
    }

    fn memory_file(&self, content: &[u8]) -> Result<Fd, Errno> {
        let count = content.len() as u64;
        let number = self.call(Name::MemoryFile, (None, None), (0, count), |state, _| {
            let made = state.add(Object::File(File::new(content)), Mode::BOTH);
            Ok(made.number() as u64)
        })?;
        Ok(i32::try_from(number).ok().and_then(Fd::new).expect("it was a descriptor"))
    }

    fn close(&self, fd: Fd) {
        let mut state = self.state.borrow_mut();
        state.close(fd);
        let record = Record {
            name: Name::Close,
            fd: Some(fd),
            source: None,
            offset: 0,
            count: 0,
            answer: Ok(0),
        };
        state.records.push(record);
    }

    fn now_ns(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.clock_ns += super::CALL_NS;
        state.clock_ns
    }

    fn fork_generation(&self) -> u64 {
        self.fork_generation.get()
    }
}

/// Copies `bytes` to the beginning of `buffer`.
fn fill(buffer: &mut [u8], bytes: &[u8]) -> usize {
    buffer[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}
