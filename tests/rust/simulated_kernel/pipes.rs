//! A pipe: not a number of bytes but of pages, which need not be full.

use std::collections::VecDeque;

use nix::errno::Errno;

use super::PAGE_BYTES;
use super::feeder::{Feed, Feeder};
use super::files::pattern;
use super::patience::Patience;

/// `PIPE_DEF_BUFFERS` of Linux.
pub const SLOTS: usize = 16;

/// One page of a pipe.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    begin: usize,
    end: usize,
    /// A later write may go on in this page; pages that were spliced in belong to somebody else.
    is_own: bool,
}

impl Slot {
    /// Bytes of somebody else that begin at this place of a page.
    pub fn foreign(begin: usize, count: usize) -> Slot {
        Slot { begin, end: begin + count, is_own: false }
    }

    pub fn len(&self) -> usize {
        self.end - self.begin
    }
}

#[derive(Debug)]
pub struct Pipe {
    slots: VecDeque<Slot>,
    pub slots_max: usize,
    /// Everything that was ever accepted, in its order.
    pub accepted: Vec<u8>,
    pub taken: usize,
    pub reader_takes: usize,
    pub is_reader_open: bool,
    pub is_writer_open: bool,
    pub feeder: Feeder,
}

impl Pipe {
    pub fn new(reader_takes: usize) -> Pipe {
        Pipe {
            slots: VecDeque::new(),
            slots_max: SLOTS,
            accepted: Vec::new(),
            taken: 0,
            reader_takes,
            is_reader_open: true,
            is_writer_open: true,
            feeder: Feeder::default(),
        }
    }

    /// A pipe whose other end writes.
    pub fn fed(feeds: &[Feed]) -> Pipe {
        Pipe { feeder: Feeder::new(feeds), ..Pipe::new(0) }
    }

    pub fn unread(&self) -> usize {
        self.accepted.len() - self.taken
    }

    pub fn slots_used(&self) -> usize {
        self.slots.len()
    }

    pub fn is_full(&self) -> bool {
        self.slots.len() >= self.slots_max
    }

    pub fn is_readable(&self) -> bool {
        self.unread() > 0 || !self.is_writer_open
    }

    pub fn is_writable(&self) -> bool {
        !self.is_full() || !self.is_reader_open
    }

    pub fn take(&mut self, count: usize) {
        let mut left = count.min(self.unread());
        // Ends: each turn takes a whole page or the rest.
        while left > 0 {
            let (slot, _) = self.take_slot(left).expect("what was not taken is in a page");
            left -= slot.len();
        }
    }

    /// The bytes that are in it, up to `count`.
    pub fn peek(&self, count: usize) -> Vec<u8> {
        self.accepted[self.taken..][..count.min(self.unread())].to_vec()
    }

    /// Takes the first page out, or `count` bytes of it.
    pub fn take_slot(&mut self, count: usize) -> Option<(Slot, Vec<u8>)> {
        let first = self.slots.front_mut()?;
        let mut slot = *first;
        if count < slot.len() {
            slot = Slot::foreign(slot.begin, count);
            first.begin += count;
        } else {
            self.slots.pop_front();
        }
        let begin = self.taken;
        self.taken += slot.len();
        Some((slot, self.accepted[begin..self.taken].to_vec()))
    }

    /// Takes a page as it is. There must be room for it.
    pub fn push_slot(&mut self, slot: Slot, bytes: &[u8]) {
        assert!(!self.is_full() && slot.len() == bytes.len() && !bytes.is_empty(), "{slot:?}");
        self.slots.push_back(slot);
        self.accepted.extend_from_slice(bytes);
    }

