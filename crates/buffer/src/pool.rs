//! The pool: small buffers share slabs of 8 KiB, and a slot is used again as soon as its buffer drops.
//!
//! In Node: `allocPool` in `lib/buffer.js`. Node cuts its slab from front to back, keeps all of it as long as one buffer
//! of it lives, and lets the garbage collector find out. Here each slab has slots of one size, and drops are counted.
//!
//! Each thread has a pool. Requests are served from the current slab of their class; when that has no free slot left, the next is,
//! in this order: a partial slab of the class, an empty one, one that a dead thread left, a new one.
//!
//! The rule of what stays: at most one current slab for each class, and at most [`KEPT`] empty ones.
//! Whatever else is empty goes back to the allocator at once, if its last slot comes back on this thread,
//! or when a later request looks at it, if it came back on another.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::buffer::Buffer;
use crate::orphans;
use crate::place::{Place, Shelf};
use crate::pool_stats::{PoolStats, SlabStats};
use crate::size_class::{COUNT, SizeClass};
use crate::slab::{Block, Current, SlabRef, Slot};

/// Empty slabs that a pool keeps, 64 KiB in all.
const KEPT: usize = 8;
/// Slabs that a request looks at for slots from other threads, when its own slab is full.
const SWEPT: usize = 16;

/// A pool of slabs. It belongs to its thread; its buffers may go anywhere and outlive it.
///
/// [`Buffer::alloc_unsafe`] and whatever copies into a new buffer use the pool of their thread,
/// [`Pool::local`]. A pool of one's own is for tests, and to see the slabs:
///
/// ```
/// use ferronode_buffer::Pool;
///
/// let pool = Pool::new();
/// let first = pool.alloc_unsafe(3000);
/// let second = pool.alloc_unsafe(3000);
/// assert_eq!(pool.stats().full(), 1);
/// drop(first);
/// assert_eq!(pool.stats().partial(), 1);
/// drop(second);
/// assert_eq!(pool.stats().empty(), 1);
/// ```
#[derive(Clone)]
pub struct Pool(Rc<Core>);

struct Core {
    name: u64,
    current: [Current; COUNT],
    shelves: RefCell<Shelves>,
}

#[derive(Default)]
struct Shelves {
    partial: [Vec<SlabRef>; COUNT],
    full: Vec<SlabRef>,
    empty: Vec<SlabRef>,
    /// Which full slab, and which class of partial ones, is looked at next.
    next: (usize, usize),
}

thread_local! {
    static LOCAL: Pool = Pool::new();
    /// This thread's pools by name, for slots that come back.
    static POOLS: RefCell<Vec<(u64, Weak<Core>)>> = const { RefCell::new(Vec::new()) };
}

impl Pool {
    /// Makes a pool that shares nothing with the others of its thread.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = NEXT.fetch_add(1, Ordering::Relaxed);
        let current = std::array::from_fn(|index| Current::new(SizeClass::at(index)));
        let core = Rc::new(Core {
            name,
            current,
            shelves: RefCell::default(),
        });
        // A thread that is ending has no list any more; its pool works without.
        let _ending = POOLS.try_with(|pools| {
            let mut pools = pools.borrow_mut();
            pools.retain(|(_, core)| core.strong_count() > 0);
            pools.push((name, Rc::downgrade(&core)));
        });
        Self(core)
    }

    /// This thread's pool, where `Buffer`'s constructors take small buffers from.
    #[must_use]
    pub fn local() -> Self {
        LOCAL.try_with(Self::clone).unwrap_or_else(|_ending| Self::new())
    }

    /// Makes a buffer of `size` bytes of any value, from this pool if it is under 4 KiB.
    ///
    /// # Panics
    ///
    /// As [`Buffer::alloc`].
    #[must_use]
    pub fn alloc_unsafe(&self, size: usize) -> Buffer {
        match self.take(size).into_block(|slot| slot.len()) {
            Some(block) => Buffer::from_block(block),
            None => Buffer::alloc_unsafe_slow(size),
        }
    }

    /// Shows the slabs as they are now, slots that other threads have freed included.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let current = self.0.current.iter().filter_map(|current| current.inspect(slab_stats));
        let shelves = self.0.shelves.borrow();
        let partial = shelves.partial.iter().flatten();
        let others = partial.chain(&shelves.full).chain(&shelves.empty).map(slab_stats);
        PoolStats {
            slabs: current.chain(others).collect(),
        }
    }

    /// Takes a slot for `length` bytes. None if they are not pooled, or there is no memory.
    #[inline]
    pub(crate) fn take(&self, length: usize) -> Slot {
        let Some(class) = SizeClass::of(length) else {
            return Slot::NONE;
        };
        let slot = self.0.current[class.index()].take(length);
        if slot.is_none() {
            self.0.take_other(class, length)
        } else {
            slot
        }
    }
}

impl Core {
    /// Takes a slot of another slab than the current one, which has none.
    #[cold]
    fn take_other(&self, class: SizeClass, length: usize) -> Slot {
        self.refill(class);
        self.current[class.index()].take(length)
    }

