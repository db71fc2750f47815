//! Memory: the slab that slots are cut from, and the block of bytes that a buffer owns.
//! It is long because a wall around `unsafe` is good only if all the code behind it is in one place.
//!
//! This is one of the crate's two rooms with `unsafe`. What the rest of the crate sees is safe whatever it does with it:
//!
//! - a [`Slab`] is freed by its one handle, and only if no slot of it is used (else it leaks);
//! - that handle stays on the thread whose name is in the slab, since only there `Slots` may be written without a lock;
//!   to cross threads it becomes an [`Orphan`], which has no owner;
//! - a [`Block`] owns its bytes alone, from `start` on for `length`: nobody else makes a reference into them.
//!
//! It trusts one other file, `slots.rs`, never to give a unit twice; nobody else can reach a slab's slots.
//!
//! The header of a slab lies beside the slab and not in it: the bytes begin on a page, so that copies between slabs and
//! other buffers do not meet the offsets at which some processors copy at a sixteenth of their speed.

#[cfg(feature = "simd")]
use std::alloc::realloc;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::{Cell, UnsafeCell};
use std::mem::{self, ManuallyDrop};
use std::num::NonZeroUsize;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;

use crate::error::AllocError;
use crate::large;
use crate::place::{Place, PlaceCell, Shelf};
use crate::pool;
#[cfg(feature = "simd")]
use crate::simd::sink::{LITTLE, Sink};
use crate::size_class::SizeClass;
use crate::slots::{NOBODY, Released, SLAB_SIZE, Slots, UNIT};

/// The value of bytes that nobody has written, in debug builds, so that a test sees whoever reads them.
pub(crate) const POISON: u8 = 0xdb;

/// The largest buffer: `buffer.constants.MAX_LENGTH` in Node 20 on 64 bits, in bytes.
pub(crate) const MAX_LENGTH: usize = 1 << 32;

/// A slab starts at a multiple of its size, so the low bits of an address are its place in the slab.
const SLAB: Layout = layout(SLAB_SIZE, SLAB_SIZE);
/// Buffers that fill cache lines begin with one.
const LINE: usize = 64;
/// Where smaller ones begin: the allocator's own alignment costs nothing.
const WORD: usize = 16;

const fn layout(size: usize, align: usize) -> Layout {
    match Layout::from_size_align(size, align) {
        Ok(layout) => layout,
        Err(_) => panic!("the alignment is a power of two and the size is small"),
    }
}

/// 8 KiB of initialised bytes and the account of their slots.
struct Slab {
    slots: Slots,
    /// Where the owner's pool keeps this slab.
    place: PlaceCell,
    memory: NonNull<u8>,
}

/// The one handle of a slab, on the thread that owns the slab.
pub(crate) struct SlabRef(NonNull<Slab>);

/// The one handle of a slab that no thread owns.
pub(crate) struct Orphan(SlabRef);

// SAFETY: an orphan's slab has no owner, so no thread is the one that may write its slots without a lock,
// but the one that holds this handle.
unsafe impl Send for Orphan {}

