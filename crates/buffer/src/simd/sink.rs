//! Bytes written one after the other into memory that need not be initialised.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_storeu_si256};
use std::marker::PhantomData;

/// A place to write to. The first `written` bytes are initialised; nothing can be read but through them.
pub(crate) struct Sink<'a> {
    start: *mut u8,
    room: usize,
    written: usize,
    place: PhantomData<&'a mut [u8]>,
}

impl<'a> Sink<'a> {
    /// Makes a sink of initialised memory.
    pub(crate) fn new(place: &'a mut [u8]) -> Self {
        let (start, room) = (place.as_mut_ptr(), place.len());
        Self {
            start,
            room,
            written: 0,
            place: PhantomData,
        }
    }

    /// Makes a sink of memory that may be uninitialised.
    ///
    /// # Safety
    ///
    /// `room` bytes from `start` on may be written, by nobody else, for as long as the sink lives.
    pub(crate) unsafe fn from_raw(start: *mut u8, room: usize) -> Self {
        Self {
            start,
            room,
            written: 0,
            place: PhantomData,
        }
    }

    /// Starts again.
    pub(crate) fn clear(&mut self) {
        self.written = 0;
    }

    /// How many bytes have been written.
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// How many bytes more can be written.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.room - self.written
    }

    /// Writes a byte, if there is room.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        let has_room = self.written < self.room;
        if has_room {
            // SAFETY: `written` is less than `room`, so the place is ours.
            let place = unsafe { self.start.add(self.written) };
            // SAFETY: as above.
            unsafe { place.write(byte) };
            self.written += 1;
        }
        has_room
    }

    /// Writes bytes, if there is room for all of them.
    #[inline]
    pub(crate) fn extend<const N: usize>(&mut self, bytes: [u8; N]) -> bool {
        let has_room = N <= self.room();
        if has_room {
            // SAFETY: there is room for `N` bytes.
            unsafe { self.next().cast::<[u8; N]>().write_unaligned(bytes) };
            self.written += N;
        }
        has_room
    }

    /// Lends what room is left. What was written to it is then counted by [`advance`](Self::advance).
    /// A kernel has a sink of its own, because the fields of that are in registers.
    #[inline]
    pub(super) fn lend(&mut self) -> Sink<'_> {
        let (start, room) = (self.next(), self.room());
        Sink {
            start,
            room,
            written: 0,
            place: PhantomData,
        }
    }

    /// Where the next byte goes. A kernel works on from here with a pointer of its own, which a register can hold.
    #[inline]
    pub(super) fn next(&mut self) -> *mut u8 {
        // SAFETY: `written` is at most `room`.
        unsafe { self.start.add(self.written) }
    }

    /// Counts bytes that were written at [`next`](Self::next).
    ///
    /// # Safety
    ///
    /// There was room for them, and they have been written.
    #[inline]
    pub(super) unsafe fn advance(&mut self, count: usize) {
        self.written += count;
    }
}

/// Room that is not worth giving back, in bytes.
pub(crate) const LITTLE: usize = 1024;

/// The room to write to: what the longest outcome would take, or, where that is much, what is counted.
/// To count takes longer than to give back what was not needed.
#[inline]
pub(crate) fn room(longest: usize, counted: impl FnOnce() -> usize) -> usize {
    /// In bytes.
    const MUCH: usize = 4 << 20;
    if longest <= MUCH { longest } else { counted() }
}

/// Appends what `fill` writes, at most `room` bytes.
#[inline]
pub(crate) fn append(bytes: &mut Vec<u8>, room: usize, fill: impl FnOnce(&mut Sink<'_>)) {
    if bytes.capacity() == 0 {
        // To be made with its room takes less than to grow to it.
        *bytes = Vec::with_capacity(room);
    } else {
        bytes.reserve_exact(room);
    }
    let length = bytes.len();
    // SAFETY: the length is inside the vector's allocation.
    let start = unsafe { bytes.as_mut_ptr().add(length) };
    // SAFETY: so much has been reserved there, and the vector is not touched while the sink lives.
    let mut sink = unsafe { Sink::from_raw(start, room) };
    fill(&mut sink);
    let written = sink.written();
    // SAFETY: the sink has initialised so many bytes, and they are no more than the room.
    unsafe { bytes.set_len(length + written) };
}

/// Copies the ASCII at the front, 64 bytes at a time as far as there is room, and gives the number of bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
pub(super) fn copy_ascii(bytes: &[u8], sink: &mut Sink<'_>) -> usize {
    let (blocks, _rest) = bytes.as_chunks::<64>();
    let to = sink.next();
    let mut done = 0;
    for block in &blocks[..blocks.len().min(sink.room() / 64)] {
        let from = block.as_ptr();
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        let low = unsafe { _mm256_loadu_si256(from.cast()) };
        // SAFETY: 32 is less than 64.
        let from = unsafe { from.add(32) };
        // SAFETY: these are the last 32 bytes of the block.
        let high = unsafe { _mm256_loadu_si256(from.cast()) };
        if _mm256_movemask_epi8(_mm256_or_si256(low, high)) != 0 {
            break;
        }
        // SAFETY: there is room for 64 bytes for each block.
        let place = unsafe { to.add(64 * done) };
        // SAFETY: likewise.
        unsafe { _mm256_storeu_si256(place.cast(), low) };
        // SAFETY: 32 is less than 64.
        let place = unsafe { place.add(32) };
        // SAFETY: there is room for 64 bytes for each block.
        unsafe { _mm256_storeu_si256(place.cast(), high) };
        done += 1;
    }
    // SAFETY: so many have been written.
    unsafe { sink.advance(64 * done) };
    64 * done
}
