//! Goal: a file that is read past the page cache gives exactly its bytes, and leaves nothing
//! behind: no lost lock, no descriptor, no memory, nothing in a child.
//! Method: files on the file system of the build, and on ext4, xfs and btrfs on loop devices.
#![allow(clippy::unwrap_used)]

mod real;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use real::child::in_child;
use real::loop_device::LoopFileSystem;
use real::sample::{Sample, build_folder, content};
use real::without_hanging;
use zerocopy_nio::kernel::{Fd, Kernel, Linux};

type DirectFile = <Linux as Kernel>::DirectFile;

const MIB: usize = 1 << 20;

/// All that is left of `file`, consumed in parts of at most `part_bytes`.
fn rest_of(file: &mut DirectFile, part_bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    // Ends: each turn consumes bytes of a finite file.
    loop {
        let bytes = match Linux.direct_bytes(file) {
            Err(Errno::EINTR) => continue,
            bytes => bytes.unwrap(),
        };
        if bytes.is_empty() {
            return all;
        }
        let part = &bytes[..bytes.len().min(part_bytes)];
        all.extend_from_slice(part);
        let count = part.len();
        Linux.consume_direct(file, count);
    }
}

/// Reads files of many sizes, from many offsets, on the file system of `folder`.
fn reads_files_of_all_sizes(folder: &Path) {
    let sizes = [0, 1, 511, 512, 513, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, 9 * MIB + 17];
    for size in sizes {
        let bytes = content(size);
        let sample = Sample::new(folder, &bytes);
        for offset in [0, 1, 511, 512, 4095, 4096, 4097, MIB, size.saturating_sub(1), size] {
            for (end, part_bytes) in [(size, 70_001), (size / 2, usize::MAX), (size + 5000, MIB)] {
                let (from, end) = (offset as u64, end as u64);
                let mut file = Linux.open_direct(sample.fd(), from, end).unwrap();
                let wanted = bytes.get(offset..size.min(end as usize)).unwrap_or(&[]);
                let read = without_hanging(move || rest_of(&mut file, part_bytes));
                assert!(read == wanted, "{size} B from {offset} to {end}");
            }
        }
    }
}

/// A hole at the beginning, in the middle and at the end, on the file system of `folder`.
fn reads_holes_as_zeros(folder: &Path) {
    let sample = Sample::new(folder, &[]);
    let mut bytes = vec![0; 7 * MIB + 100];
    for place in [MIB + 4096, 4 * MIB - 10] {
        let piece = content(MIB / 2 + 3);
        bytes[place..place + piece.len()].copy_from_slice(&piece);
        (&sample.file).seek(SeekFrom::Start(place as u64)).unwrap();
        (&sample.file).write_all(&piece).unwrap();
    }
    sample.file.set_len(bytes.len() as u64).unwrap();
    let mut file = Linux.open_direct(sample.fd(), 0, bytes.len() as u64).unwrap();
    assert!(rest_of(&mut file, usize::MAX) == bytes);
}

/// A file that is cut off while it is read ends where it was cut, on the file system of `folder`.
fn ends_where_the_file_was_cut(folder: &Path) {
    let bytes = content(9 * MIB);
    let sample = Sample::new(folder, &bytes);
    let mut file = Linux.open_direct(sample.fd(), 0, bytes.len() as u64).unwrap();
    let first = Linux.direct_bytes(&mut file).unwrap().len();
    assert_eq!(first, MIB);
    // Behind what is read ahead at the beginning, so that the end can only be here.
    let cut = 5 * MIB + 100;
    sample.file.set_len(cut as u64).unwrap();
    let read = without_hanging(move || {
        let read = rest_of(&mut file, 100_000);
        assert!(Linux.direct_bytes(&mut file).unwrap().is_empty(), "the end stays the end");
        read
    });
    assert!(read == bytes[..cut]);
}

