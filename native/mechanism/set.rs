//! Sets of mechanisms, as the faces pass them.

use super::Mechanism;

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

impl From<Mechanism> for MechanismSet {
    fn from(mechanism: Mechanism) -> MechanismSet {
        MechanismSet::EMPTY.with(mechanism)
    }
}
