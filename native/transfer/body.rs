//! The bytes of the source: by which mechanism, and what its answers mean.

use nix::errno::Errno;

use super::buffers::{BufferSize, PooledBuffer};
use super::held_back::HeldBack;
use super::{Fallback, Process, Step, Transfer, failed};
use crate::error::Error;
use crate::kernel::{Call, Kernel, Side};
use crate::mechanism::{
    Attempt, CALL_BYTES_MAX, Mechanism, Patience, SourceKind, Target, TargetKind, copy,
    copy_file_range, direct_io, mapped, splice, write,
};
use crate::plan::{Reason, SMALL_COPY_BYTES};

/// How far ahead the kernel is asked to read where direct reads were planned and refused.
const ADVISED_BYTES: u64 = 8 << 20;

/// What one request to read ahead is cut to by the kernel, silently, on a device with the usual
/// setting: `force_page_cache_ra` of mm/readahead.c.
const ADVICE_BYTES: u64 = 128 << 10;

/// What is sent before more is asked for ahead.
const ADVISED_STEP_BYTES: u64 = 1 << 20;

/// Which way bytes have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the source to the target.
    Straight,
    /// From the source into the carry.
    Taken,
    /// From the carry to the target.
    Carried,
    /// They are a hole of the source, and were left out.
    Skipped,
}

/// What of a file goes into one datagram. A UNIX socket with the default send buffer takes three times
/// as much, and UDP a little less.
const DATAGRAM_BYTES: usize = 64 << 10;

impl<K: Kernel> Transfer<K> {
    /// Sends the header and moves up to `budget` bytes of the source. `None` when all of that is
    /// delivered.
    pub(super) fn move_body(
        &mut self,
        kernel: &K,
        process: &Process,
        budget: u64,
    ) -> Result<Option<Step>, Error> {
        let mut header_bytes = 0;
        if !self.header.is_sent() && !self.joins_header() {
            match self.send_header(kernel)? {
                Step::Moved(moved) if self.header.is_sent() => header_bytes = moved,
                step => return Ok(Some(step)),
            }
        }
        // In the same step, or the header would wait for it.
        Ok(match self.move_source(kernel, process, budget)? {
            Some(Step::Moved(moved)) => Some(Step::Moved(header_bytes + moved)),
            _ if header_bytes > 0 => Some(Step::Moved(header_bytes)),
            step => step,
        })
    }

    fn move_source(
        &mut self,
        kernel: &K,
        process: &Process,
        budget: u64,
    ) -> Result<Option<Step>, Error> {
        // Ends: each turn leaves, or moves on to the next choice of a finite plan, or finds the blocks
        // of the target, once, or has filled the empty carry, after which the next turn delivers or
        // leaves.
        loop {
            let is_carried = !self.carry.is_empty();
            if !is_carried && self.remaining == 0 {
                self.carry.release_empty(kernel, &process.pipes);
                return Ok(None);
            }
            let Some(choice) = self.plan.choice(self.choice) else {
                return Err(Error::Unsupported(
                    "no mechanism that may be used serves this transfer",
                ));
            };
            let mechanism = choice.mechanism;
            let (way, attempt) = if is_carried {
                (Way::Carried, self.deliver(kernel, mechanism, budget))
            } else if let Some(skipped) = self.skip_hole(kernel, budget) {
                (Way::Skipped, skipped)
            } else if self.is_two_halves(mechanism) {
                (Way::Taken, self.take(kernel, process, mechanism, budget))
            } else {
                (Way::Straight, self.take(kernel, process, mechanism, budget))
            };
            #[cfg(feature = "planted-bug")]
            let attempt = if way == Way::Taken { attempt } else { self.misread(attempt) };
            match attempt {
                Attempt::Moved(moved) if way != Way::Taken => {
                    self.moved(kernel, mechanism, moved, way)?;
                    return Ok(Some(Step::Moved(moved)));
                }
                Attempt::Moved(_) => {}
                Attempt::WouldBlock(side) => {
                    self.carry.release_empty(kernel, &process.pipes);
                    return Ok(Some(Step::Wait(side)));
                }
                Attempt::Interrupted => return Ok(Some(Step::Interrupted)),
                // An empty datagram: the next one has to be waited for like the first.
                Attempt::Ended if self.source.kind == SourceKind::Datagram => {
                    self.carry.release_empty(kernel, &process.pipes);
                    return Ok(Some(Step::Wait(Side::Source)));
                }
                Attempt::Ended => {
                    if self.believes_end(kernel, mechanism)? {
                        self.end_source();
                    }
                }
                Attempt::Unsupported { errno, .. } | Attempt::Failed { errno, .. }
                    if self.finds_blocks(kernel, errno) => {}
                Attempt::Unsupported { errno, call } => {
                    process.memory.note(kernel, mechanism, errno);
                    if !self.fall_back(mechanism, errno) {
                        return Err(self.refusal(kernel, (errno, call), mechanism));
                    }
                    if !self.header.is_sent() && !self.joins_header() {
                        return self.move_body(kernel, process, budget);
                    }
                }
                Attempt::Failed { errno, call } => {
                    return Err(self.refusal(kernel, (errno, call), mechanism));
                }
            }
        }
    }