impl SlabRef {
    /// Makes a slab without slots, owned by this thread. `None` when there is no memory.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: the layout has a size.
        let memory = NonNull::new(unsafe { alloc_zeroed(SLAB) })?;
        if cfg!(debug_assertions) {
            // SAFETY: the memory is ours and has this size.
            unsafe { memory.write_bytes(POISON, SLAB_SIZE) };
        }
        let slots = Slots::new(this_thread());
        let slab = Slab {
            slots,
            place: PlaceCell::default(),
            memory,
        };
        Some(Self(NonNull::from(Box::leak(Box::new(slab)))))
    }

    /// Cuts the slab, which is empty, into slots of `class`.
    ///
    /// # Panics
    ///
    /// If a slot is used.
    pub(crate) fn carve(&self, class: SizeClass) {
        assert_eq!(self.collect(), 0, "a slab is carved when it is empty");
        self.slab().place.store(Place::new(0, class, Shelf::Empty, 0));
        self.slab().slots.carve(class.slot_size());
    }

    /// The size of the slots.
    pub(crate) fn class(&self) -> SizeClass {
        self.place().class()
    }

    /// Frees what other threads have handed in, and counts the slots that are used.
    pub(crate) fn collect(&self) -> u64 {
        self.slab().slots.collect();
        self.slab().slots.count()
    }

    /// Whether other threads have handed in anything.
    pub(crate) fn has_returned(&self) -> bool {
        self.slab().slots.has_returned()
    }

    /// Whether a slot is known to be free.
    #[inline]
    pub(crate) fn has_free(&self) -> bool {
        self.slab().slots.has_free()
    }

    /// For each slot whether a buffer has it.
    pub(crate) fn used_slots(&self) -> Vec<bool> {
        let class = self.class();
        let unit = |slot| slot * class.slot_size() / UNIT;
        (0..class.slots())
            .map(|slot| !self.slab().slots.is_free(unit(slot)))
            .collect()
    }

    /// Where the pool keeps the slab.
    pub(crate) fn place(&self) -> Place {
        self.slab().place.load()
    }

    /// Notes where the pool `pool` keeps the slab.
    pub(crate) fn set_place(&self, pool: u64, shelf: Shelf, index: usize) {
        self.slab().place.store(Place::new(pool, self.class(), shelf, index));
    }

    #[inline]
    fn slab(&self) -> &Slab {
        // SAFETY: the slab lives as long as its one handle.
        unsafe { self.0.as_ref() }
    }

    /// Leaves the slab to whoever wants it.
    pub(crate) fn abandon(self) -> Orphan {
        self.slab().slots.pass_to(NOBODY);
        Orphan(self)
    }

    /// The address of the slab's header: its name.
    pub(crate) fn address(&self) -> usize {
        self.0.addr().get()
    }
}

impl Orphan {
    /// Makes this thread the owner.
    pub(crate) fn adopt(self) -> SlabRef {
        self.0.slab().slots.pass_to(this_thread());
        self.0
    }

    /// Collects what was handed in, and says whether nothing is used any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.collect() == 0
    }

    /// The address of the slab's header: its name.
    pub(crate) fn address(&self) -> usize {
        self.0.address()
    }

    /// The size of its slots.
    pub(crate) fn class(&self) -> SizeClass {
        self.0.class()
    }

    /// Whether it has a free slot. After [`is_empty`](Self::is_empty), which collects.
    pub(crate) fn has_free(&self) -> bool {
        self.0.has_free()
    }
}

/// The slab that a pool serves a class of requests from, if there is one.
pub(crate) struct Current {
    class: SizeClass,
    slot_size: usize,
    slab: UnsafeCell<Option<SlabRef>>,
}

impl Current {
    /// Makes a place for a slab with slots of `class`.
    pub(crate) fn new(class: SizeClass) -> Self {
        Self {
            class,
            slot_size: class.slot_size(),
            slab: UnsafeCell::new(None),
        }
    }

    /// Takes a slot for `length` bytes if one is free.
    ///
    /// # Panics
    ///
    /// If the slots are shorter.
    #[inline]
    pub(crate) fn take(&self, length: usize) -> Slot {
        assert!(length <= self.slot_size, "the bytes fit the slot");
        // SAFETY: this thread is the only one (the cell is not `Sync`), and nothing that runs here calls back.
        let Some(slab) = (unsafe { &*self.slab.get() }) else {
            return Slot::NONE;
        };
        // Slots are at least as long as the class says: `replace` has seen to it.
        match slab.slab().slots.take() {
            Some(unit) => Slot::new(slab.0, unit, length),
            None => Slot::NONE,
        }
    }

    /// Puts another slab in the place of this one.
    ///
    /// # Panics
    ///
    /// If its slots are of another class.
    pub(crate) fn replace(&self, slab: Option<SlabRef>) -> Option<SlabRef> {
        assert!(slab.as_ref().is_none_or(|slab| slab.class() == self.class));
        // SAFETY: as in `take`; the reference ends with this line.
        mem::replace(unsafe { &mut *self.slab.get() }, slab)
    }

    /// Looks at the slab.
    pub(crate) fn inspect<T>(&self, look: impl FnOnce(&SlabRef) -> T) -> Option<T> {
        let slab = self.replace(None)?;
        let seen = look(&slab);
        self.replace(Some(slab));
        Some(seen)
    }
}

