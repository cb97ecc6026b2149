//! A file system of its own on a loop device, for what differs between file systems.
#![allow(dead_code, clippy::unwrap_used, reason = "each test crate uses its part")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The smallest that mkfs.xfs makes is 300 MiB. The image has holes and takes what is written.
const IMAGE_BYTES: u64 = 512 << 20;

/// Mounted until it is dropped.
#[derive(Debug)]
pub struct LoopFileSystem {
    image: PathBuf,
    device: Option<String>,
    folder: PathBuf,
    is_mounted: bool,
}

impl LoopFileSystem {
    /// A new file system of the kind `ext4`, `xfs` or `btrfs`; or why there can be none, which is
    /// the reason for a test to be skipped.
    pub fn new(kind: &str) -> Result<LoopFileSystem, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("loop-{kind}-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let image = folder.with_extension("img");
        std::fs::create_dir_all(&folder).unwrap();
        File::create(&image).unwrap().set_len(IMAGE_BYTES).unwrap();
        let mut made = LoopFileSystem { image, device: None, folder, is_mounted: false };
        made.mount(kind).map_err(|reason| format!("{kind} is not tested: {reason}"))?;
        Ok(made)
    }

    /// The folder that it is mounted at.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The block device, as in `/dev/loop0`.
    pub fn device(&self) -> &str {
        self.device.as_deref().unwrap()
    }

    fn mount(&mut self, kind: &str) -> Result<(), String> {
        let force = if kind == "ext4" { "-F" } else { "-f" };
        let image = self.image.to_str().unwrap();
        run(&format!("mkfs.{kind}"), &["-q", force, image])?;
        self.device = Some(run("losetup", &["--find", "--show", image])?);
        run("mount", &["-t", kind, self.device(), self.folder.to_str().unwrap()])?;
        self.is_mounted = true;
        Ok(())
    }
}

impl Drop for LoopFileSystem {
    fn drop(&mut self) {
        let folder = self.folder.to_str().unwrap();
        // Lazily, because a child that another test is about to start has all descriptors of this
        // process for a moment.
        let unmounted =
            if self.is_mounted { run("umount", &["--lazy", folder]) } else { Ok(String::new()) };
        let detached = match &self.device {
            Some(device) => run("losetup", &["--detach", device]),
            None => Ok(String::new()),
        };
        std::fs::remove_file(&self.image).unwrap();
        if !std::thread::panicking() {
            assert_eq!(unmounted.and(detached), Ok(String::new()));
            std::fs::remove_dir(&self.folder).unwrap();
        }
    }
}

/// What a program prints; or what it complains of.
pub fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program} can't be run: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!("{program}: {}", text(&output.stderr)))
    }
}
