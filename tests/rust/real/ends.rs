//! The ends of transfers: every kind of source with what feeds it, every kind of target with what
//! drains it. Feeders and drainers are threads with odd chunk sizes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::thread::{self, JoinHandle};

use nix::libc::O_DIRECT;
use zerocopy_nio::kernel::Fd;

use super::places::{Place, Places};
use super::{Real, content};

/// What feeders and drainers move at a time: pages, parts of pages, single bytes, more than a pipe.
const CHUNKS: [usize; 7] = [4093, 1, 65_537, 7, 131_072, 12_289, 1_048_573];

/// A file of procfs that splice(2) and sendfile(2) refuse and that stays the same.
const PROC_FILE: &str = "/proc/self/environ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceEnd {
    File(Place),
    /// A file of ext4 with O_DIRECT.
    Direct,
    /// A file of ext4 with holes.
    Sparse,
    Memory,
    Proc,
    Tcp4,
    Tcp6,
    Unix,
    Pipe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetEnd {
    File(Place),
    /// A file of ext4 with O_DIRECT.
    Direct,
    /// A file of ext4 that is longer than what is written to it.
    OldData,
    /// A file of ext4 with O_APPEND and something in it.
    Appended,
    Memory,
    Tcp4,
    Tcp6,
    Unix,
    Pipe,
}

/// What stands in a target before.
pub const OLD_BYTE: u8 = 0xaa;
const OLD_BYTES: usize = 1234;

impl SourceEnd {
    pub const ALL: [SourceEnd; 12] = [
        SourceEnd::File(Place::Ext4),
        SourceEnd::File(Place::Tmpfs),
        SourceEnd::File(Place::Btrfs),
        SourceEnd::File(Place::Xfs),
        SourceEnd::Direct,
        SourceEnd::Sparse,
        SourceEnd::Memory,
        SourceEnd::Proc,
        SourceEnd::Tcp4,
        SourceEnd::Tcp6,
        SourceEnd::Unix,
        SourceEnd::Pipe,
    ];

    pub fn is_file(self) -> bool {
        !matches!(self, SourceEnd::Tcp4 | SourceEnd::Tcp6 | SourceEnd::Unix | SourceEnd::Pipe)
    }

    pub fn is_in_memory(self) -> bool {
        matches!(self, SourceEnd::File(Place::Tmpfs) | SourceEnd::Memory)
    }

    /// The file system, where it is one of those with files of several ends.
    pub fn place(self) -> Option<Place> {
        match self {
            SourceEnd::File(place) => Some(place),
            SourceEnd::Direct | SourceEnd::Sparse => Some(Place::Ext4),
            _ => None,
        }
    }

    /// What comes out of it at most.
    pub fn content(self) -> Vec<u8> {
        match self {
            SourceEnd::Proc => std::fs::read(PROC_FILE).unwrap(),
            SourceEnd::Sparse => content::with_holes().to_vec(),
            _ => content::dense().to_vec(),
        }
    }

    /// A source with `bytes` in it, or a reason to skip it.
    pub fn open(
        self,
        real: &Real,
        places: &Places,
        bytes: &'static [u8],
    ) -> Result<Source, String> {
        let file = match self {
            SourceEnd::File(place) => filled(places.file(place)?, bytes),
            SourceEnd::Direct => reopened(&filled(places.file(Place::Ext4)?, bytes), O_DIRECT)?,
            SourceEnd::Sparse => sparse(places.file(Place::Ext4)?, bytes),
            SourceEnd::Memory => filled(memory_file(), bytes),
            SourceEnd::Proc => File::open(PROC_FILE).map_err(|error| error.to_string())?,
            SourceEnd::Tcp4 => return Ok(fed(real, real.tcp_of("127.0.0.1:0")?, bytes)),
            SourceEnd::Tcp6 => return Ok(fed(real, real.tcp_of("[::1]:0")?, bytes)),
            SourceEnd::Unix => return Ok(fed(real, real.unix(true), bytes)),
            SourceEnd::Pipe => return Ok(fed(real, real.pipe(true), bytes)),
        };
        Ok(Source { fd: real.own(file), feeder: None })
    }
}

