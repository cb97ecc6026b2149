//! Two ends in a simulated kernel, a request between them, and what is known to have happened.

use std::num::NonZeroU64;

use proptest::prelude::*;
use zerocopy_nio::driver::{DirectIo, Options, Request};
use zerocopy_nio::kernel::{Fd, Kernel};
use zerocopy_nio::mechanism::{Patience, SourceKind, TargetKind};
use zerocopy_nio::transfer::Process;

use super::books::calls_max;
use super::scenario::{Drive, Extras, Scenario, SourceEnd, TargetEnd};
use crate::simulated_kernel::{
    Datagrams, Feeder, File, HeldBack, Mode, Name, Object, PAGE_BYTES, Pipe, PipeSlots,
    SimulatedKernel, Stream, Whim, pattern,
};

/// What files hold that are written over; no byte of the pattern, and neither are the next two.
const OLD_BYTE: u8 = 0xff;
const HEADER_BYTE: u8 = 0xfe;
const TRAILER_BYTE: u8 = 0xfd;

pub struct Stage<'s> {
    pub scenario: &'s Scenario,
    pub kernel: SimulatedKernel,
    pub process: Process,
    pub request: Request,
    /// What a sparse file holds; of all other sources the pattern.
    sparse: Option<Vec<u8>>,
    /// Where in everything that arrived the transfer begins.
    arrives_at: usize,
    /// Bytes of the source that were delivered until now, and that were handed back.
    pub delivered: u64,
    pub handed_back: u64,
    /// Whether a transfer has come to its end: its trailer is there then.
    pub is_complete: bool,
    /// Bytes that are known to be lost: a transfer was closed with them, or could not give them away.
    pub lost: u64,
    /// How often the driver has waited or made a step.
    pub turns: u64,
}

