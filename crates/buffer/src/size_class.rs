//! Sizes of slots: a request is rounded up to the next of these, so that slots of one slab are all alike.
//!
//! Every size is a multiple of the unit. Those above 1 KiB are what 2, 3, 4 and 6 slots of a slab may have at most.

use crate::slots::{SLAB_SIZE, UNIT};

/// Bytes of a slot, smallest first.
const SIZES: [u16; COUNT] = [
    16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1360, 2048, 2720, 4096,
];

/// How many sizes there are.
pub(crate) const COUNT: usize = 16;

/// A size of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeClass(u8);

impl SizeClass {
    /// The smallest size for `length` bytes, or `None` for what is not pooled: nothing, and half a slab or more.
    ///
    /// In Node: `size < poolSize >>> 1`, `lib/buffer.js`.
    #[inline]
    pub(crate) fn of(length: usize) -> Option<Self> {
        if length == 0 || length >= SLAB_SIZE / 2 {
            return None;
        }
        Some(Self(BY_UNITS[length.div_ceil(UNIT)]))
    }

    /// Bytes of a slot.
    pub(crate) fn slot_size(self) -> usize {
        usize::from(SIZES[usize::from(self.0)])
    }

    /// Slots of a slab.
    pub(crate) fn slots(self) -> usize {
        SLAB_SIZE / self.slot_size()
    }

    /// The place of this size among all.
    #[inline]
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The size at a place.
    pub(crate) fn at(index: usize) -> Self {
        debug_assert!(index < COUNT, "{index} of {COUNT}");
        Self(index as u8)
    }
}

/// The class for a request of so many units.
static BY_UNITS: [u8; SLAB_SIZE / 2 / UNIT + 1] = {
    let mut table = [0; SLAB_SIZE / 2 / UNIT + 1];
    let (mut units, mut class) = (1, 0);
    while units < table.len() {
        if units * UNIT > SIZES[class] as usize {
            class += 1;
        }
        table[units] = class as u8;
        units += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pooled_length_fits_its_slot_and_not_the_next_smaller() {
        for length in 1..SLAB_SIZE / 2 {
            let class = SizeClass::of(length).unwrap();
            assert!(class.slot_size() >= length, "{length}");
            assert!(class.index() == 0 || SizeClass::at(class.index() - 1).slot_size() < length);
        }
    }

    #[test]
    fn nothing_and_half_a_slab_are_not_pooled() {
        assert_eq!(SizeClass::of(0), None);
        assert_eq!(SizeClass::of(SLAB_SIZE / 2), None);
        assert_eq!(SizeClass::of(usize::MAX), None);
    }

    #[test]
    fn slots_begin_at_units_and_waste_less_than_a_tenth() {
        for size in SIZES.map(usize::from) {
            assert_eq!(size % UNIT, 0);
            assert!(SLAB_SIZE % size < SLAB_SIZE / 10, "{size}");
        }
    }
}
