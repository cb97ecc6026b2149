//! An engine, connections for its relays, and what is sent through them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use zerocopy_nio::driver::PROCESS;
use zerocopy_nio::driver::relay_engine::{Outcome, RelayEngine, Sink, TURN_BYTES};
use zerocopy_nio::kernel::Fd;

use super::HANG_BOUND;

pub fn engine() -> RelayEngine {
    RelayEngine::start(&PROCESS, 1, TURN_BYTES, Sink::Queue).unwrap()
}

/// A connection: what the test holds of it, and the end that a relay gets.
pub fn tcp() -> (TcpStream, Fd) {
    let (ours, theirs) = tcp_pair();
    (ours, given(theirs))
}

pub fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    ours.set_read_timeout(Some(HANG_BOUND)).unwrap();
    (ours, listener.accept().unwrap().0)
}

pub fn unix() -> (UnixStream, Fd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(HANG_BOUND)).unwrap();
    (ours, given(theirs))
}

pub fn given(socket: impl Into<OwnedFd>) -> Fd {
    Fd::new(socket.into().into_raw_fd()).unwrap()
}

pub fn pattern(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

pub fn outcome(engine: &RelayEngine) -> Outcome {
    let begun = Instant::now();
    while begun.elapsed() < HANG_BOUND {
        if let Some(outcome) = engine.completions().take(1).pop() {
            return outcome;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("no relay has ended");
}

/// Sends and reads at the same time, so that neither side waits for the other.
pub fn exchange(stream: TcpStream, sent: &[u8]) -> Vec<u8> {
    let mut reader = stream.try_clone().unwrap();
    let reading = thread::spawn(move || {
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        read
    });
    (&stream).write_all(sent).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    reading.join().unwrap()
}