    /// Whether bytes are taken by one call and delivered by another one, with the carry between.
    fn is_two_halves(&self, mechanism: Mechanism) -> bool {
        match mechanism {
            Mechanism::Copy => self.source.kind != SourceKind::File,
            Mechanism::Splice => !self.has_pipe(),
            _ => false,
        }
    }

    fn has_pipe(&self) -> bool {
        self.source.kind == SourceKind::Pipe || self.target.kind == TargetKind::Pipe
    }

    /// Delivers what was taken before. [`Attempt::Moved`] is what the target accepted.
    fn deliver(&mut self, kernel: &K, mechanism: Mechanism, budget: u64) -> Attempt {
        if self.carry.buffered().is_empty() {
            let (read_end, in_pipe) = self.carry.piped().expect("something is carried");
            let count = self.whole_blocks(in_pipe.min(budget).min(CALL_BYTES_MAX));
            let calls = &mut self.account.system_calls;
            if mechanism == Mechanism::Splice {
                return splice::drain(kernel, read_end, self.target, count, calls);
            }
            // The target does not take pages: the rest of the pipe is copied.
            let buffer = self.carry.buffer_to_fill(BufferSize::Batch);
            *calls += 1;
            match kernel.read(read_end, buffer) {
                Ok(0) => return Attempt::Failed { errno: Errno::EIO, call: Call::Read },
                Ok(count) => self.carry.unpiped(count as u64),
                Err(Errno::EINTR) => return Attempt::Interrupted,
                Err(errno) => return Attempt::Failed { errno, call: Call::Read },
            }
        }
        let bytes = self.carry.buffered();
        // A datagram goes out as it came in, whatever the budget is.
        let is_whole = self.source.kind == SourceKind::Datagram;
        let most =
            if is_whole { usize::MAX } else { usize::try_from(budget).unwrap_or(usize::MAX) };
        let most = self.whole_blocks(bytes.len().min(most) as u64);
        let bytes = &bytes[..usize::try_from(most).expect("no more than the buffer has")];
        let calls = &mut self.account.system_calls;
        write::write(kernel, self.target, bytes, &[], self.patience, calls)
    }

    /// Takes bytes from the source: into the carry, or straight to the target.
    fn take(
        &mut self,
        kernel: &K,
        process: &Process,
        mechanism: Mechanism,
        budget: u64,
    ) -> Attempt {
        // What is not received of a datagram is lost, so only the end of the transfer may cut one.
        let is_whole = self.source.kind == SourceKind::Datagram;
        let most = if is_whole { CALL_BYTES_MAX } else { budget.min(CALL_BYTES_MAX) };
        let mut count = self.remaining.min(most);
        if let Some(holes) = &self.holes {
            count = count.min(holes.data_bytes(self.source.offset));
        }
        let count = self.whole_blocks(count);
        match mechanism {
            Mechanism::Copy if self.source.kind != SourceKind::File => {
                self.fill_buffer(kernel, count)
            }
            Mechanism::Splice if !self.has_pipe() => self.fill_pipe(kernel, process, count),
            _ => self.move_straight(kernel, mechanism, count),
        }
    }

    fn move_straight(&mut self, kernel: &K, mechanism: Mechanism, count: u64) -> Attempt {
        let (source, target, patience) = (self.source, self.target, self.patience);
        match mechanism {
            Mechanism::Sendfile => {
                let count = self.advise(kernel, count);
                self.send_file(kernel, count)
            }
            Mechanism::CopyFileRange => {
                let calls = &mut self.account.system_calls;
                copy_file_range::step(kernel, source, target, count, calls)
            }
            Mechanism::Splice => {
                if !self.is_source_ready(kernel) {
                    return Attempt::WouldBlock(Side::Source);
                }
                let calls = &mut self.account.system_calls;
                splice::direct(kernel, source, target, count, patience, calls)
            }
            Mechanism::Mapped => {
                let calls = &mut self.account.system_calls;
                mapped::step(kernel, source, target, count, patience, &mut self.window, calls)
            }
            Mechanism::DirectIo => {
                let range = (count, source.offset.saturating_add(self.remaining));
                let calls = &mut self.account.system_calls;
                direct_io::step(kernel, source, target, range, patience, &mut self.direct, calls)
            }
            Mechanism::Copy => self.copy_straight(kernel, count),
            Mechanism::MsgZerocopy => unreachable!("no plan of a transfer has it"),
        }
    }

