//! The mechanisms, one file each. A mechanism makes one bounded step; it never loops, never falls
//! back and never calls another one. What its answer means is for [`crate::transfer`] to decide.

pub mod copy;
pub mod sendfile;

use nix::errno::Errno;

use crate::kernel::{Call, Fd, Side};

/// A way to move bytes. The numbers are those of the Java enum and of the bits at the C face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mechanism {
    /// sendfile(2): from a file to anything, inside the kernel.
    Sendfile = 0,
    /// pread(2), then send(2), write(2) or pwrite(2), through a reused buffer.
    Copy = 6,
}

impl Mechanism {
    /// Every mechanism that this version has, in the order of their numbers.
    pub const ALL: [Mechanism; 2] = [Mechanism::Sendfile, Mechanism::Copy];

    /// The mechanism with this number.
    pub fn from_number(number: u8) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| *mechanism as u8 == number)
    }

    /// The mechanism with this name, as it stands in the kill switch.
    pub fn from_name(name: &str) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The name in documents and settings.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Sendfile => "sendfile",
            Mechanism::Copy => "copy",
        }
    }
}

/// A set of mechanisms, as bits: bit `n` stands for the mechanism with the number `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MechanismSet(u32);

impl MechanismSet {
    /// The set without members.
    pub const EMPTY: MechanismSet = MechanismSet(0);
    /// The set of all mechanisms, also of those that later versions add.
    pub const ALL: MechanismSet = MechanismSet(u32::MAX);

    /// The set whose bits are these.
    pub fn from_bits(bits: u32) -> MechanismSet {
        MechanismSet(bits)
    }

    /// The bits of the set.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether `mechanism` is a member.
    pub fn contains(self, mechanism: Mechanism) -> bool {
        self.0 & (1 << mechanism as u32) != 0
    }

    /// This set and `mechanism`.
    pub fn with(self, mechanism: Mechanism) -> MechanismSet {
        MechanismSet(self.0 | 1 << mechanism as u32)
    }

    /// This set without the members of `other`.
    pub fn without(self, other: MechanismSet) -> MechanismSet {
        MechanismSet(self.0 & !other.0)
    }
}

/// Where the bytes of one step go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The descriptor.
    pub fd: Fd,
    /// How it is written to.
    pub kind: TargetKind,
    /// Where in the file the next byte goes; `None` for the position of the descriptor itself.
    pub offset: Option<u64>,
}

/// The kinds of target that differ in how they are best written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A regular file.
    File,
    /// A TCP stream.
    TcpStream,
    /// A UNIX stream with the size of its send buffer as the kernel reports it.
    UnixStream {
        /// `SO_SNDBUF` as read back.
        send_buffer_bytes: u64,
    },
    /// A socket that keeps the borders of writes.
    Datagram,
    /// The write end of a pipe.
    Pipe,
    /// Devices and everything else that takes write(2).
    Other,
}

impl TargetKind {
    /// Whether send(2) with its flags can be used.
    pub fn is_socket(self) -> bool {
        matches!(self, TargetKind::TcpStream | TargetKind::UnixStream { .. } | TargetKind::Datagram)
    }
}

/// What one step of a mechanism came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// This many bytes, never 0, went from the source to the target.
    Moved(u64),
    /// Nothing moved because this side is not ready and must not be waited for in the call.
    WouldBlock(Side),
    /// The source has no more bytes.
    Ended,
    /// A signal came before anything moved.
    Interrupted,
    /// This mechanism can't serve these endpoints; nothing moved.
    Unsupported {
        /// What the system said.
        errno: Errno,
        /// The call that refused.
        call: Call,
    },
    /// Nothing moved, and no other mechanism would do better.
    Failed {
        /// What the system said.
        errno: Errno,
        /// The call that failed.
        call: Call,
    },
}