    pub fn write(&mut self, bytes: &[u8], patience: &mut Patience) -> Result<usize, Errno> {
        if !self.is_reader_open {
            return Err(Errno::EPIPE);
        }
        let mut put = 0;
        // What does not fill a page goes on in the last one, if all of it fits there.
        let rest = bytes.len() % PAGE_BYTES;
        if let Some(last) = self.slots.back_mut() {
            if rest > 0 && last.is_own && last.end + rest <= PAGE_BYTES {
                last.end += rest;
                self.accepted.extend_from_slice(&bytes[..rest]);
                put = rest;
            }
        }
        // Ends: each turn puts bytes, or sleeps a part of what it may, or leaves.
        while put < bytes.len() {
            if self.is_full() {
                if patience.is_over() {
                    return if put > 0 { Ok(put) } else { Err(Errno::EAGAIN) };
                }
                patience.sleep(self.let_reader_act());
                continue;
            }
            let piece = PAGE_BYTES.min(bytes.len() - put);
            self.push_slot(Slot { begin: 0, end: piece, is_own: true }, &bytes[put..put + piece]);
            put += piece;
        }
        Ok(put)
    }

    /// What is in it, up to `count` bytes; empty at the end.
    pub fn read(&mut self, count: usize, patience: &mut Patience) -> Result<Vec<u8>, Errno> {
        if !self.wait_for_bytes(patience)? {
            return Ok(Vec::new());
        }
        let begin = self.taken;
        self.take(count);
        Ok(self.accepted[begin..self.taken].to_vec())
    }

    /// `false` at the end.
    pub fn wait_for_bytes(&mut self, patience: &mut Patience) -> Result<bool, Errno> {
        // Ends: each turn sleeps a part of what it may, or takes from a finite feeder, or leaves.
        while self.unread() == 0 {
            if !self.is_writer_open {
                return Ok(false);
            }
            if patience.is_over() {
                return Err(Errno::EAGAIN);
            }
            patience.sleep(self.let_writer_act());
        }
        Ok(true)
    }

    pub fn wait_for_room(&mut self, patience: &mut Patience) -> Result<(), Errno> {
        if !self.is_reader_open {
            return Err(Errno::EPIPE);
        }
        // Ends: the reader takes something each time, or the call sleeps a part of what it may.
        while self.is_full() {
            if patience.is_over() {
                return Err(Errno::EAGAIN);
            }
            patience.sleep(self.let_reader_act());
        }
        Ok(())
    }

    /// How many bytes of a file from `offset` on fit, a page of the file in a page of the pipe.
    pub fn room_for_pages(&self, offset: u64) -> usize {
        let in_first_page = (offset % PAGE_BYTES as u64) as usize;
        (self.slots_max - self.slots.len()) * PAGE_BYTES - in_first_page
    }

    /// Takes pages of a file as they are. There must be room for them.
    pub fn push_pages(&mut self, bytes: &[u8], offset: u64) -> usize {
        let mut begin = (offset % PAGE_BYTES as u64) as usize;
        let mut put = 0;
        while put < bytes.len() {
            let piece = (bytes.len() - put).min(PAGE_BYTES - begin);
            self.push_slot(Slot::foreign(begin, piece), &bytes[put..put + piece]);
            put += piece;
            begin = 0;
        }
        put
    }

    /// `false` where the reader never takes anything.
    pub fn let_reader_act(&mut self) -> bool {
        self.take(self.reader_takes);
        self.reader_takes > 0
    }

    /// `false` where the writer never writes anything any more.
    pub fn let_writer_act(&mut self) -> bool {
        let room = (self.slots_max - self.slots.len()) * PAGE_BYTES;
        match self.feeder.next(room) {
            None => return false,
            Some(Feed::Bytes(bytes)) => {
                let bytes = pattern(self.accepted.len(), bytes);
                let written = self.write(&bytes, &mut Patience::blocking_if(false));
                assert!(
                    written == Ok(bytes.len()) || !self.is_reader_open,
                    "there was room: {written:?}"
                );
            }
            Some(Feed::Pause) => {}
            Some(Feed::Close | Feed::Reset) => self.is_writer_open = false,
        }
        true
    }
}
