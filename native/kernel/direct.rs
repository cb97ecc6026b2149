//! Files that are read past the page cache.

use nix::errno::Errno;

use super::Fd;

/// See [`super::Kernel::DirectFile`].
#[derive(Debug)]
pub struct DirectFile {}

impl DirectFile {
    pub fn open(_source: Fd, _offset: u64, _end: u64) -> Result<DirectFile, Errno> {
        Err(Errno::ENOSYS)
    }
    pub fn bytes(&mut self) -> Result<&[u8], Errno> {
        Err(Errno::ENOSYS)
    }
    pub fn consume(&mut self, _count: usize) {}
}
