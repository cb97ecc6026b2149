//! The other end of a source: what it sends, piece by piece, whenever it is waited for.

use std::collections::VecDeque;

/// What a feeder does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// It sends this many bytes of the pattern, as one fragment or datagram.
    Bytes(usize),
    /// It does nothing for a while.
    Pause,
    /// It closes its end, or shuts it down for writing.
    Close,
    /// The connection breaks: ECONNRESET behind what was sent before.
    Reset,
}

#[derive(Debug, Clone, Default)]
pub struct Feeder {
    feeds: VecDeque<Feed>,
}

impl Feeder {
    pub fn new(feeds: &[Feed]) -> Feeder {
        Feeder { feeds: feeds.iter().copied().collect() }
    }

    pub fn then(&mut self, feed: Feed) {
        self.feeds.push_back(feed);
    }

    /// What it still has to send.
    pub fn bytes_left(&self) -> usize {
        let bytes = |feed: &Feed| if let Feed::Bytes(bytes) = feed { *bytes } else { 0 };
        self.feeds.iter().map(bytes).sum()
    }

    /// What it does now, where it has room for so many bytes. `None`: nothing, for ever.
    pub fn next(&mut self, room: usize) -> Option<Feed> {
        let feed = self.feeds.pop_front()?;
        let Feed::Bytes(bytes) = feed else { return Some(feed) };
        if bytes > room {
            self.feeds.push_front(Feed::Bytes(bytes - room));
        }
        Some(if room == 0 { Feed::Pause } else { Feed::Bytes(bytes.min(room)) })
    }
}
