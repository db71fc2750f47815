//! Parts of a buffer: `slice` with positions from either end, `compare`, `copy`, `concat`.
//!
//! In Node a slice is a second `Buffer` on the same memory, and both write to it. Two owners that write to the same bytes
//! are what Rust rules out, so a slice here is a borrow: `slice` to read, `slice_mut` to write.
//! Two owners of disjoint parts are possible: `split_at_owned`.

use std::cmp::Ordering;
use std::ops::{Bound, Range, RangeBounds};

use crate::buffer::Buffer;
use crate::error::{AllocError, RangeError};
use crate::pool;
use crate::slab::Block;

impl Buffer {
    /// Borrows the part from `start` to `end`, or to the end of the buffer for `None`.
    /// A negative position counts from the end; positions past an end are moved to it.
    ///
    /// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#bufsubarraystart-end>.
    ///
    /// ```
    /// # use ferronode_buffer::Buffer;
    /// let buffer = Buffer::from("buffer");
    /// assert_eq!(buffer.slice(-4, -1), b"ffe");
    /// assert_eq!(buffer.slice(2, None), b"ffer");
    /// ```
    #[must_use]
    #[doc(alias = "subarray")]
    pub fn slice(&self, start: isize, end: impl Into<Option<isize>>) -> &[u8] {
        &self[positions(start, end.into(), self.len())]
    }

    /// Borrows a part to write to. Positions are as in [`slice`](Self::slice).
    #[must_use]
    #[doc(alias = "subarray")]
    pub fn slice_mut(&mut self, start: isize, end: impl Into<Option<isize>>) -> &mut [u8] {
        let range = positions(start, end.into(), self.len());
        &mut self[range]
    }

    /// Compares two ranges of bytes: by the first byte that differs, then by length.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if a range ends past its bytes. A range that starts after its end is empty.
    #[doc(alias = "compare")]
    pub fn compare_range(
        &self,
        target: &[u8],
        target_range: impl RangeBounds<usize>,
        source_range: impl RangeBounds<usize>,
    ) -> Result<Ordering, RangeError> {
        let (start, end) = bounds(&target_range, target.len());
        RangeError::check("targetEnd", end, target.len())?;
        let target = target.get(start..end).unwrap_or_default();
        let (start, end) = bounds(&source_range, self.len());
        RangeError::check("sourceEnd", end, self.len())?;
        let source = self.get(start..end).unwrap_or_default();
        Ok(source.cmp(target))
    }

    /// Compares with other bytes: by the first byte that differs, then by length.
    #[must_use]
    pub fn compare(&self, other: &[u8]) -> Ordering {
        self[..].cmp(other)
    }

    /// Whether the bytes are the same.
    #[must_use]
    pub fn equals(&self, other: &[u8]) -> bool {
        self[..] == *other
    }

    /// Copies a part to `target`, from `target_start` on, as far as there is room. Gives the number of bytes.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if `source_range` starts past the end.
    pub fn copy(
        &self,
        target: &mut [u8],
        target_start: usize,
        source_range: impl RangeBounds<usize>,
    ) -> Result<usize, RangeError> {
        let source = &self[self.source(&source_range)?];
        let target = target.get_mut(target_start..).unwrap_or_default();
        let count = source.len().min(target.len());
        target[..count].copy_from_slice(&source[..count]);
        Ok(count)
    }

    /// Copies a part to another place of the same buffer, which may overlap. Gives the number of bytes.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if `source_range` starts past the end.
    #[doc(alias = "copy")]
    pub fn copy_to_self(
        &mut self,
        target_start: usize,
        source_range: impl RangeBounds<usize>,
    ) -> Result<usize, RangeError> {
        let source = self.source(&source_range)?;
        let room = self.len().saturating_sub(target_start);
        let count = source.len().min(room);
        if count > 0 {
            self[..].copy_within(source.start..source.start + count, target_start);
        }
        Ok(count)
    }

    fn source(&self, range: &impl RangeBounds<usize>) -> Result<Range<usize>, RangeError> {
        let (start, end) = bounds(range, self.len());
        RangeError::check("sourceStart", start, self.len())?;
        Ok(start..end.min(self.len()).max(start))
    }

    /// Joins bytes into a new buffer.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    pub fn concat(list: &[impl AsRef<[u8]>]) -> Self {
        let length = list.iter().map(|bytes| bytes.as_ref().len()).sum();
        Self::concat_to(list, length).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Joins bytes into a new buffer of `total_length`: what is too much is cut off, what is missing is zeroes.
    /// An empty list gives an empty buffer, as in Node.
    ///
    /// # Errors
    ///
    /// [`AllocError`] if there is no buffer of that length.
    #[doc(alias = "concat")]
    pub fn concat_to(list: &[impl AsRef<[u8]>], total_length: usize) -> Result<Self, AllocError> {
        if list.is_empty() {
            return Ok(Self::default());
        }
        let parts = list.iter().map(AsRef::as_ref);
        let block = match pool::take_local_written(total_length, |slot| join(parts.clone(), slot)) {
            Some(block) => block,
            None => Block::joined(parts, total_length)?,
        };
        Ok(Self::from_block(block))
    }
}

/// Copies parts one after the other, fills what is left with zeroes, and gives the length of all.
fn join<'a>(parts: impl Iterator<Item = &'a [u8]>, target: &mut [u8]) -> usize {
    let length = target.len();
    let mut rest = target;
    for part in parts {
        let count = part.len().min(rest.len());
        let (front, back) = rest.split_at_mut(count);
        front.copy_from_slice(&part[..count]);
        rest = back;
    }
    rest.fill(0);
    length
}

/// The range that Node's positions mean in `length` bytes.
fn positions(start: isize, end: Option<isize>, length: usize) -> Range<usize> {
    let position = |at: isize| match at {
        0.. => length.min(at.unsigned_abs()),
        _ => length.saturating_sub(at.unsigned_abs()),
    };
    let (start, end) = (position(start), end.map_or(length, position));
    start..end.max(start)
}

/// The start and the end that a range asks for; the start may be after the end.
pub(crate) fn bounds(range: &impl RangeBounds<usize>, length: usize) -> (usize, usize) {
    let start = match range.start_bound() {
        Bound::Included(&at) => at,
        Bound::Excluded(&at) => at.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&at) => at.saturating_add(1),
        Bound::Excluded(&at) => at,
        Bound::Unbounded => length,
    };
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_either_end_and_stay_inside() {
        let check = |start, end, expected: Range<usize>| {
            assert_eq!(positions(start, end, 6), expected, "{start}, {end:?}");
        };
        check(-2, None, 4..6);
        check(1, Some(-1), 1..5);
        check(-99, Some(2), 0..2);
        check(4, Some(2), 4..4);
        check(isize::MIN, Some(isize::MAX), 0..6);
        check(isize::MAX, Some(isize::MIN), 6..6);
    }
}
