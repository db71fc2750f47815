//! Where a pool keeps a slab: on which shelf, at which index. Written beside the slab, so that a slab is found in no time
//! when one of its slots comes back.

use crate::size_class::SizeClass;
use crate::sync::{AtomicU64, Ordering};

/// The shelves of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// The slab that requests of its class are served from. It is not moved whatever becomes of its slots.
    Current,
    /// Slabs that have free slots and used ones.
    Partial,
    /// Slabs that had no free slot when they were looked at last.
    Full,
    /// Slabs without used slots, good for any class.
    Empty,
}

/// Where a slab is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The pool's name.
    pub(crate) pool: u64,
    /// The shelf of that pool.
    pub(crate) shelf: Shelf,
    /// The index on that shelf.
    pub(crate) index: usize,
    class: u8,
}

impl Place {
    /// Makes the place of a slab with slots of `class`.
    pub(crate) fn new(pool: u64, class: SizeClass, shelf: Shelf, index: usize) -> Self {
        Self {
            pool,
            shelf,
            index,
            class: class.index() as u8,
        }
    }

    /// The size of the slab's slots.
    pub(crate) fn class(self) -> SizeClass {
        SizeClass::at(usize::from(self.class))
    }
}

const CURRENT: u64 = 0;
const PARTIAL: u64 = 1;
const FULL: u64 = 2;
const EMPTY: u64 = 3;

/// A [`Place`] that its owner may change while others look at the slab's slots. Only the owner reads it.
pub(crate) struct PlaceCell {
    pool: AtomicU64,
    packed: AtomicU64,
}

impl PlaceCell {
    /// Reads the place.
    pub(crate) fn load(&self) -> Place {
        let packed = self.packed.load(Ordering::Relaxed);
        let shelf = match packed & 3 {
            CURRENT => Shelf::Current,
            PARTIAL => Shelf::Partial,
            FULL => Shelf::Full,
            _ => Shelf::Empty,
        };
        Place {
            pool: self.pool.load(Ordering::Relaxed),
            shelf,
            index: (packed >> 16) as usize,
            class: (packed >> 8) as u8,
        }
    }

    /// Whether requests are served from the slab.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.packed.load(Ordering::Relaxed) & 3 == CURRENT
    }

    /// Whether the slab has to move when a slot came back and `used` others are left.
    #[inline]
    pub(crate) fn minds(&self, used: u64) -> bool {
        used == 0 || self.packed.load(Ordering::Relaxed) & 3 == FULL
    }

    /// Writes the place.
    pub(crate) fn store(&self, place: Place) {
        let shelf = match place.shelf {
            Shelf::Current => CURRENT,
            Shelf::Partial => PARTIAL,
            Shelf::Full => FULL,
            Shelf::Empty => EMPTY,
        };
        let packed = (place.index as u64) << 16 | u64::from(place.class) << 8 | shelf;
        self.pool.store(place.pool, Ordering::Relaxed);
        self.packed.store(packed, Ordering::Relaxed);
    }
}

impl Default for PlaceCell {
    fn default() -> Self {
        Self {
            pool: AtomicU64::new(0),
            packed: AtomicU64::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_went_in() {
        for shelf in [Shelf::Current, Shelf::Partial, Shelf::Full, Shelf::Empty] {
            let place = Place::new(u64::MAX, SizeClass::at(15), shelf, 1 << 40);
            let cell = PlaceCell::default();
            cell.store(place);
            assert_eq!(cell.load(), place);
        }
    }
}
