//! The calls that look at files and sockets, or change how they are.

use nix::errno::Errno;
use zerocopy_nio::kernel::{Extent, Fd, FileStatus, SocketKind};

use super::files::{Device, File};
use super::objects::Object;
use super::state::State;
use super::streams::{HeldBack, Stream};
use super::{PAGE_BYTES, SECTOR_BYTES, file_offset};

/// The number of the device that files in memory say they are on.
const MEMORY_DEVICE: u64 = 1;

/// `read_ahead_kb` of the usual disk.
const READ_AHEAD_BYTES: u64 = 128 << 10;

impl State {
    pub fn file_status(&self, fd: Fd) -> Result<FileStatus, Errno> {
        let descriptor = self.descriptor(fd)?;
        let object = self.object(descriptor.object);
        let (size, allocated_bytes, device) = match &*object {
            Object::File(file) => {
                let size = if file.knows_its_size { file.size() } else { 0 };
                (size, file.allocated_bytes(), file.device)
            }
            _ => (0, 0, Device::Memory),
        };
        let device = match device {
            Device::Memory => MEMORY_DEVICE,
            Device::Disk { number } => number,
        };
        let inode = descriptor.object as u64;
        Ok(FileStatus { kind: object.kind(), size, allocated_bytes, device, inode })
    }

    pub fn socket_kind(&self, fd: Fd) -> Result<SocketKind, Errno> {
        Ok(match &*self.behind(fd)? {
            Object::Stream(Stream { unix_send_buffer_bytes: Some(bytes), .. }) => {
                SocketKind::UnixStream { send_buffer_bytes: *bytes }
            }
            Object::Stream(_) => SocketKind::Stream,
            Object::Datagrams(_) => SocketKind::Datagram,
            _ => return Err(Errno::ENOTSOCK),
        })
    }

    pub fn no_delay(&self, fd: Fd) -> Result<bool, Errno> {
        match self.with_tcp(fd, |stream| stream.no_delay) {
            // What a UDP socket says of an option that it also can't set.
            Err(Errno::ENOPROTOOPT) => Err(Errno::EOPNOTSUPP),
            answer => answer,
        }
    }

    pub fn set_no_delay(&self, fd: Fd, no_delay: bool) -> Result<(), Errno> {
        self.with_tcp(fd, |stream| {
            stream.no_delay = no_delay;
            if no_delay {
                stream.held_back = HeldBack::Nothing;
            }
        })
    }

    pub fn shutdown_write(&self, fd: Fd) -> Result<(), Errno> {
        let was_reset = self.behind(fd)?.was_reset();
        match &mut *self.beyond(fd)? {
            Object::Stream(stream) if stream.is_tcp() && was_reset => Err(Errno::ENOTCONN),
            Object::Stream(stream) => {
                stream.is_writer_open = false;
                Ok(())
            }
            _ => Err(Errno::ENOTSOCK),
        }
    }

    pub fn set_reset_on_close(&self, fd: Fd, resets: bool) -> Result<(), Errno> {
        match &mut *self.beyond(fd)? {
            Object::Stream(stream) => {
                stream.resets_on_close = resets;
                Ok(())
            }
            _ => Err(Errno::ENOTSOCK),
        }
    }