impl<'s> Stage<'s> {
    pub fn set(scenario: &'s Scenario) -> Stage<'s> {
        let kernel = SimulatedKernel::new();
        let slots = scenario.pipe_slots;
        kernel.set_pipe_slots(PipeSlots { at_first: slots, at_most: slots });
        let (source, source_kind, source_offset) = add_source(&kernel, &scenario.source);
        let (target, target_kind, target_offset) = add_target(&kernel, &scenario.target);
        kernel.expose(source, target);
        if let Some((name, errno)) = scenario.filter {
            kernel.refuse(name, Some(errno));
        }
        let sparse = match scenario.source {
            SourceEnd::File { is_sparse: true, .. } => {
                Some(kernel.with_object(source, |object| object.arrived().to_vec()))
            }
            _ => None,
        };
        let arrives_at = match scenario.target {
            TargetEnd::File { old_bytes, is_appended: true, .. } => old_bytes,
            TargetEnd::File { offset: Some(offset), .. } => offset as usize,
            _ => 0,
        };
        kernel.set_whims(&scenario.whims);
        kernel.limit_calls(calls_max(scenario));
        let request = Request {
            source_kind: scenario.are_kinds_known.then_some(source_kind),
            source_offset,
            target_kind: scenario.are_kinds_known.then_some(target_kind),
            target_offset,
            count: scenario.count,
            allowed: scenario.allowed,
            options: options(&scenario.extras),
            ..Request::new(source, target)
        };
        Stage {
            scenario,
            kernel,
            process: Process::new(),
            request,
            sparse,
            arrives_at,
            delivered: 0,
            handed_back: 0,
            is_complete: false,
            lost: 0,
            turns: 0,
        }
    }

    /// The bytes of the source behind the first `place` that were read.
    fn content(&self, place: u64, count: u64) -> Vec<u8> {
        let begin = match self.scenario.source {
            SourceEnd::File { offset, .. } => offset + place,
            _ => place,
        } as usize;
        match &self.sparse {
            Some(bytes) => bytes.iter().skip(begin).take(count as usize).copied().collect(),
            None => pattern(begin, count as usize),
        }
    }

    fn header_bytes(&self) -> usize {
        self.scenario.extras.header_bytes
    }

    /// Whether nothing but the source's own bytes goes over.
    pub fn is_bare(&self) -> bool {
        self.header_bytes() == 0 && self.scenario.extras.trailer_bytes == 0
    }

    /// `moved` more bytes of the source were delivered: they are there, and nothing else is.
    pub fn advance(&mut self, moved: u64) -> Result<(), TestCaseError> {
        let before = self.delivered;
        self.delivered += moved;
        let begin = self.arrives_at + self.header_bytes() + before as usize;
        let end = begin + moved as usize;
        let expected = self.content(before, moved);
        self.kernel.with_object(self.request.target, |object| {
            let arrived = object.arrived();
            prop_assert!(moved == 0 || arrived.len() >= end, "{} bytes are missing", moved);
            prop_assert!(moved == 0 || arrived[begin..end] == expected[..], "the bytes differ");
            Ok(())
        })
    }

    /// These bytes were handed back to the caller.
    pub fn hand_back(&mut self, bytes: &[u8]) -> Result<(), TestCaseError> {
        let expected = self.content(self.delivered + self.handed_back, bytes.len() as u64);
        prop_assert!(bytes == expected, "the bytes that are handed back differ");
        self.handed_back += bytes.len() as u64;
        Ok(())
    }

    /// Everything that was taken from the source.
    pub fn consumed(&self) -> u64 {
        self.delivered + self.handed_back + self.lost
    }

    /// Looks at all that arrived, for what a later step may have done to what was there, and at the
    /// source.
    pub fn check_whole(&self) -> Result<(), TestCaseError> {
        let trailer = self.expected_trailer();
        self.kernel.with_object(self.request.target, |object| {
            let arrived = object.arrived();
            let at = self.arrives_at.min(arrived.len());
            let mut expected = vec![HEADER_BYTE; self.header_bytes()];
            expected.extend(self.content(0, self.delivered));
            expected.extend(&trailer);
            let (old_bytes, is_file) = match self.scenario.target {
                TargetEnd::File { old_bytes, .. } => (old_bytes, true),
                _ => (0, false),
            };
            let is_old = |bytes: &[u8]| bytes.iter().all(|byte| *byte == OLD_BYTE);
            prop_assert!(is_old(&arrived[..at.min(old_bytes)]), "what is before them");
            if !is_file {
                // The last part may have been stopped anywhere.
                let is_prefix = expected.starts_with(arrived) || arrived.starts_with(&expected);
                prop_assert!(is_prefix, "something else arrived");
                let count = self.expected_arrivals(arrived.len());
                prop_assert_eq!(arrived.len(), count, "as many bytes arrive as are delivered");
            } else if self.is_complete {
                let end = at + expected.len();
                let nothing = expected.is_empty();
                prop_assert!(nothing || arrived[at..end] == expected[..], "the bytes differ");
                prop_assert!(is_old(&arrived[end.min(arrived.len())..]), "what is behind them");
                let size = if nothing { old_bytes } else { end.max(old_bytes) };
                prop_assert_eq!(arrived.len(), size, "the size of the file");
            }
            Ok(())
        })?;
        self.check_source()
    }

    fn expected_trailer(&self) -> Vec<u8> {
        // A trailer behind half of what was asked for would be taken for the rest.
        let is_whole = self.scenario.count == u64::MAX || self.delivered == self.scenario.count;
        let count = if is_whole { self.scenario.extras.trailer_bytes } else { 0 };
        vec![TRAILER_BYTE; count]
    }

    /// How many bytes a stream or pipe has: all, or where it was stopped in a part of the caller's as
    /// many as there are.
    fn expected_arrivals(&self, arrived: usize) -> usize {
        let header_bytes = self.header_bytes();
        let body_end = header_bytes + self.delivered as usize;
        if self.is_complete {
            body_end + self.expected_trailer().len()
        } else if self.delivered == 0 {
            arrived.min(header_bytes + self.expected_trailer().len())
        } else {
            arrived.clamp(body_end, body_end + self.expected_trailer().len())
        }
    }

    /// What is still in the source are the bytes behind those that were consumed.
    fn check_source(&self) -> Result<(), TestCaseError> {
        let consumed = self.consumed();
        match &self.scenario.source {
            SourceEnd::File { offset, is_at_position, .. } => {
                prop_assert_eq!(consumed, self.delivered, "nothing is taken from a file");
                if self.has_failed(&[Name::SetPosition]) {
                    return Ok(());
                }
                let moved = if *is_at_position { self.delivered } else { 0 };
                let begin = if *is_at_position { *offset } else { 0 };
                let position = self.kernel.position_of(self.request.source);
                prop_assert_eq!(position, begin + moved, "the position of the source");
            }
            SourceEnd::Datagrams { .. } => {
                let taken = self.taken();
                // The count may end in the middle of a datagram, whose rest is gone with it.
                let is_cut = consumed == self.scenario.count && taken >= consumed;
                prop_assert!(taken == consumed || is_cut, "{} of {} taken", consumed, taken);
            }
            SourceEnd::Stream { .. } | SourceEnd::Pipe { .. } => {
                prop_assert_eq!(self.taken(), consumed, "what was taken from the source");
            }
        }
        self.check_borders()
    }

    /// From datagrams to datagrams each stays whole. Empty ones are left out.
    fn check_borders(&self) -> Result<(), TestCaseError> {
        let lengths = |fd| {
            self.kernel.with_object(fd, |object| match object {
                Object::Datagrams(socket) => Some(socket.lengths.clone()),
                _ => None,
            })
        };
        let (source, target) = (lengths(self.request.source), lengths(self.request.target));
        let (Some(sent), Some(arrived), true) = (source, target, self.is_bare()) else {
            return Ok(());
        };
        let Some((last, whole)) = arrived.split_last() else { return Ok(()) };
        prop_assert!(sent.starts_with(whole), "datagrams are joined or cut: {:?}", arrived);
        let is_last_whole = sent.get(whole.len()) == Some(last);
        let is_cut_by_count = self.delivered == self.scenario.count;
        prop_assert!(is_last_whole || is_cut_by_count, "the last datagram is cut");
        Ok(())
    }

    fn taken(&self) -> u64 {
        self.kernel.with_object(self.request.source, |object| object.taken() as u64)
    }

    /// Whether a call of one of these names has failed: then what it would have done was not done.
    pub fn has_failed(&self, names: &[Name]) -> bool {
        self.kernel.with_records(0, |records| {
            records.iter().any(|it| names.contains(&it.name) && it.answer.is_err())
        })
    }

    /// Nothing waits for more that does not come, and what was set for the while is put back.
    pub fn check_promises(&self) -> Result<(), TestCaseError> {
        let TargetEnd::Tcp { no_delay, .. } = self.scenario.target else { return Ok(()) };
        let options = [Name::NoDelay, Name::SetNoDelay];
        self.kernel.with_object(self.request.target, |object| {
            let Object::Stream(stream) = object else { unreachable!("it is a stream") };
            if !self.has_failed(&options) {
                let is_held_back = match stream.held_back {
                    HeldBack::Nothing => false,
                    HeldBack::MorePromised => true,
                    HeldBack::PastTheEnd => !self.is_forgotten(),
                };
                prop_assert!(!is_held_back || !stream.is_reader_open, "{:?}", stream.held_back);
                prop_assert_eq!(stream.no_delay, no_delay, "TCP_NODELAY");
            }
            if !self.has_failed(&[Name::SendTimeout, Name::SetSendTimeout]) {
                prop_assert_eq!(stream.send_timeout_ns, 0, "SO_SNDTIMEO");
            }
            Ok(())
        })
    }

    /// Whether a step may know nothing any more of an earlier one's sendfile(2) that an end has come
    /// nearer to: a whim has put another mechanism between them.
    fn is_forgotten(&self) -> bool {
        let is_restless = |whim: &Whim| matches!(whim, Whim::TruncateSource { .. });
        let is_refusal = |whim: &Whim| matches!(whim, Whim::Fail(_));
        let whims = &self.scenario.whims;
        matches!(self.scenario.drive, Drive::Stateless)
            && whims.iter().any(is_restless)
            && whims.iter().any(is_refusal)
    }

    /// All descriptors are closed but those of empty pipes in the pool, and those of the caller.
    pub fn check_what_is_left(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.kernel.live_memory(), 0, "mappings and direct files");
        let ours = [self.request.source, self.request.target];
        let theirs: Vec<Fd> =
            self.kernel.descriptors().into_iter().filter(|fd| !ours.contains(fd)).collect();
        prop_assert_eq!(theirs.len(), 2 * self.process.pipes.idle_count(), "descriptors");
        for fd in theirs {
            self.kernel.with_object(fd, |object| {
                let Object::Pipe(pipe) = object else { panic!("{fd:?} is none of the pool") };
                prop_assert_eq!(pipe.unread(), 0, "a pipe with bytes in it lies in the pool");
                Ok(())
            })?;
        }
        self.kernel.set_whims(&[]);
        self.kernel.advance_clock(zerocopy_nio::transfer::pipes::IDLE_NS_MAX);
        let left = self.process.pipes.close_idle(&self.kernel);
        prop_assert_eq!(left, None, "pipes lie for ever");
        prop_assert_eq!(self.kernel.open_descriptors(), ours.len(), "descriptors");
        Ok(())
    }
}

