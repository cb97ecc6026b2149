//! Goal: a process knows after fork(2) that it is another one than before.
//! Method: real children, and children of those.
#![allow(clippy::unwrap_used)]

mod real;

use real::child::in_child;
use zerocopy_nio::kernel::{Kernel, Linux};

/// Goal: the number stays the same in a process, is another one in a child and in its child, and
/// that of the parent does not change by it.
/// Method: ask before, in, and after two generations of children, from two threads.
#[test]
fn generation_is_another_one_in_each_child() {
    let mine = Linux.fork_generation();
    in_child(|| {
        let childs = Linux.fork_generation();
        assert_ne!(childs, mine);
        in_child(|| {
            let grandchilds = Linux.fork_generation();
            assert!(grandchilds != mine && grandchilds != childs);
        });
        assert_eq!(Linux.fork_generation(), childs);
    });
    assert_eq!(Linux.fork_generation(), mine);
    let threads = std::thread::spawn(|| Linux.fork_generation()).join().unwrap();
    assert_eq!(threads, mine);
}
