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

    /// Where the next byte goes.
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