fn options(extras: &Extras) -> Options {
    Options {
        patience: Patience::Sleep,
        is_stable: extras.is_stable,
        direct_io: extras.direct_above.map_or(DirectIo::Auto, DirectIo::Above),
        header: vec![HEADER_BYTE; extras.header_bytes].into(),
        trailer: vec![TRAILER_BYTE; extras.trailer_bytes].into(),
        chunk_bytes: extras.chunk_bytes.and_then(NonZeroU64::new),
        bytes_per_second: extras.bytes_per_second.and_then(NonZeroU64::new),
    }
}

fn add_source(kernel: &SimulatedKernel, source: &SourceEnd) -> (Fd, SourceKind, Option<u64>) {
    let read = |is_blocking| Mode::READ.blocking_if(is_blocking);
    match source {
        SourceEnd::File { offset, is_at_position, .. } => {
            let fd = kernel.add(Object::File(source_file(source)), Mode::READ);
            if *is_at_position {
                kernel.set_position(fd, *offset).expect("no whim is set yet");
            }
            (fd, SourceKind::File, (!is_at_position).then_some(*offset))
        }
        SourceEnd::Stream { is_unix, is_blocking, feeds } => {
            let mut stream = Stream::fed(feeds);
            stream.unix_send_buffer_bytes = is_unix.then_some(212_992);
            (kernel.add(Object::Stream(stream), read(*is_blocking)), SourceKind::Stream, None)
        }
        SourceEnd::Pipe { is_blocking, slots, feeds } => {
            let mut pipe = Pipe::new(0);
            pipe.slots_max = *slots;
            pipe.feeder = Feeder::new(feeds);
            (kernel.add(Object::Pipe(pipe), read(*is_blocking)), SourceKind::Pipe, None)
        }
        SourceEnd::Datagrams { is_blocking, feeds } => {
            let socket = Datagrams::fed(feeds);
            (kernel.add(Object::Datagrams(socket), read(*is_blocking)), SourceKind::Datagram, None)
        }
    }
}

