//! Goal: the simulated kernel is honest: where no whim disturbs it, it answers as Linux does. Method:
//! the same scripts of calls on both; the answers and the bytes that come out must be the same.
//!
//! Counts that depend on how Linux accounts socket memory are left out: of a full socket only that it
//! says EAGAIN, and of the pages of a pipe that received fragments fill only what is certain.
#![allow(clippy::unwrap_used)]

mod real;
mod simulated_kernel;
mod worlds;

use real::{Real, without_hanging};
use simulated_kernel::SimulatedKernel;
use worlds::{Lines, options, reading, sockets, splicing, storage, writing};

/// Runs a script in both worlds.
macro_rules! same_in_both_worlds {
    ($($(#[$doc:meta])* $name:ident: $script:path,)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            let mut simulated = Lines::default();
            $script(&SimulatedKernel::new(), &mut simulated);
            let real = without_hanging(|| {
                let mut real = Lines::default();
                $script(&Real::default(), &mut real);
                real
            });
            for (index, (simulated, real)) in simulated.0.iter().zip(&real.0).enumerate() {
                assert_eq!(simulated, real, "line {index}: simulated on the left");
            }
            assert_eq!(simulated.0.len(), real.0.len());
        }
    )*};
}

same_in_both_worlds! {
    /// Goal: reads, writes and offsets of files as on Linux, past the end and past 2^63 too.
    files_answer_as_on_linux: writing::files,
    /// Goal: the same errors for descriptors that are not open, or not open for this.
    modes_answer_as_on_linux: writing::modes,
    /// Goal: a pipe is full by its pages, not by its bytes, as on Linux.
    pipes_answer_as_on_linux: writing::pipes,
    /// Goal: streams take, fill up and break as on Linux.
    sockets_answer_as_on_linux: writing::sockets,
    /// Goal: datagrams are whole or refused, as on Linux.
    datagrams_answer_as_on_linux: writing::datagrams,
    /// Goal: what the kernel makes for a probe behaves as on Linux.
    own_files_and_pipes_answer_as_on_linux: writing::own_things,
    /// Goal: two parts arrive as one write, also where they fill the pages of a pipe.
    writes_of_two_parts_answer_as_on_linux: writing::two_parts,
    /// Goal: splice between files and pipes moves pages, keeps offsets apart from positions, and
    /// refuses what Linux refuses, with the bytes left in the pipe.
    splices_of_files_answer_as_on_linux: splicing::files,
    /// Goal: pages wander from pipe to pipe as they are.
    splices_between_pipes_answer_as_on_linux: splicing::pipes,
    /// Goal: splice of streams sleeps, answers EAGAIN, ends and fails as on Linux.
    splices_of_sockets_answer_as_on_linux: splicing::sockets,
    /// Goal: an empty TCP socket in blocking mode is slept on whatever the flags say, a UNIX socket
    /// and a pipe are not.
    splices_sleep_as_on_linux: splicing::sleeping,
    /// Goal: copy_file_range refuses appending, overlap, pipes and other file systems.
    copy_file_range_answers_as_on_linux: splicing::copy_file_range,
    /// Goal: reads of files, pipes and streams end, fail and wait as on Linux.
    reads_answer_as_on_linux: reading::streams,
    /// Goal: a datagram is received whole or cut, and may be empty.
    receives_of_datagrams_answer_as_on_linux: reading::datagrams,
    /// Goal: a mapping that was truncated is answered with EFAULT, and its last page goes on in zeros.
    mappings_answer_as_on_linux: reading::mappings,
    /// Goal: a descriptor with O_DIRECT wants whole sectors.
    direct_descriptors_answer_as_on_linux: reading::direct_descriptors,
    /// Goal: the two directions of a socket are apart, and end one by one.
    both_directions_answer_as_on_linux: sockets::both_directions,
    /// Goal: a reset is told once, to whoever calls first, behind the bytes that came before it.
    resets_answer_as_on_linux: sockets::resets,
    /// Goal: a close with bytes that were not read is a reset, and one without is an end.
    closes_answer_as_on_linux: sockets::closes,
    /// Goal: holes are found, made and left as on Linux.
    holes_answer_as_on_linux: storage::holes,
    /// Goal: the questions about files have the same answers and errors.
    questions_about_files_answer_as_on_linux: storage::questions,
    /// Goal: the sizes of pipes are rounded and refused as on Linux.
    pipe_sizes_answer_as_on_linux: options::pipe_sizes,
    /// Goal: the options of sockets are there, or missing, as on Linux.
    socket_options_answer_as_on_linux: options::sockets,
    /// Goal: a send that would sleep too long gives up, and one that must not sleep does not.
    send_timeouts_answer_as_on_linux: options::send_timeouts,
    /// Goal: what was promised to go on waits, until something pushes it.
    promised_bytes_wait_as_on_linux: options::promises,
    /// Goal: poll tells several sides apart, obeys its limit, and does not fail for what is closed.
    polls_answer_as_on_linux: options::polls,
}
