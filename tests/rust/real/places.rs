//! Where the files of the tests lie.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use nix::libc::O_TMPFILE;
use nix::sys::statfs::{EXT4_SUPER_MAGIC, FsType, TMPFS_MAGIC, statfs};

use super::loop_device::LoopFileSystem;

/// A file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// That of the build where it is ext4, else on a loop device.
    Ext4,
    Tmpfs,
    Btrfs,
    Xfs,
}

/// The file systems that have to be mounted, each when it is first asked for. All tests that run at
/// the same time have the same ones, and the last of them unmounts.
#[derive(Debug, Default)]
pub struct Places {
    ext4: Mounted,
    btrfs: Mounted,
    xfs: Mounted,
}

type Mounted = OnceLock<Result<LoopFileSystem, String>>;

impl Places {
    pub fn shared() -> Arc<Places> {
        static SHARED: Mutex<Weak<Places>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let places = Arc::new(Places::default());
            *shared = Arc::downgrade(&places);
            places
        })
    }

    /// A new file without a name, open for reading and writing; or why there is none.
    pub fn file(&self, place: Place) -> Result<File, String> {
        self.file_with(place, 0)
    }

    /// The same with more flags of open(2).
    pub fn file_with(&self, place: Place, flags: i32) -> Result<File, String> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).custom_flags(O_TMPFILE | flags);
        let opened = options.open(self.folder(place)?);
        opened.map_err(|error| format!("a file on {place:?}: {error}"))
    }

    fn folder(&self, place: Place) -> Result<&Path, String> {
        let build = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let memory = Path::new("/dev/shm");
        let (mounted, kind) = match place {
            Place::Tmpfs if is_of(memory, TMPFS_MAGIC) => return Ok(memory),
            Place::Tmpfs => return Err("there is no tmpfs at /dev/shm".to_owned()),
            Place::Ext4 if is_of(build, EXT4_SUPER_MAGIC) => return Ok(build),
            Place::Ext4 => (&self.ext4, "ext4"),
            Place::Btrfs => (&self.btrfs, "btrfs"),
            Place::Xfs => (&self.xfs, "xfs"),
        };
        let mounted = mounted.get_or_init(|| LoopFileSystem::new(kind));
        mounted.as_ref().map(LoopFileSystem::folder).map_err(Clone::clone)
    }
}

fn is_of(folder: &Path, kind: FsType) -> bool {
    statfs(folder).is_ok_and(|it| it.filesystem_type() == kind)
}