fn source_file(source: &SourceEnd) -> File {
    let SourceEnd::File { bytes, knows_its_size, can_be_spliced, is_on_disk, is_sparse, .. } =
        *source
    else {
        unreachable!("it is a file")
    };
    let mut file = File { knows_its_size, can_be_spliced, ..File::pattern(bytes) };
    if is_on_disk {
        file.device = File::DISK;
    }
    if is_sparse {
        for page in (1..bytes / PAGE_BYTES).step_by(2) {
            file.punch_hole(page * PAGE_BYTES, PAGE_BYTES);
        }
    }
    file
}

fn add_target(kernel: &SimulatedKernel, target: &TargetEnd) -> (Fd, TargetKind, Option<u64>) {
    let write = |is_blocking| Mode::WRITE.blocking_if(is_blocking);
    match *target {
        TargetEnd::Tcp { is_blocking, capacity, reader_takes, no_delay } => {
            let mut stream = Stream::tcp(capacity, reader_takes);
            stream.no_delay = no_delay;
            (kernel.add(Object::Stream(stream), write(is_blocking)), TargetKind::TcpStream, None)
        }
        TargetEnd::Unix { is_blocking, capacity, reader_takes, send_buffer_bytes } => {
            let stream = Stream::unix(capacity, reader_takes, send_buffer_bytes);
            let kind = TargetKind::UnixStream { send_buffer_bytes };
            (kernel.add(Object::Stream(stream), write(is_blocking)), kind, None)
        }
        TargetEnd::Datagrams { is_blocking, queued_max } => {
            let socket = Datagrams::connected(queued_max, 1);
            (kernel.add(Object::Datagrams(socket), write(is_blocking)), TargetKind::Datagram, None)
        }
        TargetEnd::Pipe { is_blocking, slots, reader_takes } => {
            let mut pipe = Pipe::new(reader_takes);
            pipe.slots_max = slots;
            (kernel.add(Object::Pipe(pipe), write(is_blocking)), TargetKind::Pipe, None)
        }
        TargetEnd::File { old_bytes, is_appended, offset, is_on_disk } => {
            let mut file = File::new(&vec![OLD_BYTE; old_bytes]);
            if is_on_disk {
                file.device = File::DISK;
            }
            let mode = Mode { append: is_appended, ..Mode::WRITE };
            (kernel.add(Object::File(file), mode), TargetKind::File, offset)
        }
    }
}
