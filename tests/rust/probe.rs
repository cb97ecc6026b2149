//! Goal: what is said to work is what works, and what does not is explained.
//! Method: every mechanism is tried in this process, and in children in which something is refused.
#![allow(clippy::unwrap_used)]

mod real;

use libc::{EIO, EMFILE, ENODEV, ENOSYS, EPERM};
use nix::errno::Errno;
use real::child::in_child;
use real::seccomp::{Refused, refuse, why_no_filter};
use zerocopy_nio::kernel::Linux;
use zerocopy_nio::mechanism::Mechanism;
use zerocopy_nio::probe::probe;

/// Goal: why a mechanism can't be used is said in words that one can act on.
/// Method: the filter, and a user who may lock no memory; the answer of the probe.
#[test]
fn causes_are_named() {
    if let Some(reason) = why_no_filter() {
        return eprintln!("SKIPPED {reason}");
    }
    let uring = Refused::Calls(&[libc::SYS_io_uring_setup]);
    let named = [
        (
            Mechanism::Sendfile,
            Refused::Calls(&[libc::SYS_sendfile]),
            EPERM,
            "sendfile: EPERM: blocked by seccomp?",
        ),
        (
            Mechanism::Splice,
            Refused::Calls(&[libc::SYS_splice]),
            ENOSYS,
            "splice: ENOSYS: this kernel does not have",
        ),
        (
            Mechanism::CopyFileRange,
            Refused::Calls(&[libc::SYS_copy_file_range]),
            524,
            "errno 524 (ENOTSUPP)",
        ),
        (Mechanism::Mapped, Refused::Mappings, ENODEV, "mapped: ENODEV: unexpected"),
        (Mechanism::DirectIo, uring, EPERM, "direct_io: EPERM: "),
        (Mechanism::DirectIo, uring, EMFILE, "direct_io: EMFILE: out of file descriptors"),
        (Mechanism::Copy, Refused::Calls(&[libc::SYS_pread64]), EIO, "copy: EIO: unexpected"),
    ];
    for (mechanism, refused, errno, words) in named {
        in_child(|| {
            refuse(refused, errno);
            let unusable = probe(&Linux, mechanism).unwrap_err();
            assert_eq!(unusable.errno, Errno::from_raw(errno));
            let text = unusable.to_string();
            assert!(text.contains(words), "{text} has no {words}");
        });
    }
    in_child(|| {
        may_lock_no_memory();
        let text = probe(&Linux, Mechanism::MsgZerocopy).unwrap_err().to_string();
        let words = "msg_zerocopy: ENOBUFS: no memlock budget: RLIMIT_MEMLOCK is 0 B";
        assert!(text.contains(words), "{text} has no {words}");
    });
}

/// Goal: every mechanism works here, and trying it costs no descriptor.
/// Method: probe each, many times; count the open files of the process.
#[test]
fn probes_succeed_and_close_what_they_opened() {
    in_child(|| {
        let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let before = open_files();
        for _ in 0..100 {
            for mechanism in Mechanism::ALL {
                assert_eq!(probe(&Linux, mechanism), Ok(()), "{mechanism:?}");
            }
        }
        assert_eq!(open_files(), before);
    });
}

/// A user without privileges and without a budget. Only root can become another one, and only root
/// has to.
fn may_lock_no_memory() {
    const NOBODY: libc::uid_t = 65_534;
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a structure of the right type, and setuid takes a number.
    #[allow(unsafe_code)]
    unsafe {
        assert_eq!(libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const none), 0);
        assert!(libc::geteuid() != 0 || libc::setuid(NOBODY) == 0);
    }
}