    /// Finds a current slab that has a free slot, if there is memory.
    #[cold]
    fn refill(&self, class: SizeClass) {
        let current = &self.current[class.index()];
        let mut shelves = self.shelves.borrow_mut();
        if let Some(slab) = current.replace(None) {
            slab.collect();
            if slab.has_free() {
                current.replace(Some(slab));
                return;
            }
            shelves.put(slab, self.name, Shelf::Full);
        }
        if shelves.partial[class.index()].is_empty() {
            shelves.sweep();
        }
        if let Some(slab) = shelves.next_slab(class) {
            slab.set_place(self.name, Shelf::Current, 0);
            current.replace(Some(slab));
        }
    }
}

/// Takes a slot for `length` bytes from this thread's pool.
#[inline(always)] // As a block it would come out of a call in memory: see `Slot`.
pub(crate) fn take_local(length: usize) -> Option<Block> {
    take_local_written(length, |slot| slot.len())
}

/// Takes a slot for `length` bytes from this thread's pool, lets `write` have them, and keeps as many as it says.
#[inline(always)] // Likewise.
pub(crate) fn take_local_written(length: usize, write: impl FnOnce(&mut [u8]) -> usize) -> Option<Block> {
    LOCAL.try_with(|pool| pool.take(length)).ok()?.into_block(write)
}

/// Moves a slab of this thread after a slot of it came back.
#[cold]
pub(crate) fn slot_given_back(place: Place, used: u64) {
    let moved = |core: &Core| core.shelves.borrow_mut().slot_given_back(place, used);
    let is_local = LOCAL.try_with(|pool| {
        let found = pool.0.name == place.pool;
        if found {
            moved(&pool.0);
        }
        found
    });
    if is_local == Ok(true) {
        return;
    }
    // When the thread is ending, its pools are about to leave their slabs to the orphans.
    let _ending = POOLS.try_with(|pools| {
        let pools = pools.borrow();
        let named = pools.iter().find(|(name, _)| *name == place.pool);
        if let Some(core) = named.and_then(|(_, core)| core.upgrade()) {
            moved(&core);
        }
    });
}

/// Looks after a slab without a thread, after a slot of it came back.
#[cold]
pub(crate) fn orphan_changed(address: usize) {
    orphans::slot_handed_in(address);
}

impl Shelves {
    fn shelf(&mut self, class: SizeClass, shelf: Shelf) -> &mut Vec<SlabRef> {
        match shelf {
            Shelf::Partial => &mut self.partial[class.index()],
            Shelf::Full => &mut self.full,
            Shelf::Current | Shelf::Empty => &mut self.empty,
        }
    }

    fn put(&mut self, slab: SlabRef, pool: u64, shelf: Shelf) {
        let class = slab.class();
        let slabs = self.shelf(class, shelf);
        if shelf == Shelf::Empty && slabs.len() == KEPT {
            return; // Freed.
        }
        slab.set_place(pool, shelf, slabs.len());
        slabs.push(slab);
    }

    /// Takes a slab off its shelf; the last one moves into the gap.
    fn remove(&mut self, place: Place) -> SlabRef {
        let slabs = self.shelf(place.class(), place.shelf);
        let slab = slabs.swap_remove(place.index);
        if let Some(moved) = slabs.get(place.index) {
            moved.set_place(place.pool, place.shelf, place.index);
        }
        slab
    }

    fn slot_given_back(&mut self, place: Place, used: u64) {
        let slab = self.remove(place);
        let shelf = if used == 0 { Shelf::Empty } else { Shelf::Partial };
        self.put(slab, place.pool, shelf);
    }

    /// Looks at some of the slabs for slots that other threads handed in, a few more each time.
    fn sweep(&mut self) {
        let (full, class) = self.next;
        let full = self.sweep_shelf(SizeClass::at(class), Shelf::Full, full);
        self.sweep_shelf(SizeClass::at(class), Shelf::Partial, 0);
        self.next = (full, (class + 1) % COUNT);
    }

    fn sweep_shelf(&mut self, class: SizeClass, shelf: Shelf, from: usize) -> usize {
        let mut index = from;
        for _ in 0..SWEPT.min(self.shelf(class, shelf).len()) {
            let slabs = self.shelf(class, shelf);
            index = if index < slabs.len() { index } else { 0 };
            let Some(slab) = slabs.get(index) else { break };
            if !slab.has_returned() {
                index += 1;
                continue;
            }
            let (used, place) = (slab.collect(), slab.place());
            if used == 0 || (shelf == Shelf::Full && slab.has_free()) {
                self.slot_given_back(place, used);
            } else {
                index += 1;
            }
        }
        index
    }

    /// Finds a slab that has free slots of `class`, or makes one.
    fn next_slab(&mut self, class: SizeClass) -> Option<SlabRef> {
        if let Some(slab) = self.partial[class.index()].pop() {
            return Some(slab);
        }
        let slab = match self.empty.pop().or_else(|| orphans::adopt(class)) {
            Some(slab) if slab.collect() > 0 => return Some(slab),
            Some(slab) => slab,
            None => SlabRef::new()?,
        };
        slab.carve(class);
        Some(slab)
    }
}

fn slab_stats(slab: &SlabRef) -> SlabStats {
    slab.collect();
    SlabStats {
        slot_size: slab.class().slot_size(),
        slots: slab.used_slots(),
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let shelves = self.shelves.take();
        let current = self.current.iter().filter_map(|current| current.replace(None));
        let partial = shelves.partial.into_iter().flatten();
        orphans::leave(current.chain(partial).chain(shelves.full).chain(shelves.empty));
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stats().fmt(f)
    }
}