/// A lock on the file survives opening, reading and closing, on the file system of `folder`. To
/// open and close it in the plain way drops the lock, which shows that the danger is real.
fn keeps_the_locks_of_the_process(folder: &Path) {
    let sample = Sample::new(folder, &content(3 * MIB));
    sample.lock();
    let mut file = Linux.open_direct(sample.fd(), 0, 3 * MIB as u64).unwrap();
    assert!(sample.is_locked(), "opening dropped the lock");
    rest_of(&mut file, MIB);
    assert!(sample.is_locked(), "reading dropped the lock");
    drop(file);
    assert!(sample.is_locked(), "closing dropped the lock");
    drop(Linux.open_direct(sample.fd(), 0, 3 * MIB as u64).unwrap());
    assert!(sample.is_locked(), "closing without a read dropped the lock");

    drop(File::options().read(true).custom_flags(libc::O_DIRECT).open(&sample.path).unwrap());
    assert!(!sample.is_locked(), "a plain close would not have dropped the lock");
}

fn is_right_on(folder: &Path) {
    reads_files_of_all_sizes(folder);
    reads_holes_as_zeros(folder);
    ends_where_the_file_was_cut(folder);
    keeps_the_locks_of_the_process(folder);
}

/// Runs all of it on a new file system, or says why that can't be.
fn is_right_on_a_new(kind: &str) {
    match LoopFileSystem::new(kind) {
        Ok(file_system) => is_right_on(file_system.folder()),
        Err(reason) => eprintln!("SKIPPED {reason}"),
    }
}

#[test]
fn direct_reads_are_exact_where_the_build_is() {
    is_right_on(build_folder());
}

#[test]
fn direct_reads_are_exact_on_ext4() {
    is_right_on_a_new("ext4");
}

#[test]
fn direct_reads_are_exact_on_xfs() {
    is_right_on_a_new("xfs");
}

#[test]
fn direct_reads_are_exact_on_btrfs() {
    is_right_on_a_new("btrfs");
}

/// Goal: the page cache neither gets the bytes nor hides newer ones.
/// Method: drop a file from the cache, read it directly, look whether it is cached; then write
/// through the cache and read again.
#[test]
fn direct_reads_leave_the_page_cache_alone() {
    let sample = Sample::new(build_folder(), &content(2 * MIB));
    sample.make_cold();
    let mut file = Linux.open_direct(sample.fd(), 0, 2 * MIB as u64).unwrap();
    rest_of(&mut file, MIB);
    assert_eq!(Linux.is_cached(sample.fd(), 0), Ok(false));

    (&sample.file).seek(SeekFrom::Start(4096)).unwrap();
    (&sample.file).write_all(b"newer").unwrap();
    let mut file = Linux.open_direct(sample.fd(), 4096, 4101).unwrap();
    assert_eq!(rest_of(&mut file, MIB), b"newer");
}

/// Goal: a file that was opened directly and left half-read costs neither descriptor nor memory.
/// Method: 300 of them, each with reads under way when it is dropped, hold 1.2 GB if they leak.
#[test]
fn dropping_gives_back_descriptors_and_memory() {
    let virtual_bytes = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
    };
    let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let sample = Sample::new(build_folder(), &content(9 * MIB));
    let (bytes_before, files_before) = (virtual_bytes(), open_files());
    for _ in 0..300 {
        let mut file = Linux.open_direct(sample.fd(), 0, 9 * MIB as u64).unwrap();
        Linux.direct_bytes(&mut file).unwrap();
        Linux.consume_direct(&mut file, MIB);
        Linux.direct_bytes(&mut file).unwrap();
    }
    // The other tests of this process have some files and threads at a time.
    assert!(open_files() < files_before + 100, "descriptors are left open");
    assert!(virtual_bytes() < bytes_before + 800 * MIB, "memory is left mapped");
}

/// Goal: reads that were asked for by one thread are there for another one, also when the first has
/// ended meanwhile, which makes the kernel give up those that it has not begun.
/// Method: each piece is asked for by a thread of its own.
#[test]
fn reads_outlive_the_thread_that_asked_for_them() {
    let bytes = content(12 * MIB + 5);
    let sample = Sample::new(build_folder(), &bytes);
    sample.make_cold();
    let mut file = Linux.open_direct(sample.fd(), 3, bytes.len() as u64).unwrap();
    let mut read = Vec::new();
    // Ends: each turn consumes bytes of a finite file, or one of a few reads was given up.
    loop {
        let asking = std::thread::spawn(move || {
            let part = Linux.direct_bytes(&mut file).map(<[u8]>::to_vec);
            Linux.consume_direct(&mut file, part.as_ref().map_or(0, Vec::len));
            (file, part)
        });
        let (back, part) = asking.join().unwrap();
        file = back;
        match part {
            Err(errno) => assert_eq!(errno, Errno::EINTR, "given up, and to be asked for again"),
            Ok(part) if part.is_empty() => break,
            Ok(part) => read.extend(part),
        }
    }
    assert!(read == bytes[3..]);
}

