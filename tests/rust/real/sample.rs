//! Files on a disk, where memory files do not have what is tested.
#![allow(dead_code, clippy::unwrap_used, reason = "each test crate uses its part")]

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::fcntl::{FcntlArg, PosixFadviseAdvice, fcntl, posix_fadvise};
use zerocopy_nio::kernel::Fd;

/// A file that is open for reading and writing, and removed when it is dropped.
#[derive(Debug)]
pub struct Sample {
    pub path: PathBuf,
    pub file: File,
}

impl Sample {
    pub fn new(folder: &Path, bytes: &[u8]) -> Sample {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("sample-{}-{number}", std::process::id()));
        let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        file.write_all(bytes).unwrap();
        Sample { path, file }
    }

    pub fn fd(&self) -> Fd {
        Fd::new(self.file.as_raw_fd()).unwrap()
    }

    /// Writes it to the disk and drops it from the page cache.
    pub fn make_cold(&self) {
        self.file.sync_all().unwrap();
        posix_fadvise(&self.file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
    }

    /// Takes a record lock on all of it.
    pub fn lock(&self) {
        let range = libc::flock {
            l_type: libc::F_WRLCK as i16,
            l_whence: libc::SEEK_SET as i16,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        };
        fcntl(&self.file, FcntlArg::F_SETLK(&range)).unwrap();
        assert!(self.is_locked(), "a lock that was just taken is listed");
    }

    /// Whether this process holds a record lock on it, as the kernel lists them.
    pub fn is_locked(&self) -> bool {
        let inode = format!(":{} ", self.file.metadata().unwrap().ino());
        let owner = format!(" {} ", std::process::id());
        std::fs::read_to_string("/proc/locks")
            .unwrap()
            .lines()
            .any(|line| line.contains("POSIX") && line.contains(&owner) && line.contains(&inode))
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        std::fs::remove_file(&self.path).unwrap();
    }
}

/// A folder of the build, which is on a disk where the project is.
pub fn build_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Bytes that repeat at no distance that a mix-up of pages or pieces could have.
pub fn content(bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|place| (place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}