    /// Copies from a file, and before its first bytes what is left of the header.
    fn copy_straight(&mut self, kernel: &K, count: u64) -> Attempt {
        let (source, target, patience) = (self.source, self.target, self.patience);
        let parts = (self.header.left(), count);
        let calls = &mut self.account.system_calls;
        if count <= SMALL_COPY_BYTES {
            copy::small_step(kernel, source, target, parts, patience, calls)
        } else {
            let mut buffer = PooledBuffer::take(BufferSize::Piece);
            let most =
                if target.kind == TargetKind::Datagram { DATAGRAM_BYTES } else { usize::MAX };
            let bytes = buffer.bytes_mut();
            let most = most.min(bytes.len());
            copy::step(kernel, source, target, parts, patience, &mut bytes[..most], calls)
        }
    }

    fn fill_buffer(&mut self, kernel: &K, count: u64) -> Attempt {
        if !self.source.kind.is_socket() && !self.is_source_ready(kernel) {
            return Attempt::WouldBlock(Side::Source);
        }
        // A datagram that does not fit is cut by the kernel; the largest is below 64 KiB.
        let is_whole = self.source.kind == SourceKind::Datagram;
        let size = match count {
            0..=BufferSize::MESSAGE_BYTES if !is_whole => BufferSize::Message,
            0..=BufferSize::PIECE_BYTES => BufferSize::Piece,
            _ if is_whole => BufferSize::Piece,
            _ => BufferSize::Batch,
        };
        let buffer = self.carry.buffer_to_fill(size);
        let most = usize::try_from(count).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..most];
        let calls = &mut self.account.system_calls;
        let attempt = copy::fill(kernel, self.source, buffer, self.patience, calls);
        if let Attempt::Moved(moved) = attempt {
            self.has_read_short = moved < most as u64;
            self.carry.buffer_filled(moved);
            self.consumed(moved);
        }
        attempt
    }

    fn fill_pipe(&mut self, kernel: &K, process: &Process, count: u64) -> Attempt {
        if !self.is_source_ready(kernel) {
            return Attempt::WouldBlock(Side::Source);
        }
        let (write_end, pipe_bytes) = match self.carry.pipe_to_fill(kernel, &process.pipes) {
            Ok(pipe) => pipe,
            // Without a pipe there is still the copy.
            Err(errno) => return Attempt::Unsupported { errno, call: Call::Pipe },
        };
        let count = count.min(pipe_bytes);
        let calls = &mut self.account.system_calls;
        let attempt = splice::fill(kernel, self.source, write_end, count, calls);
        if let Attempt::Moved(moved) = attempt {
            self.carry.pipe_filled(moved);
            self.consumed(moved);
        }
        attempt
    }

    /// Whether the source can be read without sleeping, where that must not be: splice(2) sleeps on a
    /// stream in blocking mode whatever its flags are, and read(2) has none. `true` elsewhere.
    fn is_source_ready(&mut self, kernel: &K) -> bool {
        let is_asked = self.patience == Patience::Return
            && self.source.is_blocking
            && self.source.kind != SourceKind::File;
        if !is_asked {
            return true;
        }
        self.account.system_calls += 1;
        let asked = [(self.source.fd, Side::Source)];
        // A poll that fails says nothing of the source; the call that follows does.
        kernel.poll(&asked, Some(std::time::Duration::ZERO)) != Ok(0)
    }

    /// Leaves a hole of the source out, if there is one at its offset.
    fn skip_hole(&mut self, kernel: &K, budget: u64) -> Option<Attempt> {
        let holes = self.holes.as_mut()?;
        let calls = &mut self.account.system_calls;
        let offset = self.source.offset;
        let range = (offset, offset.saturating_add(self.remaining));
        let hole = holes.hole_bytes(kernel, self.source.fd, range, calls);
        let hole = hole.min(budget).min(CALL_BYTES_MAX);
        if hole == 0 {
            return None;
        }
        let Target { fd, offset: target_offset, .. } = self.target;
        let position = match target_offset {
            Some(offset) => offset,
            None => {
                *calls += 1;
                match kernel.position(fd) {
                    Ok(position) => position,
                    Err(errno) => return Some(Attempt::Failed { errno, call: Call::Lseek }),
                }
            }
        };
        if !holes.clear_target(kernel, fd, (position, hole), calls) {
            return None;
        }
        if target_offset.is_none() {
            *calls += 1;
            if let Err(errno) = kernel.set_position(fd, position + hole) {
                return Some(Attempt::Failed { errno, call: Call::Lseek });
            }
        }
        Some(Attempt::Moved(hole))
    }

    /// Asks for the next bytes of a cold file ahead, in pieces that the kernel does not cut, where
    /// direct reads were planned and refused. Returns how many bytes to send now.
    fn advise(&mut self, kernel: &K, count: u64) -> u64 {
        let Some(advised_to) = self.advised_to else { return count };
        let offset = self.source.offset;
        let end = offset.saturating_add(self.remaining.min(ADVISED_BYTES));
        let mut from = advised_to.max(offset);
        // Ends: each turn goes on by a piece towards an end that is 8 MiB away at most.
        while from < end {
            let piece = ADVICE_BYTES.min(end - from);
            self.account.system_calls += 1;
            // Advice only: whatever is answered, sendfile reads what is not there.
            let _ = kernel.will_need(self.source.fd, from, piece);
            from += piece;
        }
        self.advised_to = Some(from);
        count.min(ADVISED_STEP_BYTES)
    }

    pub(super) fn consumed(&mut self, moved: u64) {
        assert!(moved <= self.remaining, "{moved} bytes taken of {} wanted", self.remaining);
        self.remaining -= moved;
        self.account.consumed += moved;
    }

    /// Writes `moved` bytes down that the target has accepted. Those of a header come first.
    fn moved(
        &mut self,
        kernel: &K,
        mechanism: Mechanism,
        moved: u64,
        way: Way,
    ) -> Result<(), Error> {
        assert!(moved > 0, "a step that moves nothing says so");
        if mechanism != Mechanism::Sendfile || way != Way::Straight {
            self.held_back = HeldBack::Nothing;
        }
        let of_header = (self.header.left().len() as u64).min(moved);
        self.header.sent += usize::try_from(of_header).expect("no more than the header has");
        let moved = moved - of_header;
        if way == Way::Carried {
            self.carry.delivered(moved);
        } else {
            self.consumed(moved);
            self.source.offset += if self.source.kind == SourceKind::File { moved } else { 0 };
        }
        if let Some(offset) = &mut self.target.offset {
            *offset += moved;
        }
        self.account.delivered += moved;
        // Of a hole nothing was moved: the target is zeros there already, or was made so.
        if moved > 0 && way != Way::Skipped {
            self.account.mechanisms = self.account.mechanisms.with(mechanism);
        }
        if self.moves_source_position && moved > 0 {
            self.account.system_calls += 1;
            kernel.set_position(self.source.fd, self.source.offset).map_err(|errno| {
                Error::System { errno, call: Call::Lseek, mechanism: Some(mechanism) }
            })?;
        }
        Ok(())
    }

    /// Whether the source is at its end, as a mechanism has said. A copy_file_range(2) that copies
    /// nothing is not believed: on some file systems it does so where there are bytes. Neither is the
    /// size 0 that `mapped` goes by where the source never knew its size: devices, files of procfs.
    fn believes_end(&mut self, kernel: &K, mechanism: Mechanism) -> Result<bool, Error> {
        let call = match mechanism {
            Mechanism::CopyFileRange => Call::CopyFileRange,
            Mechanism::Mapped if !self.knows_size => Call::Fstat,
            _ => return Ok(true),
        };
        self.account.system_calls += 1;
        match kernel.pread(self.source.fd, &mut [0], self.source.offset) {
            Ok(0) => Ok(true),
            // EINVAL: one byte can't be read with O_DIRECT. Then the next mechanism finds it out.
            Ok(_) | Err(Errno::EINVAL) if self.fall_back(mechanism, Errno::ENODATA) => Ok(false),
            Ok(_) | Err(Errno::EINVAL) => Err(failed(Errno::ENODATA, call, mechanism)),
            Err(errno) => Err(failed(errno, Call::Pread, mechanism)),
        }
    }

    /// Moves on to the next mechanism of the plan. `false` where this was the last one.
    fn fall_back(&mut self, mechanism: Mechanism, errno: Errno) -> bool {
        if self.plan.choice(self.choice + 1).is_none() {
            return false;
        }
        let was_cold = self.plan.choice(self.choice).is_some_and(|it| it.reason == Reason::Cold);
        if was_cold {
            self.advised_to = Some(self.source.offset);
        }
        self.choice += 1;
        self.account.fallbacks.push(Fallback { mechanism, errno });
        true
    }
}
