//! Files of the simulated kernel.

use std::collections::BTreeSet;

use zerocopy_nio::kernel::Extent;

use super::PAGE_BYTES;

/// A file. Behind `bytes` it may go on with a hole.
#[derive(Debug, Clone)]
pub struct File {
    pub bytes: Vec<u8>,
    pub hole_bytes: u64,
    /// The pages of `bytes` that are not stored. They are zeros.
    pub holes: BTreeSet<usize>,
    /// Files of procfs with a seq_file behind them can't be.
    pub can_be_spliced: bool,
    /// Files of procfs and sysfs don't.
    pub knows_its_size: bool,
    pub device: Device,
    pub is_cached: bool,
}

/// What a file is stored on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// tmpfs: it says nothing of its extents, and is no block device.
    Memory,
    Disk {
        number: u64,
    },
}

impl File {
    pub const DISK: Device = Device::Disk { number: 0x800 };

    pub fn new(bytes: &[u8]) -> File {
        File {
            bytes: bytes.to_vec(),
            hole_bytes: 0,
            holes: BTreeSet::new(),
            can_be_spliced: true,
            knows_its_size: true,
            device: Device::Memory,
            is_cached: true,
        }
    }

    /// A file that has at every place the byte of the pattern. It is the pattern that it grows by,
    /// so whatever is read from it while it shrinks and grows can be checked by its place.
    pub fn pattern(size: usize) -> File {
        File::new(&pattern(0, size))
    }

    /// A file without any data.
    pub fn hole(size: u64) -> File {
        File { hole_bytes: size, ..File::pattern(0) }
    }

    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.hole_bytes
    }

    pub fn allocated_bytes(&self) -> u64 {
        ((self.bytes.len().div_ceil(PAGE_BYTES) - self.holes.len()) * PAGE_BYTES) as u64
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
        if bytes.is_empty() {
            return;
        }
        assert_eq!(self.hole_bytes, 0, "a file with a hole at its end is only read");
        let end = at + bytes.len();
        if self.bytes.len() < end {
            self.grow(end);
        }
        self.bytes[at..end].copy_from_slice(bytes);
        for page in at / PAGE_BYTES..end.div_ceil(PAGE_BYTES) {
            self.holes.remove(&page);
        }
    }

    /// As ftruncate(2): what comes is a hole.
    pub fn set_size(&mut self, size: usize) {
        assert_eq!(self.hole_bytes, 0, "a file with a hole at its end is only read");
        if self.bytes.len() < size {
            self.grow(size);
        } else {
            self.bytes.truncate(size);
            self.holes.retain(|page| page * PAGE_BYTES < size);
        }
    }

    fn grow(&mut self, size: usize) {
        let first_new = self.bytes.len().div_ceil(PAGE_BYTES);
        self.holes.extend(first_new..size.div_ceil(PAGE_BYTES));
        self.bytes.resize(size, 0);
    }

    /// As `FALLOC_FL_PUNCH_HOLE`: only whole pages go away, of the others a part becomes zeros.
    pub fn punch_hole(&mut self, offset: usize, count: usize) {
        let end = offset.saturating_add(count);
        let size = self.bytes.len();
        self.bytes[offset.min(size)..end.min(size)].fill(0);
        let pages = offset.div_ceil(PAGE_BYTES)..(end / PAGE_BYTES).min(size.div_ceil(PAGE_BYTES));
        self.holes.extend(pages);
    }

    /// What is stored from `offset` on, up to `end`.
    pub fn extent(&self, offset: u64, end: u64) -> Extent {
        assert!(offset < end, "nothing is stored in an empty range");
        let page_bytes = PAGE_BYTES as u64;
        let is_hole = |page: u64| {
            page * page_bytes >= self.bytes.len() as u64 || self.holes.contains(&(page as usize))
        };
        let first = offset / page_bytes;
        let stored = self.bytes.len().div_ceil(PAGE_BYTES) as u64;
        let other = (first..=stored).find(|page| is_hole(*page) != is_hole(first));
        let behind = other.map_or(end, |page| end.min(page * page_bytes));
        Extent { is_hole: is_hole(first), end: behind }
    }

    /// How many of the pages that the range touches are stored.
    pub fn stored_pages(&self, offset: u64, count: u64) -> u64 {
        let page_bytes = PAGE_BYTES as u64;
        let behind = self.bytes.len().div_ceil(PAGE_BYTES) as u64;
        let pages =
            offset / page_bytes..offset.saturating_add(count).div_ceil(page_bytes).min(behind);
        pages.filter(|page| !self.holes.contains(&(*page as usize))).count() as u64
    }

    /// Truncates it, or lets it grow by its pattern, where it has data.
    pub fn resize(&mut self, size: u64) {
        let size = usize::try_from(size).expect("files with data are small");
        let begin = self.bytes.len();
        if size < begin {
            self.set_size(size);
        } else {
            self.bytes.extend(pattern(begin, size - begin));
            self.holes.remove(&(begin / PAGE_BYTES));
        }
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
