//! Goal: a sparse file stays sparse, and a hole of it reads as zeros in the target whatever stood
//! there before. Blocks are shared where a file system can share them.
//!
//! Method: files with holes, between every two file systems, into empty files and over old data, by
//! every mechanism from file to file; files beyond 4 GiB; what is allocated is looked at.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use nix::errno::Errno;
use nix::libc::SYS_syncfs;
use real::ends::{TargetEnd, assert_stored, filled, memory_file, sparse};
use real::loop_device::LoopFileSystem;
use real::places::{Place, Places};
use real::run::{run_blocking, run_stepped};
use real::{Real, content};
use zerocopy_nio::driver::Request;
use zerocopy_nio::kernel::{Kernel, Linux};
use zerocopy_nio::mechanism::{Mechanism, MechanismSet};
use zerocopy_nio::transfer::End;

const PLACES: [Place; 4] = [Place::Ext4, Place::Tmpfs, Place::Btrfs, Place::Xfs];

/// Short enough for all pairs, long enough to have a hole that is left out.
const SPARSE_BYTES: usize = 16 << 20;

/// What the holes leave to be stored is below 2 MiB, and xfs allocates twice of it in advance.
const STORED_BYTES_MAX: u64 = 8 << 20;

const OLD_BYTE: u8 = 0xaa;

/// The ways from file to file, and the plan's own choice.
fn ways() -> [Option<Mechanism>; 5] {
    [
        None,
        Some(Mechanism::CopyFileRange),
        Some(Mechanism::Sendfile),
        Some(Mechanism::Mapped),
        Some(Mechanism::Copy),
    ]
}

fn allowed(way: Option<Mechanism>) -> MechanismSet {
    way.map_or(MechanismSet::ALL, |mechanism| MechanismSet::EMPTY.with(mechanism))
}

/// tmpfs does not say where its holes are: the ioctl FS_IOC_FIEMAP is not there. What it stores is in
/// memory and can be counted there, since Linux 6.5.
fn tells_its_holes(place: Place) -> bool {
    place != Place::Tmpfs || counts_pages()
}

fn counts_pages() -> bool {
    let real = Real::default();
    Linux.stored_pages(real.own(memory_file()), 0, 1) != Err(Errno::ENOSYS)
}

fn allocated_bytes(file: &File) -> u64 {
    file.sync_all().unwrap();
    file.metadata().unwrap().blocks() * 512
}

/// Two files, or why there is one less.
fn open_two(places: &Places, source: Place, target: Place) -> Result<(File, File), String> {
    Ok((places.file(source)?, places.file(target)?))
}

/// Runs `act` for every pair of file systems that are there.
fn for_each_pair(act: impl Fn(Place, Place, File, File)) {
    let places = Places::shared();
    for source in PLACES {
        for target in PLACES {
            match open_two(&places, source, target) {
                Ok((from, to)) => act(source, target, from, to),
                Err(reason) => println!("skipped: {source:?} to {target:?}: {reason}"),
            }
        }
    }
}

/// Sends all of `from` to `to` by `way`; `None` where that way is not for these two.
fn send(from: &File, to: &File, way: Option<Mechanism>, is_stepped: bool) -> Option<MechanismSet> {
    let real = Real::default();
    let (source, target) = (real.own(from.try_clone().unwrap()), real.own(to.try_clone().unwrap()));
    let size = from.metadata().unwrap().len();
    let request = Request { allowed: allowed(way), ..Request::new(source, target) };
    Linux.set_position(source, 0).unwrap();
    Linux.set_position(target, 0).unwrap();
    let ended = if is_stepped { run_stepped(&request) } else { run_blocking(&request) };
    if way == Some(Mechanism::CopyFileRange) && ended.outcome.is_err() {
        return None;
    }
    assert_eq!((ended.outcome, ended.account.delivered), (Ok(End::SourceEnded), size), "{way:?}");
    assert_eq!(Linux.position(source), Ok(size));
    assert_eq!(Linux.position(target), Ok(size));
    Some(ended.account.mechanisms)
}

