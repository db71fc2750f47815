//! The slots of one slab: which are free, and who may say so.
//!
//! # Theory of operation
//!
//! A slab is 512 units of 16 bytes. A slot is one or more units and is known by its first unit,
//! so one bit per unit, in eight words, is a map of any size of slot.
//!
//! ```text
//!              take                          give back, on the owner's thread
//!   free  ───────────────▶  a buffer  ──────────────────────────────▶  free
//!     ▲                         │
//!     │ collect                 │ hand in, on any other thread
//!     └───────── returned ◀─────┘
//! ```
//!
//! Rule 1: `hand`, `free`, `open` and `used` belong to the owner. It alone writes them, so it loads and stores and never locks
//! the bus; they are atomics only so that this file needs no `unsafe`.
//! Rule 2: another thread sets a bit of `returned` and touches nothing after it: with its slot gone, the slab may be gone.
//! Rule 3: the owner moves `returned` to `free` when it has run out. What was handed in counts as used until then.
//! Rule 4: an owner that ends puts [`NOBODY`] in its place, and then every thread is another thread.
//!
//! The release of a bit and the acquire of `collect` make the last user's writes happen before the next user's.
//! `tests/model` explores the interleavings.

use crate::sync::{AtomicU64, Ordering};

/// Bytes of a slab: `Buffer.poolSize` in Node 20.
pub(crate) const SLAB_SIZE: usize = 8192;
/// Bytes of a unit, which is also how slots are aligned.
pub(crate) const UNIT: usize = 16;
/// The owner of a slab that has none.
pub(crate) const NOBODY: u64 = 0;

const WORDS: usize = SLAB_SIZE / UNIT / 64;

/// Which slots of a slab are free.
pub(crate) struct Slots {
    owner: AtomicU64,
    /// Free slots of one word, about to be taken. Apart from `free`, so that taking does not wait for giving back.
    hand: AtomicU64,
    /// The first unit of the word that `hand` is of.
    hand_unit: AtomicU64,
    /// One bit for each word of `free` that has a bit.
    open: AtomicU64,
    free: [AtomicU64; WORDS],
    /// Slots in all.
    carved: AtomicU64,
    /// Slots that are not known to be free, while they are counted: a slab that serves requests is counted when it stops.
    used: AtomicU64,
    returned: [AtomicU64; WORDS],
}

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// The owner gave it back.
    GivenBack,
    /// Another thread handed it in.
    HandedIn,
    /// It was handed in to a slab that has no owner to collect it.
    Orphaned,
}

impl Slots {
    /// Makes the map of a slab without slots, owned by the thread `owner`.
    pub(crate) fn new(owner: u64) -> Self {
        let word = |_| AtomicU64::new(0);
        Self {
            owner: AtomicU64::new(owner),
            hand: AtomicU64::new(0),
            hand_unit: AtomicU64::new(0),
            open: AtomicU64::new(0),
            free: std::array::from_fn(word),
            carved: AtomicU64::new(0),
            used: AtomicU64::new(0),
            returned: std::array::from_fn(word),
        }
    }

    /// Cuts an empty slab into slots of `size` bytes, all free. For the owner.
    pub(crate) fn carve(&self, size: usize) {
        let count = SLAB_SIZE / size;
        let mut words = [0_u64; WORDS];
        for slot in 0..count {
            let unit = slot * size / UNIT;
            words[unit / 64] |= 1 << (unit % 64);
        }
        self.carved.store(count as u64, Ordering::Relaxed);
        self.hand.store(0, Ordering::Relaxed);
        self.set_free(words);
    }

    fn set_free(&self, words: [u64; WORDS]) {
        for (cell, word) in self.free.iter().zip(words) {
            cell.store(word, Ordering::Relaxed);
        }
        let mark = |(at, &word): (usize, &u64)| u64::from(word != 0) << at;
        self.open
            .store(words.iter().enumerate().map(mark).sum(), Ordering::Relaxed);
    }

    /// Takes a free slot and gives its first unit. For the owner.
    #[inline]
    pub(crate) fn take(&self) -> Option<usize> {
        let mut bits = self.hand.load(Ordering::Relaxed);
        if bits == 0 {
            bits = self.fill_hand()?;
        }
        self.hand.store(bits & bits.wrapping_sub(1), Ordering::Relaxed);
        Some(self.hand_unit.load(Ordering::Relaxed) as usize + bits.trailing_zeros() as usize)
    }

    /// Takes the free slots of a word into the hand.
    fn fill_hand(&self) -> Option<u64> {
        let open = self.open.load(Ordering::Relaxed);
        let word = open.trailing_zeros() as usize;
        let free = self.free.get(word)?;
        let bits = free.load(Ordering::Relaxed);
        free.store(0, Ordering::Relaxed);
        self.open.store(open & open.wrapping_sub(1), Ordering::Relaxed);
        self.hand_unit.store(word as u64 * 64, Ordering::Relaxed);
        Some(bits)
    }

