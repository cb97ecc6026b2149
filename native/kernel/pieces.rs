//! Which pieces of a file are read ahead into which buffer, and what an answer to a read means.
//! Pure: the reads themselves are made by others.

use std::ops::Range;

use nix::errno::Errno;

use super::ring::{BUFFER_BYTES, BUFFERS};

/// The pieces of the file that are read, or that are there and were not consumed. They wait in a
/// circle of buffers, of which the oldest is the one that bytes are taken from.
#[derive(Debug)]
pub struct Pieces {
    pieces: [Piece; BUFFERS],
    oldest: usize,
    /// Where the next piece begins that was not begun yet.
    next: u64,
    /// Nothing from here on is wanted.
    end: u64,
    alignment_bytes: usize,
}

/// A read to make: into the bytes `part` of `buffer`, from `offset` on.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub buffer: usize,
    pub part: Range<usize>,
    pub offset: u64,
}

/// What is known of the next bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// They are these of this buffer. Nothing of it stands for the end of the file.
    Bytes { buffer: usize, part: Range<usize> },
    /// A read has to end first.
    Reading,
    /// Their read failed. It will be made again.
    Failed(Errno),
}

/// What one buffer holds, or will hold when its reads have ended.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    state: State,
    /// Where in the file it begins: aligned.
    begin: u64,
    /// How many bytes of it are wanted, those that are skipped or consumed included.
    wanted: usize,
    /// How many bytes are there. More than wanted where the alignment asks for more.
    filled: usize,
    /// How many of them were skipped or consumed.
    consumed: usize,
    /// Where in the buffer the read under way began.
    read_from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing of the file is in it.
    #[default]
    Free,
    /// Some or all of it has to be read yet.
    Unread,
    /// The kernel has its buffer.
    Reading,
    /// All of it is there.
    Whole,
    /// The file ends in it, or before it.
    Last,
    /// The read failed and may be made again.
    Failed(Errno),
}

impl Pieces {
    /// The pieces of a file from `offset` up to `end`, read from offsets and with counts that are
    /// multiples of `alignment_bytes`.
    pub fn new(offset: u64, end: u64, alignment_bytes: usize) -> Pieces {
        assert!(BUFFER_BYTES % alignment_bytes == 0, "{alignment_bytes} bytes do not fit");
        let skipped = offset % alignment_bytes as u64;
        let mut pieces = Pieces {
            pieces: [Piece::default(); BUFFERS],
            oldest: 0,
            next: offset - skipped,
            end,
            alignment_bytes,
        };
        pieces.begin();
        pieces.pieces[0].consumed = usize::try_from(skipped).expect("less than the alignment");
        pieces
    }

    /// The next read to make, until there is none.
    pub fn read(&mut self) -> Option<Read> {
        let unread = |piece: &Piece| piece.state == State::Unread;
        let buffer = self.pieces.iter().position(unread)?;
        let piece = &mut self.pieces[buffer];
        // What is there up to an offset that can be read from stays.
        piece.read_from = piece.filled - piece.filled % self.alignment_bytes;
        piece.state = State::Reading;
        // Over the end of the file, too: what is there is returned.
        let part = piece.read_from..piece.wanted.next_multiple_of(self.alignment_bytes);
        Some(Read { buffer, offset: piece.begin + part.start as u64, part })
    }

    /// Takes note of what the read into `buffer` has come to.
    pub fn completed(&mut self, buffer: usize, count: Result<usize, Errno>) {
        let piece = &mut self.pieces[buffer];
        assert!(piece.state == State::Reading, "no read into buffer {buffer} was made");
        piece.state = match count {
            // A short read that was longer than the one before says nothing of the end.
            Ok(count) if piece.read_from + count > piece.filled => {
                piece.filled = piece.read_from + count;
                if piece.filled >= piece.wanted { State::Whole } else { State::Unread }
            }
            Ok(_) => State::Last,
            // The kernel gives up what the thread that asked for it can't begin any more, because a
            // signal came or because it has ended.
            Err(Errno::ECANCELED) => State::Failed(Errno::EINTR),
            // There is no other side to wait for.
            Err(Errno::EAGAIN) => State::Failed(Errno::ENOMEM),
            Err(errno) => State::Failed(errno),
        };
    }

    /// Where the next bytes are.
    pub fn next(&mut self) -> Next {
        let piece = &mut self.pieces[self.oldest];
        match piece.state {
            State::Unread | State::Reading => Next::Reading,
            State::Free | State::Whole | State::Last => {
                let end = piece.filled.min(piece.wanted);
                Next::Bytes { buffer: self.oldest, part: piece.consumed.min(end)..end }
            }
            State::Failed(errno) => {
                piece.state = State::Unread;
                Next::Failed(errno)
            }
        }
    }