impl Drop for SlabRef {
    fn drop(&mut self) {
        if self.collect() != 0 {
            return; // Its buffers go on living, so the slab does too.
        }
        // SAFETY: the pointer is from `Box::leak`, and no slot is used, so no block points here either.
        let slab = unsafe { Box::from_raw(self.0.as_ptr()) };
        // SAFETY: this is the layout that the memory was made with.
        unsafe { dealloc(slab.memory.as_ptr(), SLAB) };
    }
}

/// A slot that was taken and has no block yet, or none.
///
/// Its form is for speed, and so is the odd place of its "none": a function gives two words in registers and more in memory,
/// where small parts that were written are read as large ones. That wait takes longer than all else that taking a slot does.
#[must_use]
pub(crate) struct Slot {
    slab: Option<NonNull<Slab>>,
    /// The unit, and in the lower 16 bits the length. Not zero, so that an error of `LocalKey` needs no third word.
    unit_and_length: NonZeroUsize,
}

impl Slot {
    pub(crate) const NONE: Self = Self {
        slab: None,
        unit_and_length: NonZeroUsize::MIN,
    };

    #[inline]
    fn new(slab: NonNull<Slab>, unit: usize, length: usize) -> Self {
        match NonZeroUsize::new(unit << 16 | length) {
            Some(unit_and_length) => Self {
                slab: Some(slab),
                unit_and_length,
            },
            None => Self::NONE, // Nothing is not pooled.
        }
    }

    /// Whether there is no slot.
    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.slab.is_none()
    }

    /// Lets `write` have the bytes, if there is a slot, and makes the block of as many as it says: last, since it would be
    /// written to memory and read back if `write` ran while there is one.
    #[inline]
    pub(crate) fn into_block(self, write: impl FnOnce(&mut [u8]) -> usize) -> Option<Block> {
        let slab = self.slab?;
        // SAFETY: the slab lives while one of its slots is used, as this one is; its memory does not change.
        let memory = unsafe { (*slab.as_ptr()).memory };
        let (unit, length) = (self.unit_and_length.get() >> 16, self.unit_and_length.get() & 0xffff);
        // SAFETY: a unit is less than 512, so this is inside the slab.
        let start = unsafe { memory.add(unit * UNIT) };
        // SAFETY: the slot is at least so long, initialised, and has no block yet, so these bytes are nobody else's.
        let written = write(unsafe { slice::from_raw_parts_mut(start.as_ptr(), length) });
        Some(Block {
            start,
            length: written.min(length),
            origin: own(Origin::Slot(slab)),
        })
    }
}

/// The name of a thread that has made no slab.
const UNNAMED: u64 = u64::MAX;

thread_local! {
    /// This thread's name, never used for another thread.
    static THREAD: Cell<u64> = const { Cell::new(UNNAMED) };
}

fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(NOBODY + 1);
    if THREAD.get() == UNNAMED {
        THREAD.set(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    THREAD.get()
}

/// Bytes with one owner.
pub(crate) struct Block {
    start: NonNull<u8>,
    length: usize,
    /// Dropped by hand, so that a slot's way back has one branch.
    origin: ManuallyDrop<Origin>,
}

/// Where the bytes came from, and so how they go back.
enum Origin {
    /// No bytes.
    Nothing,
    /// A slot of a slab. Nothing counts the slot's users: there is one.
    Slot(NonNull<Slab>),
    /// The allocator.
    Heap(Grant),
    /// Likewise, and all the bytes are initialised, so that they may be kept for the next buffer of this size.
    Large(Grant),
    /// A vector with this capacity.
    Vec(usize),
    /// Another library's allocation, kept for its destructor alone.
    Bytes { _keeper: Box<BytesMut> },
    /// Part of a block that was split. The counter is made here, at the first split.
    Part { whole: Arc<Block> },
}

/// Memory from the allocator that a block begins in.
///
/// An allocator that is asked for more than its own alignment takes several times as long, and cannot give zeroes that
/// nobody has written. So where a block is to begin with a cache line, it is asked for a little more, and its front is skipped.
#[derive(Clone, Copy)]
struct Grant {
    /// Bytes from where the block begins, in the bits above those that say how many are skipped before. In one word, so that
    /// a block has four.
    capacity_and_skipped: usize,
}

impl Grant {
    fn capacity(self) -> usize {
        self.capacity_and_skipped / LINE
    }

    /// How a block of so many bytes is allocated.
    fn layout(capacity: usize) -> Layout {
        let is_aligned = capacity >= SLAB_SIZE / 2;
        layout(capacity + if is_aligned { LINE - WORD } else { 0 }, WORD)
    }

    /// Asks `allocate` for memory, and gives where the block begins. None if there is none.
    fn ask(capacity: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> Option<(NonNull<u8>, Self)> {
        let layout = Self::layout(capacity);
        let base = NonNull::new(allocate(layout))?;
        let skipped = base.addr().get().wrapping_neg() % LINE;
        let skipped = if layout.size() > capacity { skipped } else { 0 };
        let grant = Self {
            capacity_and_skipped: capacity * LINE + skipped,
        };
        // SAFETY: the memory begins at a multiple of `WORD`, so that so much more was asked for, if anything is skipped.
        Some((unsafe { base.add(skipped) }, grant))
    }

    /// Gives back the memory after the first `length` bytes of the block, if the allocator will have it.
    ///
    /// # Safety
    ///
    /// The block begins at `start`, nobody uses its bytes from `length` on, and there are more.
    #[cfg(feature = "simd")]
    unsafe fn shrink(&mut self, start: &mut NonNull<u8>, length: usize) {
        let skipped = self.capacity_and_skipped % LINE;
        // SAFETY: the memory begins so much before the block.
        let base = unsafe { start.sub(skipped) };
        let (before, after) = (Self::layout(self.capacity()), Self::layout(length));
        // SAFETY: the memory was made with the first layout, and the second has a size, which is less.
        let moved = unsafe { realloc(base.as_ptr(), before, after.size()) };
        if let Some(moved) = NonNull::new(moved) {
            // SAFETY: as much is skipped as before, which is inside.
            *start = unsafe { moved.add(skipped) };
            self.capacity_and_skipped = length * LINE + skipped;
        }
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// The block begins at `start`, and nobody uses its bytes any more.
    unsafe fn free(self, start: NonNull<u8>) {
        // SAFETY: the memory begins so much before the block.
        let base = unsafe { start.sub(self.capacity_and_skipped % LINE) };
        // SAFETY: this is the layout that the memory was made with.
        unsafe { dealloc(base.as_ptr(), Self::layout(self.capacity())) };
    }
}

// SAFETY: a block is the one owner of its bytes, as a vector is. A slot may be freed on any thread (see `Slots`).
unsafe impl Send for Block {}
// SAFETY: a shared block gives shared references to its bytes and nothing else.
unsafe impl Sync for Block {}

impl Block {
    /// Makes a block of no bytes.
    pub(crate) const fn empty() -> Self {
        Self {
            start: NonNull::dangling(),
            length: 0,
            origin: ManuallyDrop::new(Origin::Nothing),
        }
    }

    /// Makes a block of zeroes from the allocator.
    pub(crate) fn zeroed(length: usize) -> Result<Self, AllocError> {
        // SAFETY: `on_heap` gives layouts that have a size.
        Self::on_heap(length, |layout| unsafe { alloc_zeroed(layout) })
    }

    /// Makes a block of any bytes that are initialised: one that is kept, or zeroes from the allocator.
    pub(crate) fn unspecified(length: usize) -> Result<Self, AllocError> {
        if let Some(block) = large::take(length) {
            return Ok(block);
        }
        let mut block = Self::zeroed(length)?;
        if let (Origin::Heap(grant), true) = (&*block.origin, large::is_kept(length)) {
            block.origin = own(Origin::Large(*grant));
        }
        Ok(block)
    }

    fn on_heap(length: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> Result<Self, AllocError> {
        if length == 0 {
            return Ok(Self::empty());
        }
        if length > MAX_LENGTH {
            return Err(AllocError::TooLarge {
                asked: length,
                available: MAX_LENGTH,
            });
        }
        let (start, grant) = Grant::ask(length, allocate).ok_or(AllocError::OutOfMemory { asked: length })?;
        Ok(Self {
            start,
            length,
            origin: own(Origin::Heap(grant)),
        })
    }

    /// Makes a block from the allocator that has what `fill` writes, at most `capacity` bytes.
    #[cfg(feature = "simd")]
    pub(crate) fn filled(capacity: usize, fill: impl FnOnce(&mut Sink<'_>)) -> Result<Self, AllocError> {
        // SAFETY: `on_heap` gives layouts that have a size.
        let mut block = Self::on_heap(capacity, |layout| unsafe { alloc(layout) })?;
        // The block counts as empty until its bytes are known to be initialised.
        block.length = 0;
        // SAFETY: the memory has this size (none for an empty block), and the block is not touched while the sink lives.
        let mut sink = unsafe { Sink::from_raw(block.start.as_ptr(), capacity) };
        fill(&mut sink);
        block.length = sink.written();
        block.give_back();
        Ok(block)
    }

    /// Gives back the room that `fill` has not needed.
    #[cfg(feature = "simd")]
    fn give_back(&mut self) {
        if let Origin::Heap(grant) = &mut *self.origin
            && grant.capacity() - self.length > LITTLE
            && self.length >= SLAB_SIZE / 2
        {
            // SAFETY: the block begins here, and has no bytes from `length` on.
            unsafe { grant.shrink(&mut self.start, self.length) };
        }
    }

    /// Makes a block from the allocator with copies of `parts`, one after the other:
    /// what is past `length` is left out, what is missing is zeroes.
    pub(crate) fn joined<'a>(parts: impl Iterator<Item = &'a [u8]>, length: usize) -> Result<Self, AllocError> {
        // SAFETY: `on_heap` gives layouts that have a size.
        let block = Self::on_heap(length, |layout| unsafe { alloc(layout) })?;
        let mut filled = 0;
        for part in parts {
            let count = part.len().min(length - filled);
            // SAFETY: `filled` is at most the length of the block.
            let place = unsafe { block.start.add(filled) };
            // SAFETY: `count` bytes are left there, and the block is new, so it overlaps nothing.
            unsafe { ptr::copy_nonoverlapping(part.as_ptr(), place.as_ptr(), count) };
            filled += count;
        }
        // SAFETY: `filled` is at most the length of the block.
        let rest = unsafe { block.start.add(filled) };
        // SAFETY: so many bytes are left.
        unsafe { rest.write_bytes(0, length - filled) };
        Ok(block)
    }

    /// Takes over the bytes of a vector.
    pub(crate) fn from_vec(bytes: Vec<u8>) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        let (length, capacity) = (bytes.len(), bytes.capacity());
        let start = NonNull::new(bytes.as_mut_ptr()).unwrap_or(NonNull::dangling());
        Self {
            start,
            length,
            origin: own(Origin::Vec(capacity)),
        }
    }

    /// Takes over the bytes of a `BytesMut`.
    pub(crate) fn from_bytes(mut bytes: BytesMut) -> Self {
        let start = NonNull::new(bytes.as_mut_ptr()).unwrap_or(NonNull::dangling());
        let length = bytes.len();
        Self {
            start,
            length,
            origin: own(Origin::Bytes {
                _keeper: Box::new(bytes),
            }),
        }
    }

    /// The bytes as a vector, if they came from one.
    pub(crate) fn into_vec(self) -> Result<Vec<u8>, Self> {
        let Origin::Vec(capacity) = *self.origin else {
            return Err(self);
        };
        let block = ManuallyDrop::new(self);
        // SAFETY: the three came from a vector, and `length` has only ever become smaller.
        Ok(unsafe { Vec::from_raw_parts(block.start.as_ptr(), block.length, capacity) })
    }

    /// Whether the bytes are a slot of a slab, or part of one.
    pub(crate) fn is_pooled(&self) -> bool {
        match &*self.origin {
            Origin::Slot(_) => true,
            Origin::Part { whole } => whole.is_pooled(),
            _ => false,
        }
    }

    /// Forgets the bytes from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Splits the block in two owners, the second from `at` on.
    ///
    /// # Panics
    ///
    /// If `at` is past the end.
    pub(crate) fn split(self, at: usize) -> (Self, Self) {
        assert!(at <= self.length, "split at {at} of {}", self.length);
        if at == self.length {
            return (self, Self::empty());
        }
        let (start, length) = (self.start, self.length);
        let whole = match &*self.origin {
            Origin::Part { whole } => Arc::clone(whole),
            _ => Arc::new(self),
        };
        // SAFETY: `at` is inside the block.
        let middle = unsafe { start.add(at) };
        // The two do not overlap, and `whole` no longer gives its bytes to anybody.
        let part = |start, length| {
            let origin = own(Origin::Part {
                whole: Arc::clone(&whole),
            });
            Self { start, length, origin }
        };
        (part(start, at), part(middle, length - at))
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: the block owns `length` initialised bytes from `start` on, and is borrowed.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the block owns `length` initialised bytes from `start` on, alone, and is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        if let Origin::Slot(slab) = *self.origin {
            release(slab, self.start);
        } else {
            self.drop_other();
        }
    }
}

impl Block {
    #[inline(never)]
    fn drop_other(&mut self) {
        match *self.origin {
            Origin::Large(grant) => {
                // All of it, however much was forgotten. The one dropped here has nothing left.
                let (start, origin) = (self.start, own(Origin::Large(grant)));
                self.origin = own(Origin::Nothing);
                let whole = Self {
                    start,
                    length: grant.capacity(),
                    origin,
                };
                // Another may go instead, which has a grant of its own.
                if let Err(mut last) = large::keep(whole)
                    && let Origin::Large(grant) = *last.origin
                {
                    last.origin = own(Origin::Heap(grant));
                }
            }
            Origin::Heap(grant) => {
                // SAFETY: the block begins here, and is being dropped.
                unsafe { grant.free(self.start) };
            }
            Origin::Vec(capacity) => {
                // SAFETY: both came from a vector; bytes need no destructor.
                drop(unsafe { Vec::from_raw_parts(self.start.as_ptr(), 0, capacity) });
            }
            Origin::Nothing | Origin::Slot(_) | Origin::Bytes { .. } | Origin::Part { .. } => {}
        }
        // SAFETY: the block is being dropped and does not look at its origin again.
        unsafe { ManuallyDrop::drop(&mut self.origin) };
    }
}

fn own(origin: Origin) -> ManuallyDrop<Origin> {
    ManuallyDrop::new(origin)
}

/// Frees the slot that begins at `start`.
#[inline]
fn release(slab: NonNull<Slab>, start: NonNull<u8>) {
    let unit = start.addr().get() % SLAB_SIZE / UNIT;
    if cfg!(debug_assertions) {
        poison(slab, unit, start);
    }
    // SAFETY: a slab lives while one of its slots is used, and this one is. Only `slots`, which is all atomics,
    // is borrowed, because the slab may be gone before `release` has returned.
    let released = unsafe { &(*slab.as_ptr()).slots }.release(unit, THREAD.get());
    match released {
        Released::GivenBack => {
            // SAFETY: this thread owns the slab, and its handle, which alone could free it, does not run now.
            let slab = unsafe { &*slab.as_ptr() };
            if !slab.place.is_current() {
                let used = slab.slots.uncount();
                if slab.place.minds(used) {
                    pool::slot_given_back(slab.place.load(), used);
                }
            }
        }
        Released::HandedIn => {}
        Released::Orphaned => pool::orphan_changed(slab.addr().get()),
    }
}

/// Overwrites a slot before it is free, for the test that reads it afterwards.
fn poison(slab: NonNull<Slab>, unit: usize, start: NonNull<u8>) {
    // SAFETY: the slab lives while this slot is used, and no other thread writes its place while it does not change owner.
    let class = unsafe { &(*slab.as_ptr()).place }.load().class();
    debug_assert!(
        (unit * UNIT).is_multiple_of(class.slot_size()),
        "a slot begins at {unit}"
    );
    // SAFETY: the slot is this long and still ours.
    unsafe { start.write_bytes(POISON, class.slot_size()) };
}