    /// Frees the slot that begins at `unit`, on the thread `thread`.
    ///
    /// Unless the slot is given back, the slab may be gone when this returns.
    #[inline]
    pub(crate) fn release(&self, unit: usize, thread: u64) -> Released {
        let (word, bit) = (unit / 64, 1 << (unit % 64));
        // Only this thread can put its own name here or take it away, so a stale value is another's.
        let owner = self.owner.load(Ordering::Relaxed);
        if owner == thread {
            let bits = self.free[word].load(Ordering::Relaxed);
            self.free[word].store(bits | bit, Ordering::Relaxed);
            if bits == 0 {
                let open = self.open.load(Ordering::Relaxed);
                self.open.store(open | 1 << word, Ordering::Relaxed);
            }
            return Released::GivenBack;
        }
        self.returned[word].fetch_or(bit, Ordering::Release);
        if owner == NOBODY {
            Released::Orphaned
        } else {
            Released::HandedIn
        }
    }

    /// Whether others handed in anything since the last look. For the owner.
    pub(crate) fn has_returned(&self) -> bool {
        self.returned.iter().any(|word| word.load(Ordering::Relaxed) != 0)
    }

    /// Moves what others handed in to the free slots. For the owner.
    pub(crate) fn collect(&self) {
        let mut words = [0_u64; WORDS];
        for ((returned, free), word) in self.returned.iter().zip(&self.free).zip(&mut words) {
            *word = free.load(Ordering::Relaxed);
            if returned.load(Ordering::Relaxed) != 0 {
                *word |= returned.swap(0, Ordering::Acquire);
            }
        }
        self.set_free(words);
    }

    /// Counts the slots that are not known to be free, and from here on gives count with [`uncount`](Self::uncount).
    /// For the owner.
    pub(crate) fn count(&self) -> u64 {
        let load = |word: &AtomicU64| u64::from(word.load(Ordering::Relaxed).count_ones());
        let free: u64 = self.free.iter().map(load).sum();
        let used = self.carved.load(Ordering::Relaxed) - free - load(&self.hand);
        self.used.store(used, Ordering::Relaxed);
        used
    }

    /// Takes a slot that was given back off the count, and gives what is left. For the owner.
    #[inline]
    pub(crate) fn uncount(&self) -> u64 {
        let used = self.used.load(Ordering::Relaxed) - 1;
        self.used.store(used, Ordering::Relaxed);
        used
    }

    /// Whether [`take`](Self::take) would find a slot. For the owner.
    #[inline]
    pub(crate) fn has_free(&self) -> bool {
        self.hand.load(Ordering::Relaxed) | self.open.load(Ordering::Relaxed) != 0
    }

    /// Whether the slot that begins at `unit` is known to be free. For the owner.
    pub(crate) fn is_free(&self, unit: usize) -> bool {
        let in_hand = self.hand_unit.load(Ordering::Relaxed) == unit as u64 / 64 * 64;
        let hand = if in_hand { self.hand.load(Ordering::Relaxed) } else { 0 };
        let free = self.free[unit / 64].load(Ordering::Relaxed);
        (hand | free) >> (unit % 64) & 1 == 1
    }

    /// Changes the owner. For the owner, and for who holds a slab that has none.
    pub(crate) fn pass_to(&self, owner: u64) {
        self.owner.store(owner, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(feature = "model")))] // Loom's atomics work inside a model only.
mod tests {
    use super::*;

    const OWNER: u64 = 1;
    const OTHER: u64 = 2;

    fn carved(size: usize) -> Slots {
        let slots = Slots::new(OWNER);
        slots.carve(size);
        slots
    }

    #[test]
    fn a_slab_has_as_many_slots_as_fit() {
        for (size, count) in [(16, 512), (48, 170), (2720, 3), (4096, 2)] {
            let slots = carved(size);
            let units: Vec<usize> = std::iter::from_fn(|| slots.take()).collect();
            assert_eq!(units, (0..count).map(|slot| slot * size / UNIT).collect::<Vec<_>>());
            assert_eq!(slots.count(), count as u64);
        }
    }

    #[test]
    fn what_the_owner_gives_back_is_free_at_once() {
        let slots = carved(4096);
        assert_eq!((slots.take(), slots.take(), slots.take()), (Some(0), Some(256), None));
        assert_eq!(slots.release(0, OWNER), Released::GivenBack);
        assert_eq!(slots.count(), 1);
        assert_eq!(slots.take(), Some(0));
    }

    #[test]
    fn what_another_thread_hands_in_is_free_once_collected() {
        let slots = carved(4096);
        let _both = (slots.take(), slots.take());
        assert_eq!(slots.release(256, OTHER), Released::HandedIn);
        assert_eq!(slots.take(), None);
        slots.collect();
        assert_eq!(slots.count(), 1);
        assert_eq!((slots.take(), slots.take()), (Some(256), None));
    }

    #[test]
    fn without_an_owner_every_thread_is_another() {
        let slots = carved(4096);
        let _first = slots.take();
        slots.pass_to(NOBODY);
        assert_eq!(slots.release(0, OWNER), Released::Orphaned);
        slots.collect();
        assert_eq!(slots.count(), 0);
    }
}
