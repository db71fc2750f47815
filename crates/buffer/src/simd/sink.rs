//! Bytes written one after the other into memory that need not be initialised.

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

/// Appends what `fill` writes, at most `room` bytes.
pub(crate) fn append(bytes: &mut Vec<u8>, room: usize, fill: impl FnOnce(&mut Sink<'_>)) {
    bytes.reserve_exact(room);
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