/// An open source.
#[derive(Debug)]
pub struct Source {
    pub fd: Fd,
    feeder: Option<JoinHandle<()>>,
}

impl Source {
    /// Closes it and waits for its feeder.
    pub fn close(self, real: &Real) {
        real.close(self.fd);
        if let Some(feeder) = self.feeder {
            feeder.join().unwrap();
        }
    }
}

impl TargetEnd {
    pub const ALL: [TargetEnd; 12] = [
        TargetEnd::File(Place::Ext4),
        TargetEnd::File(Place::Tmpfs),
        TargetEnd::File(Place::Btrfs),
        TargetEnd::File(Place::Xfs),
        TargetEnd::Direct,
        TargetEnd::OldData,
        TargetEnd::Appended,
        TargetEnd::Memory,
        TargetEnd::Tcp4,
        TargetEnd::Tcp6,
        TargetEnd::Unix,
        TargetEnd::Pipe,
    ];

    pub fn is_file(self) -> bool {
        !matches!(self, TargetEnd::Tcp4 | TargetEnd::Tcp6 | TargetEnd::Unix | TargetEnd::Pipe)
    }

    /// The file system, where it is one of those with files of several ends.
    pub fn place(self) -> Option<Place> {
        match self {
            TargetEnd::File(place) => Some(place),
            TargetEnd::Direct | TargetEnd::OldData | TargetEnd::Appended => Some(Place::Ext4),
            _ => None,
        }
    }

    /// A target that gets no more than `bytes`, or a reason to skip it.
    pub fn open(
        self,
        real: &Real,
        places: &Places,
        bytes: &'static [u8],
    ) -> Result<Target, String> {
        let old = |count: usize| vec![OLD_BYTE; count];
        let (file, begin) = match self {
            TargetEnd::File(place) => (places.file(place)?, 0),
            TargetEnd::Direct => (places.file_with(Place::Ext4, O_DIRECT)?, 0),
            TargetEnd::OldData => {
                (filled(places.file(Place::Ext4)?, &old(bytes.len() + OLD_BYTES)), 0)
            }
            TargetEnd::Appended => {
                let file = filled(places.file(Place::Ext4)?, &old(OLD_BYTES));
                (reopened(&file, nix::libc::O_APPEND)?, OLD_BYTES)
            }
            TargetEnd::Memory => (memory_file(), 0),
            TargetEnd::Tcp4 => return Ok(drained(real, real.tcp_of("127.0.0.1:0")?, bytes)),
            TargetEnd::Tcp6 => return Ok(drained(real, real.tcp_of("[::1]:0")?, bytes)),
            TargetEnd::Unix => return Ok(drained(real, real.unix(true), bytes)),
            TargetEnd::Pipe => return Ok(drained(real, real.pipe(true), bytes)),
        };
        let kept = file.try_clone().unwrap();
        Ok(Target { fd: real.own(file), receiver: Receiver::File { file: kept, begin, bytes } })
    }
}

/// An open target.
#[derive(Debug)]
pub struct Target {
    pub fd: Fd,
    receiver: Receiver,
}

