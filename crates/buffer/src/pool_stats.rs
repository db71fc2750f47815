//! What a pool looks like: its slabs, empty, partial or full, and the slots of each.

use std::fmt;

use crate::slots::SLAB_SIZE;

/// The slabs of a [`Pool`](crate::Pool) at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Each slab: first the current one of each class, then the partial, the full and the empty ones.
    pub slabs: Vec<SlabStats>,
}

/// One slab at one moment.
///
/// Displayed, it is a line: the size of its slots, its state, and a mark for each slot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlabStats {
    /// Bytes of each slot.
    pub slot_size: usize,
    /// For each slot whether a buffer has it.
    pub slots: Vec<bool>,
}

/// The three states of a slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlabState {
    /// No slot is used.
    Empty,
    /// Some slots are used and some are free.
    Partial,
    /// No slot is free.
    Full,
}

impl PoolStats {
    /// Slabs without a used slot.
    #[must_use]
    pub fn empty(&self) -> usize {
        self.count(SlabState::Empty)
    }

    /// Slabs that have used slots and free ones.
    #[must_use]
    pub fn partial(&self) -> usize {
        self.count(SlabState::Partial)
    }

    /// Slabs without a free slot.
    #[must_use]
    pub fn full(&self) -> usize {
        self.count(SlabState::Full)
    }

    /// Bytes of all slabs.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.slabs.len() * SLAB_SIZE
    }

    /// Bytes of the slots that buffers have.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        self.slabs.iter().map(|slab| slab.used() * slab.slot_size).sum()
    }

    fn count(&self, state: SlabState) -> usize {
        self.slabs.iter().filter(|slab| slab.state() == state).count()
    }
}

impl SlabStats {
    /// How many slots a buffer has.
    #[must_use]
    pub fn used(&self) -> usize {
        self.slots.iter().filter(|&&used| used).count()
    }

    /// Empty, partial or full.
    #[must_use]
    pub fn state(&self) -> SlabState {
        match self.used() {
            0 => SlabState::Empty,
            used if used == self.slots.len() => SlabState::Full,
            _ => SlabState::Partial,
        }
    }
}

/// Draws the slab: `2720 B  partial  [##.]`. A mark stands for several slots where there are more than 64:
/// `#` all used, `+` some, `.` none.
impl fmt::Display for SlabStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state() {
            SlabState::Empty => "empty",
            SlabState::Partial => "partial",
            SlabState::Full => "full",
        };
        let mark = |slots: &[bool]| match slots.iter().filter(|&&used| used).count() {
            0 => '.',
            used if used == slots.len() => '#',
            _ => '+',
        };
        let marks: String = self.slots.chunks(self.slots.len().div_ceil(64)).map(mark).collect();
        write!(f, "{:4} B  {state:7}  [{marks}]", self.slot_size)
    }
}