    fn with_tcp<T>(&self, fd: Fd, act: impl FnOnce(&mut Stream) -> T) -> Result<T, Errno> {
        match &mut *self.beyond(fd)? {
            Object::Stream(stream) if stream.is_tcp() => Ok(act(stream)),
            Object::Stream(_) => Err(Errno::EOPNOTSUPP),
            Object::Datagrams(_) => Err(Errno::ENOPROTOOPT),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    pub fn with_send_timeout<T>(
        &self,
        fd: Fd,
        act: impl FnOnce(&mut u64) -> T,
    ) -> Result<T, Errno> {
        match &mut *self.beyond(fd)? {
            Object::Stream(stream) => Ok(act(&mut stream.send_timeout_ns)),
            Object::Datagrams(socket) => Ok(act(&mut socket.send_timeout_ns)),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    pub fn position(&self, fd: Fd) -> Result<u64, Errno> {
        let descriptor = self.descriptor(fd)?;
        match &*self.object(descriptor.object) {
            Object::File(_) | Object::Null(_) => Ok(descriptor.position as u64),
            _ => Err(Errno::ESPIPE),
        }
    }

    pub fn extent(&self, source: Fd, offset: u64, end: u64) -> Result<Extent, Errno> {
        match &*self.behind(source)? {
            Object::File(file) if file.device != Device::Memory => Ok(file.extent(offset, end)),
            _ => Err(Errno::EOPNOTSUPP),
        }
    }

    pub fn is_in_memory(&self, source: Fd) -> Result<bool, Errno> {
        Ok(matches!(&*self.behind(source)?, Object::File(file) if file.device == Device::Memory))
    }

    pub fn stored_pages(&self, source: Fd, offset: u64, count: u64) -> Result<u64, Errno> {
        file_offset(offset)?;
        match &*self.behind(source)? {
            Object::File(file) => Ok(file.stored_pages(offset, count)),
            _ => Ok(0),
        }
    }

    /// Files in memory do not say.
    pub fn block_bytes(&self, target: Fd) -> Result<u64, Errno> {
        match &*self.behind(target)? {
            Object::File(file) if file.device != Device::Memory => Ok(SECTOR_BYTES),
            _ => Err(Errno::EOPNOTSUPP),
        }
    }

    pub fn punch_hole(&self, fd: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        file_offset(offset)?;
        file_offset(count)?;
        let descriptor = self.descriptor(fd)?;
        if count == 0 {
            return Err(Errno::EINVAL);
        }
        if !descriptor.mode.writable {
            return Err(Errno::EBADF);
        }
        match &mut *self.object(descriptor.object) {
            Object::File(file) => {
                file.punch_hole(offset as usize, count as usize);
                Ok(())
            }
            Object::Pipe(_) => Err(Errno::ESPIPE),
            _ => Err(Errno::ENODEV),
        }
    }

    pub fn set_size(&self, fd: Fd, size: u64) -> Result<(), Errno> {
        file_offset(size)?;
        let descriptor = self.descriptor(fd)?;
        match &mut *self.object(descriptor.object) {
            Object::File(file) if descriptor.mode.writable => {
                file.set_size(size as usize);
                Ok(())
            }
            _ => Err(Errno::EINVAL),
        }
    }

    pub fn is_cached(&self, source: Fd, offset: u64) -> Result<bool, Errno> {
        file_offset(offset)?;
        match &*self.behind(source)? {
            // Whatever the descriptor was opened for: nothing of the file is read.
            Object::File(file) => Ok(file.is_cached),
            _ => Ok(false),
        }
    }

    pub fn read_ahead_bytes(&self, device: u64) -> Result<u64, Errno> {
        if (Device::Disk { number: device }) == File::DISK {
            Ok(READ_AHEAD_BYTES)
        } else {
            Err(Errno::ENOENT)
        }
    }

    pub fn will_need(&self, source: Fd, offset: u64, count: u64) -> Result<(), Errno> {
        file_offset(offset)?;
        file_offset(count)?;
        match &mut *self.behind(source)? {
            Object::Pipe(_) => Err(Errno::ESPIPE),
            Object::File(file) => {
                file.is_cached = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn set_pipe_size(&self, pipe: Fd, bytes: usize) -> Result<usize, Errno> {
        let descriptor = self.descriptor(pipe)?;
        let slots_max = self.pipe_slots.at_most;
        match &mut *self.object(descriptor.object) {
            Object::Pipe(pipe) => {
                i32::try_from(bytes).map_err(|_| Errno::EINVAL)?;
                let slots = bytes.max(1).next_power_of_two().div_ceil(PAGE_BYTES);
                if slots > pipe.slots_max && slots > slots_max {
                    return Err(Errno::EPERM);
                }
                if slots < pipe.slots_used() {
                    return Err(Errno::EBUSY);
                }
                pipe.slots_max = slots;
                Ok(slots * PAGE_BYTES)
            }
            _ => Err(Errno::EBADF),
        }
    }
}