#[derive(Debug)]
enum Receiver {
    Drainer(JoinHandle<usize>),
    File { file: File, begin: usize, bytes: &'static [u8] },
}

impl Target {
    /// Closes it and checks that it got the first `count` of the expected bytes and no more, and
    /// that a file has its position behind them and its old bytes around them.
    pub fn close(self, real: &Real, count: usize) {
        real.close(self.fd);
        match self.receiver {
            Receiver::Drainer(drainer) => assert_eq!(drainer.join().unwrap(), count),
            Receiver::File { mut file, begin, bytes } => {
                assert_file(&file, begin, &bytes[..count]);
                // Where an O_APPEND file has its position before the first write is its own affair.
                if begin == 0 || count > 0 {
                    assert_eq!(file.stream_position().unwrap(), (begin + count) as u64);
                }
            }
        }
    }
}

fn assert_file(file: &File, begin: usize, bytes: &[u8]) {
    // Again, because reads of a file with O_DIRECT have to be aligned.
    let file = File::open(path_of(file)).unwrap();
    let size = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let end = begin + bytes.len();
    assert!(size >= end, "{size} bytes instead of {end}");
    let old = vec![OLD_BYTE; begin.max(size - end)];
    assert_stored(&file, 0, &old[..begin]);
    assert_stored(&file, begin, bytes);
    assert_stored(&file, end, &old[..size - end]);
}

/// The file has `expected` at the offset `begin`.
pub fn assert_stored(file: &File, begin: usize, expected: &[u8]) {
    let mut buffer = vec![0; 1 << 20];
    for (index, chunk) in expected.chunks(buffer.len()).enumerate() {
        let offset = begin + index * buffer.len();
        let got = &mut buffer[..chunk.len()];
        file.read_exact_at(got, offset as u64).unwrap();
        content::assert_same(got, chunk, &offset);
    }
}

fn fed(real: &Real, (reader, writer): (Fd, Fd), bytes: &'static [u8]) -> Source {
    let writer = real.take(writer);
    let feeder = thread::spawn(move || feed(File::from(writer), bytes));
    Source { fd: reader, feeder: Some(feeder) }
}

/// Writes in odd pieces. A reader that goes away early is no failure: it was told to.
fn feed(mut writer: File, bytes: &[u8]) {
    let mut rest = bytes;
    for chunk in CHUNKS.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*chunk));
        if now.is_empty() || writer.write_all(now).is_err() {
            return;
        }
        rest = later;
    }
}

fn drained(real: &Real, (reader, writer): (Fd, Fd), bytes: &'static [u8]) -> Target {
    let reader = real.take(reader);
    let drainer = thread::spawn(move || drain(File::from(reader), bytes));
    Target { fd: writer, receiver: Receiver::Drainer(drainer) }
}

/// Reads to the end in odd pieces and compares. Returns how many bytes came.
fn drain(mut reader: File, bytes: &[u8]) -> usize {
    let mut buffer = vec![0; CHUNKS.into_iter().max().unwrap()];
    let mut count = 0;
    for chunk in CHUNKS.iter().cycle() {
        let got = reader.read(&mut buffer[..*chunk]).unwrap();
        if got == 0 {
            return count;
        }
        assert!(count + got <= bytes.len(), "more came than was sent");
        content::assert_same(&buffer[..got], &bytes[count..count + got], &count);
        count += got;
    }
    unreachable!("a cycle does not end")
}

pub fn memory_file() -> File {
    let made = nix::sys::memfd::memfd_create("test", nix::sys::memfd::MFdFlags::empty());
    File::from(made.unwrap())
}

/// The file with `bytes` in it and its position at 0.
pub fn filled(mut file: File, bytes: &[u8]) -> File {
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

/// A file with `bytes` in it, of which those in [`content::HOLES`] are not stored.
pub fn sparse(file: File, bytes: &[u8]) -> File {
    file.set_len(bytes.len() as u64).unwrap();
    let mut begin = 0;
    for hole in content::HOLES {
        let end = bytes.len().min(hole.start);
        file.write_all_at(&bytes[begin.min(end)..end], begin.min(end) as u64).unwrap();
        begin = hole.end;
    }
    let begin = begin.min(bytes.len());
    file.write_all_at(&bytes[begin..], begin as u64).unwrap();
    file
}

fn reopened(file: &File, flags: i32) -> Result<File, String> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let opened = options.read(true).write(true).custom_flags(flags).open(path_of(file));
    opened.map_err(|error| format!("flags {flags:#o} of open(2): {error}"))
}

fn path_of(file: &File) -> String {
    use std::os::fd::AsRawFd;
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Everything that is left in a descriptor that was given away.
pub fn read_to_end(fd: Option<OwnedFd>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(fd) = fd {
        File::from(fd).read_to_end(&mut bytes).unwrap();
    }
    bytes
}