    /// Goes on behind the first `count` of the next bytes, which are there.
    pub fn consume(&mut self, count: usize) {
        let piece = &mut self.pieces[self.oldest];
        let there = piece.filled.min(piece.wanted).saturating_sub(piece.consumed);
        assert!(count <= there, "{count} bytes consumed of {there}");
        piece.consumed += count;
        if piece.state == State::Whole && piece.consumed == piece.wanted {
            piece.state = State::Free;
            self.oldest = (self.oldest + 1) % BUFFERS;
            self.begin();
        }
    }

    /// Gives the free buffers the next pieces of the file.
    fn begin(&mut self) {
        for place in (self.oldest..self.oldest + BUFFERS).map(|place| place % BUFFERS) {
            let left = self.end.saturating_sub(self.next);
            let wanted = usize::try_from(left).unwrap_or(BUFFER_BYTES).min(BUFFER_BYTES);
            if wanted > 0 && self.pieces[place].state == State::Free {
                let begin = self.next;
                self.next += wanted as u64;
                self.pieces[place] =
                    Piece { state: State::Unread, begin, wanted, ..Piece::default() };
            }
        }
    }
}

/// Goal: whatever counts the reads return, the bytes are those of the file, in order, each once,
/// and every read is aligned.
/// Method: reads of a simulated file end in any order, short at any byte or given up; a bug planted
/// in `completed` or `consume` is found within the first cases.
#[cfg(test)]
mod tests {
    use nix::errno::Errno;
    use proptest::prelude::*;

    use super::{BUFFER_BYTES, BUFFERS, Next, Pieces, Read};

    fn byte_at(place: u64) -> u8 {
        (place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
    }

    struct Disk {
        size: u64,
        memory: Vec<Vec<u8>>,
        under_way: Vec<Read>,
        alignment_bytes: usize,
    }

    impl Disk {
        /// Ends one of the reads with the part `share` of what it could return.
        fn end_read(&mut self, pieces: &mut Pieces, which: usize, share: usize) {
            let Read { buffer, part, offset } =
                self.under_way.swap_remove(which % self.under_way.len());
            assert!(offset % self.alignment_bytes as u64 == 0 && part.start <= part.end);
            assert!(part.start % self.alignment_bytes == 0 && part.end <= BUFFER_BYTES);
            let there = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
            // A short read of 0 bytes is the end of the file, so it is none.
            let least = self.alignment_bytes.min(part.len()).min(there);
            let count = (part.len().min(there) * share / 100).max(least);
            for place in 0..count {
                self.memory[buffer][part.start + place] = byte_at(offset + place as u64);
            }
            pieces.completed(buffer, Ok(count));
        }
    }

    /// Holds what comes out against the file, byte for byte, and returns where it ended.
    fn run(
        (offset, end, size): (u64, u64, u64),
        alignment_bytes: usize,
        whims: &[(usize, usize)],
    ) -> u64 {
        let mut pieces = Pieces::new(offset, end, alignment_bytes);
        let memory = vec![vec![0; BUFFER_BYTES]; BUFFERS];
        let mut disk = Disk { size, memory, under_way: Vec::new(), alignment_bytes };
        let (mut place, mut errors) = (offset, 0);
        // The whims over and over, with a bound that nothing but a hang can reach.
        for (which, share) in whims.iter().cycle().take(100_000) {
            disk.under_way.extend(std::iter::from_fn(|| pieces.read()));
            match pieces.next() {
                Next::Bytes { part, .. } if part.is_empty() => return place,
                Next::Bytes { buffer, part } => {
                    let count = part.len().min(1 + share * 9_973);
                    for byte in &disk.memory[buffer][part.start..part.start + count] {
                        assert_eq!(*byte, byte_at(place), "at {place}");
                        place += 1;
                    }
                    pieces.consume(count);
                }
                Next::Failed(errno) => {
                    assert!(matches!(errno, Errno::EIO | Errno::EINTR));
                    errors += 1;
                }
                Next::Reading if *share == 0 && errors < 3 => {
                    let read = disk.under_way.remove(0);
                    pieces.completed(read.buffer, Err(Errno::EIO));
                }
                Next::Reading if *share == 1 && errors < 3 => {
                    let read = disk.under_way.remove(0);
                    pieces.completed(read.buffer, Err(Errno::ECANCELED));
                }
                Next::Reading => disk.end_read(&mut pieces, *which, *share),
            }
        }
        panic!("no end: {pieces:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn pieces_are_the_file(
            size in 0_u64..(6 << 20),
            offset in 0_u64..(6 << 20),
            end in 0_u64..(8 << 20),
            alignment_bytes in prop_oneof![Just(4096_usize), Just(65_536)],
            whims in prop::collection::vec((0_usize..4, 0_usize..=100), 3..40),
        ) {
            // A whim that always fails or brings a block at a time takes long and tests little.
            let whims: Vec<_> = whims.into_iter().chain([(0, 100), (1, 55)]).collect();
            let place = run((offset, end, size), alignment_bytes, &whims);
            prop_assert_eq!(place, end.min(size).max(offset));
        }
    }
}
