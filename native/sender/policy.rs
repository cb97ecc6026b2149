//! When to send with MSG_ZEROCOPY and when to let the kernel copy.

use nix::errno::Errno;

/// How many sends are copied after the first refusal before zero-copy is tried again.
const PAUSE_SENDS_MIN: u32 = 16;

/// The pause doubles with every try that fails, up to this.
const PAUSE_SENDS_MAX: u32 = 4096;

/// Why the kernel copied bytes of a message. More than one cause can hold for different parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Causes(u8);

impl Causes {
    /// There was no copy.
    pub const NONE: Causes = Causes(0);
    /// The part was shorter than the threshold.
    pub const SMALL: Causes = Causes(1);
    /// It was sent with MSG_ZEROCOPY and the completion said that the kernel copied all the same.
    pub const COPIED_BY_KERNEL: Causes = Causes(2);
    /// A completion before said so, and zero-copy is not tried again yet.
    pub const BACKED_OFF: Causes = Causes(4);
    /// ENOBUFS: the limit of locked memory or of the socket's option memory was reached.
    pub const NO_BUFFERS: Causes = Causes(8);
    /// The socket does not know MSG_ZEROCOPY.
    pub const UNSUPPORTED: Causes = Causes(16);
    /// A setting forbids it.
    pub const DISABLED: Causes = Causes(32);

    /// Both.
    #[must_use]
    pub fn and(self, other: Causes) -> Causes {
        Causes(self.0 | other.0)
    }

    /// Whether all of `other` are among these.
    pub fn contain(self, other: Causes) -> bool {
        self.0 & other.0 == other.0
    }

    /// As bits.
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// A pause of zero-copy that ends after a number of sends.
#[derive(Debug, Default)]
struct Pause {
    left_sends: u32,
    next_sends: u32,
}

impl Pause {
    fn begin(&mut self) {
        self.left_sends = self.next_sends.clamp(PAUSE_SENDS_MIN, PAUSE_SENDS_MAX);
        self.next_sends = self.left_sends.saturating_mul(2);
    }

    fn holds(&self) -> bool {
        self.left_sends > 0
    }
}

/// What one connection has learned about zero-copy.
///
/// Loopback, and a peer in another network namespace of the machine, make the kernel copy, which
/// costs more than a plain send. The route of a connection can change, so nothing is for good.
#[derive(Debug)]
pub struct Policy {
    threshold_bytes: usize,
    /// Why zero-copy can't be used at all.
    never: Option<Causes>,
    refusal: Option<Errno>,
    /// What the last zero-copy send was refused with, as long as it is not known whether a copy
    /// fares better: a firewall, for one, answers both with EPERM.
    doubt: Option<Errno>,
    after_copied: Pause,
    after_no_buffers: Pause,
    /// The first call since zero-copy was last paused. Older ones, which were in flight then, say
    /// nothing new when they come back copied.
    tried_since: u32,
}

impl Policy {
    /// Zero-copy for parts of at least `threshold_bytes`. The first call has the number `first_id`.
    pub fn new(threshold_bytes: usize, first_id: u32) -> Policy {
        Policy {
            threshold_bytes,
            never: None,
            refusal: None,
            doubt: None,
            after_copied: Pause::default(),
            after_no_buffers: Pause::default(),
            tried_since: first_id,
        }
    }

    /// Why the next part, of this length, has to be copied; nothing if it need not be.
    pub fn why_copy(&self, bytes: usize) -> Causes {
        if let Some(cause) = self.never {
            cause
        } else if self.doubt.is_some() {
            Causes::UNSUPPORTED
        } else if bytes < self.threshold_bytes {
            Causes::SMALL
        } else if self.after_copied.holds() {
            Causes::BACKED_OFF
        } else if self.after_no_buffers.holds() {
            Causes::NO_BUFFERS
        } else {
            Causes::NONE
        }
    }

    /// A part was copied for this cause. What shortens a pause are sends that the kernel took, not
    /// those that it had no room for. If zero-copy was refused before, it is that which was meant.
    pub fn note_copied_send(&mut self, cause: Causes) {
        if let Some(errno) = self.doubt.take() {
            self.note_unsupported(errno);
        }
        if cause == Causes::BACKED_OFF {
            self.after_copied.left_sends -= 1;
        } else if cause == Causes::NO_BUFFERS && self.after_no_buffers.holds() {
            self.after_no_buffers.left_sends -= 1;
        }
    }

    /// The call number `id` is complete. Memory is free again, so ENOBUFS need not come again.
    pub fn note_completion(&mut self, id: u32, next_id: u32, copied: bool) {
        self.after_no_buffers.left_sends = 0;
        if !copied {
            self.after_copied = Pause::default();
            self.after_no_buffers = Pause::default();
        } else if id.wrapping_sub(self.tried_since) as i32 >= 0 {
            self.after_copied.begin();
            self.tried_since = next_id;
        }
    }

    /// ENOBUFS. If nothing is in flight no completion will tell when memory is free: so the number
    /// of sends ends the pause too.
    pub fn note_no_buffers(&mut self) {
        self.after_no_buffers.begin();
    }

    /// A zero-copy send was refused as something that is missing: a copy of the same bytes follows,
    /// and tells what is.
    pub fn note_refused(&mut self, errno: Errno) {
        self.doubt = Some(errno);
    }

    /// No more of a message is sent, so what was refused has not to do with zero-copy, or is not
    /// known to.
    pub fn note_stopped(&mut self) {
        self.doubt = None;
    }

    /// A setting forbids zero-copy.
    pub fn forbid(&mut self) {
        self.never = Some(Causes::DISABLED);
    }

    /// The socket has refused SO_ZEROCOPY, MSG_ZEROCOPY, or to tell of completions.
    pub fn note_unsupported(&mut self, errno: Errno) {
        self.never = Some(Causes::UNSUPPORTED);
        self.refusal = Some(errno);
    }

    /// What the system said when it refused zero-copy for good, or `None`.
    pub fn refusal(&self) -> Option<Errno> {
        self.refusal
    }

    /// Whether zero-copy is paused or impossible now.
    pub fn is_copying(&self) -> bool {
        self.never.is_some() || self.after_copied.holds() || self.after_no_buffers.holds()
    }
}