/// Lets SIGALRM, which does nothing, come again and again; never, if `every_us` is 0.
#[allow(unsafe_code)]
fn set_alarm(every_us: libc::suseconds_t) {
    extern "C" fn nothing(_signal: libc::c_int) {}

    let every = libc::timeval { tv_sec: 0, tv_usec: every_us };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the handler does nothing, the structures are of the right types, and a set of no
    // signals and no flags, SA_RESTART among them, is made of zeros.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut());
    }
}

/// Goal: a signal that comes while the disk is waited for is an EINTR, and no byte is lost by it.
/// Method: a timer in a child, until some waits were interrupted.
#[test]
fn signal_interrupts_the_wait_and_loses_nothing() {
    const ROUNDS_MIN: usize = 5;
    const ROUNDS_MAX: usize = 50;

    let bytes = content(8 * MIB + 5);
    let sample = Sample::new(build_folder(), &bytes);
    sample.make_cold();
    in_child(|| {
        let mut interruptions = 0;
        for round in 1..=ROUNDS_MAX {
            let mut file = Linux.open_direct(sample.fd(), 0, bytes.len() as u64).unwrap();
            set_alarm(100);
            let mut read = Vec::new();
            // Ends: each turn consumes bytes of a finite file, or was interrupted.
            loop {
                match Linux.direct_bytes(&mut file) {
                    Ok([]) => break,
                    Err(errno) => {
                        assert_eq!(errno, Errno::EINTR);
                        interruptions += 1;
                    }
                    Ok(part) => {
                        read.extend_from_slice(part);
                        let count = part.len();
                        Linux.consume_direct(&mut file, count);
                    }
                }
            }
            set_alarm(0);
            assert!(read == bytes);
            if round >= ROUNDS_MIN && interruptions > 0 {
                return;
            }
        }
        panic!("no wait was interrupted in {ROUNDS_MAX} rounds");
    });
}

/// Goal: a child after fork(2) can't use the ring of its parent, does not wait for it, and unmaps
/// nothing where the buffers of the parent were.
/// Method: fork with reads under way; the child asks and drops, with something else mapped at the
/// addresses that are free in it; the parent reads on.
#[test]
fn child_does_not_touch_the_ring_of_its_parent() {
    let bytes = content(9 * MIB);
    let sample = Sample::new(build_folder(), &bytes);
    let mut file = Linux.open_direct(sample.fd(), 0, bytes.len() as u64).unwrap();
    Linux.direct_bytes(&mut file).unwrap();
    in_child(|| {
        assert_eq!(Linux.direct_bytes(&mut file), Err(Errno::EBADFD));
        // The kernel gives a mapping of this size the first gap that fits: that of the buffers.
        let mine: Vec<_> = (0..4).map(|_| vec![7_u8; 4 * MIB]).collect();
        // SAFETY: the child ends before anything uses the file again.
        #[allow(unsafe_code)]
        drop(unsafe { std::ptr::read(&raw const file) });
        assert!(mine.iter().flatten().all(|byte| *byte == 7));
    });
    assert!(rest_of(&mut file, MIB) == bytes);
}

/// Goal: what can't be read directly is an errno from opening it, not a wrong byte later.
/// Method: a pipe, a file of procfs, a descriptor that is not open.
#[test]
fn what_has_no_direct_reads_is_refused() {
    let real = real::Real::default();
    let refused = |fd| Linux.open_direct(fd, 0, 4096).map(drop);
    assert!(refused(real.pipe(true).0).is_err());
    let maps = real.own(File::open("/proc/self/maps").unwrap());
    assert!(refused(maps).is_err());
    assert_eq!(refused(Fd::new(1 << 20).unwrap()), Err(Errno::ENOENT));
}
