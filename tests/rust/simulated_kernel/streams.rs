//! One direction of a connected stream socket.

use std::collections::VecDeque;

use nix::errno::Errno;

use super::PAGE_BYTES;
use super::feeder::{Feed, Feeder};
use super::files::pattern;
use super::patience::Patience;

/// What a call has left behind at the end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeldBack {
    #[default]
    Nothing,
    /// `MSG_MORE` or `SPLICE_F_MORE` promised bytes that have not come yet.
    MorePromised,
    /// sendfile(2) was asked for bytes past the end of its file: kernels before 6.5 wait for them.
    PastTheEnd,
}

#[derive(Debug)]
pub struct Stream {
    pub unix_send_buffer_bytes: Option<u64>,
    /// Everything that was ever accepted, in its order.
    pub accepted: Vec<u8>,
    /// How much of it was read at the other end.
    pub taken: usize,
    /// The lengths of the fragments that were not read yet; of the first what is left of it.
    fragments: VecDeque<usize>,
    pub capacity: usize,
    /// What the reader takes when it is waited for; 0: it never does.
    pub reader_takes: usize,
    pub is_reader_open: bool,
    pub is_writer_open: bool,
    /// SO_LINGER of 0 seconds is set.
    pub resets_on_close: bool,
    /// ECONNRESET was not told to the reader yet.
    is_reset: bool,
    /// The reset that came, told or not.
    pub was_reset: bool,
    pub feeder: Feeder,
    pub held_back: HeldBack,
    pub no_delay: bool,
    /// `SO_SNDTIMEO`; 0 is no limit.
    pub send_timeout_ns: u64,
}

impl Stream {
    pub fn tcp(capacity: usize, reader_takes: usize) -> Stream {
        Stream {
            unix_send_buffer_bytes: None,
            accepted: Vec::new(),
            taken: 0,
            fragments: VecDeque::new(),
            capacity,
            reader_takes,
            is_reader_open: true,
            is_writer_open: true,
            resets_on_close: false,
            is_reset: false,
            was_reset: false,
            feeder: Feeder::default(),
            held_back: HeldBack::Nothing,
            no_delay: false,
            send_timeout_ns: 0,
        }
    }

    pub fn unix(capacity: usize, reader_takes: usize, send_buffer_bytes: u64) -> Stream {
        let unix_send_buffer_bytes = Some(send_buffer_bytes);
        Stream { unix_send_buffer_bytes, ..Stream::tcp(capacity, reader_takes) }
    }

    /// A TCP connection whose other end sends.
    pub fn fed(feeds: &[Feed]) -> Stream {
        Stream { feeder: Feeder::new(feeds), ..Stream::tcp(usize::MAX, 0) }
    }

    pub fn is_tcp(&self) -> bool {
        self.unix_send_buffer_bytes.is_none()
    }

    pub fn unread(&self) -> usize {
        self.accepted.len() - self.taken
    }

    pub fn room(&self) -> usize {
        self.capacity - self.unread()
    }

    /// How long a call that sends may sleep.
    pub fn send_patience(&self, blocking: bool) -> Patience {
        match (blocking, self.send_timeout_ns) {
            (true, 0) => Patience::limited(None),
            (true, timeout_ns) => Patience::limited(Some(timeout_ns)),
            (false, _) => Patience::limited(Some(0)),
        }
    }

    pub fn put(
        &mut self,
        bytes: &[u8],
        patience: &mut Patience,
        held_back: HeldBack,
    ) -> Result<usize, Errno> {
        let mut put = 0;
        // Ends: each turn puts a byte, or sleeps a part of what it may, or leaves, or panics where
        // nobody reads.
        while put < bytes.len() {
            if !self.is_reader_open || !self.is_writer_open {
                return if put > 0 { Ok(put) } else { Err(Errno::EPIPE) };
            }
            let piece = self.room().min(bytes.len() - put);
            if piece == 0 {
                if patience.is_over() {
                    return if put > 0 { Ok(put) } else { Err(Errno::EAGAIN) };
                }
                patience.sleep(self.let_reader_act());
                continue;
            }
            self.accept(&bytes[put..put + piece]);
            put += piece;
            self.held_back = if self.is_tcp() { held_back } else { HeldBack::Nothing };
        }
        Ok(put)
    }

    /// The writer sends `bytes`, for which there has to be room.
    pub fn accept(&mut self, bytes: &[u8]) {
        self.accepted.extend_from_slice(bytes);
        self.fragments.push_back(bytes.len());
    }

    /// What has come, up to `count` bytes; empty at the end.
    pub fn read(&mut self, count: usize, patience: &mut Patience) -> Result<Vec<u8>, Errno> {
        if !self.wait_for_bytes(patience)? {
            return Ok(Vec::new());
        }
        let begin = self.taken;
        self.take(count);
        Ok(self.accepted[begin..self.taken].to_vec())
    }

    /// What fits into one page of a pipe: of one fragment only.
    pub fn read_page(&mut self, count: usize) -> Option<Vec<u8>> {
        let piece = (*self.fragments.front()?).min(PAGE_BYTES).min(count);
        let begin = self.taken;
        self.take(piece);
        Some(self.accepted[begin..self.taken].to_vec())
    }

    /// `false` at the end.
    pub fn wait_for_bytes(&mut self, patience: &mut Patience) -> Result<bool, Errno> {
        // Ends: each turn sleeps a part of what it may, or takes from a finite feeder, or leaves.
        loop {
            if self.unread() > 0 {
                return Ok(true);
            }
            if self.take_reset() {
                return Err(Errno::ECONNRESET);
            }
            if !self.is_writer_open {
                return Ok(false);
            }
            if patience.is_over() {
                return Err(Errno::EAGAIN);
            }
            patience.sleep(self.let_writer_act());
        }
    }

    pub fn take(&mut self, count: usize) {
        let mut left = count.min(self.unread());
        self.taken += left;
        // Ends: each turn takes a whole fragment or the rest.
        while left > 0 {
            let first = self.fragments.front_mut().expect("what was not read is in a fragment");
            let piece = left.min(*first);
            *first -= piece;
            left -= piece;
            if *first == 0 {
                self.fragments.pop_front();
            }
        }
    }

    pub fn is_readable(&self) -> bool {
        self.unread() > 0 || self.is_reset || !self.is_writer_open
    }

    pub fn is_writable(&self) -> bool {
        self.room() > 0 || !self.is_reader_open
    }

    /// `false` where the reader never takes anything.
    pub fn let_reader_act(&mut self) -> bool {
        self.take(self.reader_takes);
        self.reader_takes > 0
    }

    /// `false` where the writer never sends anything any more.
    pub fn let_writer_act(&mut self) -> bool {
        match self.feeder.next(self.room()) {
            None => return false,
            Some(Feed::Bytes(bytes)) => self.accept(&pattern(self.accepted.len(), bytes)),
            Some(Feed::Pause) => {}
            Some(Feed::Close) => self.is_writer_open = false,
            Some(Feed::Reset) => self.reset(),
        }
        true
    }

    /// The writer breaks the connection. Of TCP who has got its end before is not told by a read.
    pub fn reset(&mut self) {
        self.is_reset |= self.is_writer_open || !self.is_tcp();
        self.is_writer_open = false;
        self.was_reset = true;
    }

    /// Whether a reset is to be told now: it is told once.
    pub fn take_reset(&mut self) -> bool {
        std::mem::take(&mut self.is_reset)
    }
}
