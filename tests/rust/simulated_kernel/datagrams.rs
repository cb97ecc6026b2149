//! One direction of a datagram socket.

use nix::errno::Errno;

use super::feeder::{Feed, Feeder};
use super::files::pattern;
use super::patience::Patience;

/// The largest payload of a UDP datagram over IPv4.
pub const DATAGRAM_BYTES_MAX: usize = 65_507;

#[derive(Debug)]
pub struct Datagrams {
    /// The lengths of the datagrams that were ever accepted, and their bytes.
    pub lengths: Vec<usize>,
    pub bytes: Vec<u8>,
    /// How many datagrams were received.
    pub taken: usize,
    pub queued_max: usize,
    pub reader_takes: usize,
    pub is_connected: bool,
    pub feeder: Feeder,
    /// `SO_SNDTIMEO`; 0 is no limit.
    pub send_timeout_ns: u64,
}

impl Datagrams {
    pub fn connected(queued_max: usize, reader_takes: usize) -> Datagrams {
        Datagrams {
            lengths: Vec::new(),
            bytes: Vec::new(),
            taken: 0,
            queued_max,
            reader_takes,
            is_connected: true,
            feeder: Feeder::default(),
            send_timeout_ns: 0,
        }
    }

    /// A socket that receives what another one sends. Nothing says where that ends.
    pub fn fed(feeds: &[Feed]) -> Datagrams {
        Datagrams { feeder: Feeder::new(feeds), ..Datagrams::connected(usize::MAX, 0) }
    }

    /// A datagram is sent whole or not at all. A call to send may sleep only until there is room.
    pub fn put(&mut self, bytes: &[u8], patience: &mut Patience) -> Result<usize, Errno> {
        if !self.is_connected {
            return Err(Errno::EDESTADDRREQ);
        }
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(Errno::EMSGSIZE);
        }
        // Ends: the reader takes all, or the call sleeps a part of what it may, or leaves.
        while !self.is_writable() {
            if patience.is_over() {
                return Err(Errno::EAGAIN);
            }
            patience.sleep(self.let_reader_act());
        }
        self.accept(bytes);
        Ok(bytes.len())
    }

    fn accept(&mut self, bytes: &[u8]) {
        self.lengths.push(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// The next datagram, cut where it does not fit.
    pub fn read(&mut self, count: usize, patience: &mut Patience) -> Result<Vec<u8>, Errno> {
        // Ends: as above; a feeder is finite.
        while !self.is_readable() {
            if patience.is_over() {
                return Err(Errno::EAGAIN);
            }
            patience.sleep(self.let_writer_act());
        }
        let begin = self.taken_bytes();
        let length = self.lengths[self.taken].min(count);
        self.taken += 1;
        Ok(self.bytes[begin..begin + length].to_vec())
    }

    pub fn taken_bytes(&self) -> usize {
        self.lengths[..self.taken].iter().sum()
    }

    pub fn is_readable(&self) -> bool {
        self.taken < self.lengths.len()
    }

    pub fn is_writable(&self) -> bool {
        self.lengths.len() - self.taken < self.queued_max
    }

    pub fn let_reader_act(&mut self) -> bool {
        if self.reader_takes > 0 {
            self.taken = self.lengths.len();
        }
        self.reader_takes > 0
    }

    pub fn let_writer_act(&mut self) -> bool {
        let Some(feed) = self.feeder.next(usize::MAX) else { return false };
        if let Feed::Bytes(bytes) = feed {
            self.accept(&pattern(self.bytes.len(), bytes));
        }
        true
    }
}