/// A new file is as sparse as its source.
#[test]
fn new_file_stays_sparse() {
    let bytes = &content::with_holes()[..SPARSE_BYTES];
    for_each_pair(|source, target, from, to| {
        let from = sparse(from, bytes);
        for way in ways() {
            to.set_len(0).unwrap();
            if send(&from, &to, way, false).is_none() {
                continue;
            }
            assert_stored(&to, 0, bytes);
            assert_eq!(to.metadata().unwrap().len(), SPARSE_BYTES as u64);
            let allocated = allocated_bytes(&to);
            let is_sparse = allocated < STORED_BYTES_MAX;
            assert!(
                is_sparse || !tells_its_holes(source),
                "{source:?} to {target:?} by {way:?}: {allocated} bytes are allocated"
            );
        }
    });
}

/// Old data behind a hole is gone, whether it was punched out or zeros were written over it; old data
/// behind the last byte stays.
#[test]
fn hole_over_old_data_reads_as_zeros() {
    let bytes = &content::with_holes()[..SPARSE_BYTES];
    // The old file ends behind the new bytes, and in the middle of the long hole.
    for old_bytes in [SPARSE_BYTES + 12_345, 3 << 20] {
        let old = vec![OLD_BYTE; old_bytes];
        for_each_pair(|source, target, from, to| {
            let from = sparse(from, bytes);
            for (way, is_stepped) in ways().into_iter().zip([false, true].into_iter().cycle()) {
                to.set_len(0).unwrap();
                to.write_all_at(&old, 0).unwrap();
                if send(&from, &to, way, is_stepped).is_none() {
                    continue;
                }
                assert_stored(&to, 0, bytes);
                let behind = old_bytes.saturating_sub(SPARSE_BYTES);
                assert_stored(&to, SPARSE_BYTES, &old[..behind]);
                let size = to.metadata().unwrap().len();
                assert_eq!(size, SPARSE_BYTES.max(old_bytes) as u64, "{source:?} to {target:?}");
            }
        });
    }
}

/// A file that is one hole is no bytes but a size, also in the account: no mechanism has moved it.
#[test]
fn file_of_one_hole_is_moved_by_no_mechanism() {
    for_each_pair(|source, target, from, to| {
        from.set_len(SPARSE_BYTES as u64).unwrap();
        let mechanisms = send(&from, &to, None, false).unwrap();
        assert_stored(&to, 0, &vec![0; SPARSE_BYTES]);
        let is_told = tells_its_holes(source);
        assert_eq!(mechanisms == MechanismSet::EMPTY, is_told, "{source:?} to {target:?}");
    });
}

/// Offsets need 64 bits. A file of more than 4 GiB, with data around every border of 32 bits.
///
/// Method: between files the holes are left out. To streams only what lies around 4 GiB is sent,
/// because there a hole is as much work as data.
#[test]
fn more_than_4_gib_arrive() {
    const SIZE: u64 = (4 << 30) + (3 << 20);
    let pieces = [0, (2 << 30) - 50_000, (4 << 30) - 50_000, SIZE - 100_000];
    let bytes = &content::dense()[..100_000];
    let places = Places::shared();
    for place in [Place::Ext4, Place::Btrfs, Place::Xfs] {
        let (from, to) = match open_two(&places, place, place) {
            Ok(two) => two,
            Err(reason) => {
                println!("skipped: {reason}");
                continue;
            }
        };
        from.set_len(SIZE).unwrap();
        for begin in pieces {
            from.write_all_at(bytes, begin).unwrap();
        }
        for way in ways() {
            to.set_len(0).unwrap();
            send(&from, &to, way, false).unwrap();
            assert_eq!(to.metadata().unwrap().len(), SIZE);
            for begin in pieces {
                assert_stored(&to, usize::try_from(begin).unwrap(), bytes);
            }
            assert!(allocated_bytes(&to) < STORED_BYTES_MAX, "{place:?} by {way:?}");
        }
        send_around_4_gib(&places, from);
    }
}

fn send_around_4_gib(places: &Places, from: File) {
    const BEGIN: u64 = (4 << 30) - 200_000;
    let mut bytes = vec![0; 400_000];
    from.read_exact_at(&mut bytes, BEGIN).unwrap();
    let bytes: &'static [u8] = bytes.leak();
    let real = Real::default();
    let source = real.own(from);
    for end in [TargetEnd::Tcp4, TargetEnd::Unix, TargetEnd::Pipe, TargetEnd::Memory] {
        for mechanism in [Mechanism::Sendfile, Mechanism::Mapped, Mechanism::Copy] {
            let target = end.open(&real, places, bytes).unwrap();
            let request = Request {
                source_offset: Some(BEGIN),
                count: bytes.len() as u64,
                allowed: MechanismSet::EMPTY.with(mechanism),
                ..Request::new(source, target.fd)
            };
            let ended = run_blocking(&request);
            assert_eq!(ended.outcome, Ok(End::Complete), "{end:?} by {mechanism:?}");
            target.close(&real, bytes.len());
        }
    }
}

