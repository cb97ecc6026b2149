//! Goal: where the bytes of a file are stored, whether they are in the page cache and how far their
//! device reads ahead is answered as the system itself shows it.
//! Method: files with holes, files that are not written out yet, files dropped from the cache; on
//! the file system of the build, and on ext4, xfs and btrfs on loop devices.
#![allow(clippy::unwrap_used)]

mod real;

use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use real::loop_device::{LoopFileSystem, run};
use real::sample::{Sample, build_folder, content};
use zerocopy_nio::kernel::{Extent, Kernel, Linux};

const MIB: u64 = 1 << 20;

const PAGE_BYTES: u64 = 4096;

/// Whether each page of the file is a hole, as asked extent by extent.
fn holes(sample: &Sample, end: u64) -> Vec<bool> {
    let mut holes = Vec::new();
    let mut offset = 0;
    // Ends: each extent ends behind its beginning.
    while offset < end {
        let Extent { is_hole, end: behind } = Linux.extent(sample.fd(), offset, end).unwrap();
        assert!(behind > offset && behind <= end, "{offset} to {behind} of {end}");
        assert_eq!(behind % PAGE_BYTES, 0, "{behind} is in the middle of a page");
        holes.extend((offset..behind).step_by(PAGE_BYTES as usize).map(|_| is_hole));
        offset = behind;
    }
    holes
}

/// The same for each page, where it is known for each MiB.
fn each_page(holes: &[bool]) -> Vec<bool> {
    holes.iter().flat_map(|is_hole| vec![*is_hole; (MIB / PAGE_BYTES) as usize]).collect()
}

/// What was written is data at once, although nothing of it has a place on the disk yet; what was
/// never written is a hole; and so they stay.
fn tells_holes_from_data(folder: &Path) {
    let sample = Sample::new(folder, &[]);
    sample.file.set_len(6 * MIB).unwrap();
    for place in [MIB, 3 * MIB] {
        sample.file.write_all_at(&content(MIB as usize), place).unwrap();
    }
    let expected = each_page(&[true, false, true, false, true, true]);
    assert_eq!(holes(&sample, 6 * MIB), expected, "not written out");
    sample.file.sync_all().unwrap();
    assert_eq!(holes(&sample, 6 * MIB), expected, "written out");
    let inside = Linux.extent(sample.fd(), MIB + 5, 2 * MIB - 7);
    assert_eq!(inside, Ok(Extent { is_hole: false, end: 2 * MIB - 7 }), "cut to what was asked");

    Linux.punch_hole(sample.fd(), 3 * MIB, MIB).unwrap();
    let expected = each_page(&[true, false, true, true, true, true]);
    assert_eq!(holes(&sample, 6 * MIB), expected, "punched");
}

/// What was allocated and not written counts as data: it may be in the page cache only.
fn counts_what_is_allocated_as_data(folder: &Path) {
    let sample = Sample::new(folder, &[]);
    fallocate(&sample.file, FallocateFlags::empty(), 0, 2 * MIB as i64).unwrap();
    sample.file.write_all_at(b"in the cache only", MIB).unwrap();
    assert_eq!(holes(&sample, 2 * MIB), each_page(&[false, false]));
}

/// Cold after it was dropped from the cache, hot after it was read.
fn tells_hot_from_cold(folder: &Path) {
    let sample = Sample::new(folder, &content(2 * MIB as usize));
    assert_eq!(Linux.is_cached(sample.fd(), 0), Ok(true), "just written");
    sample.make_cold();
    for offset in [0, MIB + 5] {
        assert_eq!(Linux.is_cached(sample.fd(), offset), Ok(false), "at {offset}");
    }
    sample.file.read_exact_at(&mut [0; 1], MIB + 5).unwrap();
    assert_eq!(Linux.is_cached(sample.fd(), MIB + 5), Ok(true));
}

fn is_right_on(folder: &Path) {
    tells_holes_from_data(folder);
    counts_what_is_allocated_as_data(folder);
    tells_hot_from_cold(folder);
}

/// The same on a file system of its own, and the read-ahead of its device as blockdev(8) sets it.
fn is_right_on_a_new(kind: &str) {
    let file_system = match LoopFileSystem::new(kind) {
        Ok(file_system) => file_system,
        Err(reason) => return eprintln!("SKIPPED {reason}"),
    };
    is_right_on(file_system.folder());
    let sample = Sample::new(file_system.folder(), b"x");
    let device = Linux.file_status(sample.fd()).unwrap().device;
    for sectors in ["256", "4096"] {
        run("blockdev", &["--setra", sectors, file_system.device()]).unwrap();
        let bytes = Linux.read_ahead_bytes(device);
        // A file of btrfs has a device number of the file system's, which no device has.
        let expected = match kind {
            "btrfs" => Err(Errno::ENOENT),
            _ => Ok(sectors.parse::<u64>().unwrap() * 512),
        };
        assert_eq!(bytes, expected);
    }
}

#[test]
fn storage_is_known_where_the_build_is() {
    is_right_on(build_folder());
}

#[test]
fn storage_is_known_on_ext4() {
    is_right_on_a_new("ext4");
}

#[test]
fn storage_is_known_on_xfs() {
    is_right_on_a_new("xfs");
}

#[test]
fn storage_is_known_on_btrfs() {
    is_right_on_a_new("btrfs");
}

/// Goal: where there is no map of extents, and no device, this is said, and nothing is guessed.
/// Method: a file in memory and a device number that nothing has.
#[test]
fn what_has_no_storage_says_so() {
    let real = real::Real::default();
    let file = real.file(b"in memory");
    assert_eq!(Linux.extent(file, 0, 9), Err(Errno::EOPNOTSUPP));
    let is_cached = Linux.is_cached(file, 0);
    assert!(matches!(is_cached, Ok(true) | Err(Errno::EOPNOTSUPP)), "{is_cached:?}");
    assert_eq!(Linux.read_ahead_bytes(u64::MAX), Err(Errno::ENOENT));
}
