//! Goal: the bytes of a mapped file reach every kind of target exactly, and a file that is cut off
//! is an errno and not the death of the process.
//! Method: files on the file system of the build, at offsets within pages, cut off while mapped.
#![allow(clippy::unwrap_used)]

mod real;

use nix::errno::Errno;
use real::Real;
use real::sample::{Sample, build_folder, content};
use zerocopy_nio::kernel::{Fd, Kernel, Linux, SendFlags};

const PAGE_BYTES: u64 = 4096;

/// Goal: any part of a file can be mapped, and any part of the mapping written, by all three calls.
/// Method: offsets on and beside the borders of pages; a socket, a pipe, and a file at an offset.
#[test]
fn any_part_of_a_mapping_can_be_written() {
    let bytes = content(40_000);
    let sample = Sample::new(build_folder(), &bytes);
    for (offset, count) in [(0, 1), (1, 4095), (4095, 2), (4096, 4096), (5000, 30_000)] {
        let mapping = Linux.map(sample.fd(), offset, count).unwrap();
        for begin in [0, count / 2, count - 1] {
            let real = Real::default();
            let expected = &bytes[offset as usize + begin..offset as usize + count];
            let file = real.file(b"");
            let written = Linux.write_mapped(file, Some(3), &mapping, begin, expected.len(), None);
            assert_eq!(written, Ok(expected.len()));
            assert!(real.content(file)[3..] == *expected);
            for ((reader, target), flags) in
                [(real.tcp(true), Some(SendFlags::default())), (real.pipe(true), None)]
            {
                let written =
                    Linux.write_mapped(target, None, &mapping, begin, expected.len(), flags);
                assert_eq!(written, Ok(expected.len()));
                assert!(real.read(reader, expected.len()) == expected);
            }
        }
    }
}

/// Goal: what is left of a file that was cut off is written, and then EFAULT answers; SIGBUS, which
/// would end this process, is not raised.
/// Method: cut a mapped file to one page, to half of it, to nothing; send and write beyond.
#[test]
fn file_that_is_cut_off_answers_efault() {
    let bytes = content(5 * PAGE_BYTES as usize);
    let sample = Sample::new(build_folder(), &bytes);
    let mapping = Linux.map(sample.fd(), 0, bytes.len()).unwrap();
    let write = |target: Fd, begin: u64, flags| {
        let begin = begin as usize;
        Linux.write_mapped(target, None, &mapping, begin, bytes.len() - begin, flags)
    };
    for (size, pages_left) in [(PAGE_BYTES + 1, 2), (100, 1), (0, 0)] {
        sample.file.set_len(size).unwrap();
        let real = Real::default();
        let end = pages_left * PAGE_BYTES;
        for ((_, target), flags) in
            [(real.tcp(true), Some(SendFlags::default())), (real.pipe(true), None)]
        {
            if pages_left > 0 {
                // The kernel may give up a piece of which it can copy the beginning only: EFAULT
                // does not say that nothing is left.
                let written = write(target, end - 10, flags);
                assert!(matches!(written, Ok(10) | Err(Errno::EFAULT)), "{written:?}");
                let written =
                    Linux.write_mapped(target, None, &mapping, end as usize - 10, 10, flags);
                assert_eq!(written, Ok(10), "up to the end of the last page");
            }
            assert_eq!(write(target, end, flags), Err(Errno::EFAULT), "cut to {size} B");
        }
    }
}

/// Goal: what can't be mapped is refused.
/// Method: a pipe; nothing of a file; more than there are addresses.
#[test]
fn what_can_not_be_mapped_is_refused() {
    let real = Real::default();
    let refused = |fd, offset, count| Linux.map(fd, offset, count).map(drop);
    assert_eq!(refused(real.pipe(true).0, 0, 1), Err(Errno::ENODEV));
    let file = real.file(b"some");
    assert_eq!(refused(file, 0, 0), Err(Errno::EINVAL));
    assert_eq!(refused(file, 1, usize::MAX), Err(Errno::EOVERFLOW));
    assert_eq!(refused(file, u64::MAX, 1), Err(Errno::EOVERFLOW));
    assert_eq!(refused(file, 0, usize::MAX / 2), Err(Errno::ENOMEM));
}

/// Goal: a mapping keeps the record locks of the process, and is given back.
/// Method: a lock before, during and after; the maps of the process.
#[test]
fn mapping_keeps_locks_and_is_given_back() {
    let sample = Sample::new(build_folder(), &content(8192));
    let is_mapped = || {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.contains(sample.path.to_str().unwrap())
    };
    sample.lock();
    let mapping = Linux.map(sample.fd(), 5, 8000).unwrap();
    assert!(is_mapped() && sample.is_locked());
    drop(mapping);
    assert!(!is_mapped() && sample.is_locked());
}
