//! What the simulated kernel gives away that is not a descriptor: mappings and direct files.

use std::cell::Cell;
use std::rc::Rc;

use nix::errno::Errno;
use zerocopy_nio::kernel::Fd;

use super::objects::Object;
use super::state::State;

/// What a direct file reads at once.
const DIRECT_BYTES: u64 = 16_384;

/// Counts what was not dropped yet.
#[derive(Debug)]
pub struct Live(Rc<Cell<usize>>);

impl Live {
    pub fn new(count: &Rc<Cell<usize>>) -> Live {
        count.set(count.get() + 1);
        Live(Rc::clone(count))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A part of a file in memory.
#[derive(Debug)]
pub struct SimulatedMapping {
    pub object: usize,
    pub offset: u64,
    pub count: usize,
    pub live: Live,
}

/// A file that is read ahead, past the page cache.
#[derive(Debug)]
pub struct SimulatedDirectFile {
    object: usize,
    /// Where the next read begins.
    next: u64,
    end: u64,
    /// What was read, and how much of it was consumed.
    bytes: Vec<u8>,
    consumed: usize,
    /// How many calls were made for it.
    pub calls: u64,
    _live: Live,
}

impl SimulatedDirectFile {
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.bytes().len(), "{count} bytes consumed that were not there");
        self.consumed += count;
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }
}

impl State {
    pub fn check_mapped(&self, source: Fd, offset: u64, count: usize) -> Result<usize, Errno> {
        file_offset_and_end(offset, count)?;
        if count == 0 {
            return Err(Errno::EINVAL);
        }
        let descriptor = self.descriptor(source)?;
        if !descriptor.mode.readable {
            return Err(Errno::EACCES);
        }
        match &*self.object(descriptor.object) {
            Object::File(_) => Ok(descriptor.object),
            _ => Err(Errno::ENODEV),
        }
    }

    pub fn open_direct(
        &self,
        source: Fd,
        offset: u64,
        end: u64,
        live: Live,
    ) -> Result<SimulatedDirectFile, Errno> {
        let object = self.descriptor(source)?.object;
        match &*self.object(object) {
            Object::File(_) => {}
            _ => return Err(Errno::EINVAL),
        }
        let bytes = Vec::new();
        let (consumed, calls) = (0, 1);
        Ok(SimulatedDirectFile { object, next: offset, end, bytes, consumed, calls, _live: live })
    }

    /// Reads on where everything was consumed, at most `most` bytes.
    pub fn read_direct(&self, file: &mut SimulatedDirectFile, most: usize) -> usize {
        if file.bytes().is_empty() {
            let object = self.object(file.object);
            let Object::File(from) = &*object else { unreachable!("it was opened as a file") };
            let count = file.end.saturating_sub(file.next).min(DIRECT_BYTES).min(most as u64);
            file.bytes = from.get(file.next, count as usize);
            file.consumed = 0;
            file.next += file.bytes.len() as u64;
        }
        file.bytes().len()
    }
}

fn file_offset_and_end(offset: u64, count: usize) -> Result<(), Errno> {
    super::file_offset(offset)?;
    let end = offset.checked_add(count as u64).ok_or(Errno::EOVERFLOW)?;
    super::file_offset(end).map(drop)
}