/// copy_file_range shares the blocks on btrfs and xfs, so that a copy takes no room.
///
/// Method: a file system of its own is asked what is free before and after; a copy by another
/// mechanism shows that the question can be answered.
#[test]
fn copy_within_btrfs_and_xfs_shares_the_blocks() {
    for kind in ["btrfs", "xfs"] {
        let mounted = match LoopFileSystem::new(kind) {
            Ok(mounted) => mounted,
            Err(reason) => {
                println!("skipped: {reason}");
                continue;
            }
        };
        let create = |name: &str| {
            let mut options = File::options();
            options.read(true).write(true).create_new(true);
            options.open(mounted.folder().join(name)).unwrap()
        };
        let bytes = content::dense();
        let from = filled(create("from"), bytes);
        for (way, is_shared) in [(None, true), (Some(Mechanism::Sendfile), false)] {
            let to = create(if is_shared { "shared" } else { "copied" });
            let before = free_bytes(&from);
            let mechanisms = send(&from, &to, way, false).unwrap();
            let taken = before.saturating_sub(free_bytes(&to));
            assert_eq!(mechanisms.contains(Mechanism::CopyFileRange), is_shared);
            assert_stored(&to, 0, bytes);
            let half = bytes.len() as u64 / 2;
            assert_eq!(taken < half, is_shared, "{kind} by {way:?}: {taken} bytes are taken");
        }
    }
}

/// What is free in the file system of `file` when all that was written is on the disk.
#[allow(unsafe_code, reason = "nix has syncfs(2) for other systems only")]
fn free_bytes(file: &File) -> u64 {
    use std::os::fd::AsRawFd;
    // SAFETY: syncfs(2) touches no memory of this process.
    let synced = unsafe { nix::libc::syscall(SYS_syncfs, file.as_raw_fd()) };
    assert_eq!(synced, 0);
    let status = nix::sys::statfs::fstatfs(file).unwrap();
    status.blocks_free() * status.block_size() as u64
}

/// A source in memory has holes that are found by its pages: they arrive as zeros.
#[test]
fn hole_of_a_file_in_memory_reads_as_zeros() {
    let bytes = &content::with_holes()[..SPARSE_BYTES];
    let to = memory_file();
    for way in ways() {
        to.set_len(0).unwrap();
        to.write_all_at(&[OLD_BYTE; 500_000], 0).unwrap();
        send(&sparse(memory_file(), bytes), &to, way, false).unwrap();
        assert_stored(&to, 0, bytes);
    }
}

/// What is written into a hole while the file is sent arrives or does not, and what was there before
/// always does.
///
/// Method: a thread fills the holes of a file in memory, page by page, over and over, while it is sent
/// into old data; the islands that were there are whole, and between them is nothing but zeros and what
/// the thread has written.
#[test]
fn holes_that_are_filled_meanwhile_are_zeros_or_bytes() {
    const PAGE: usize = 4096;
    const NEW_BYTE: u8 = 0x55;
    let bytes = &content::with_holes()[..SPARSE_BYTES];
    let is_hole = |page: usize| bytes[page * PAGE..][..PAGE].iter().all(|byte| *byte == 0);
    let holes: Vec<usize> = (0..SPARSE_BYTES / PAGE).filter(|page| is_hole(*page)).collect();
    for way in ways() {
        let from = sparse(memory_file(), bytes);
        let to = filled(memory_file(), &[OLD_BYTE; SPARSE_BYTES]);
        let writer = from.try_clone().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for page in &holes {
                    writer.write_all_at(&[NEW_BYTE; PAGE], (page * PAGE) as u64).unwrap();
                }
            });
            send(&from, &to, way, false).unwrap();
        });
        let mut sent = vec![0; SPARSE_BYTES];
        to.read_exact_at(&mut sent, 0).unwrap();
        for (page, sent) in sent.chunks(PAGE).enumerate() {
            if is_hole(page) {
                let is_right = sent.iter().all(|byte| [0, NEW_BYTE].contains(byte));
                assert!(is_right, "page {page} by {way:?}");
            } else {
                assert_eq!(sent, &bytes[page * PAGE..][..PAGE], "page {page} by {way:?}");
            }
        }
    }
}
