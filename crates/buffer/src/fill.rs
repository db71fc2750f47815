//! Filling with a byte, bytes or text, which repeats and is cut at any byte.
//!
//! In Node: `_fill` in `lib/buffer.js`. Empty text fills with zeroes; any other pattern without bytes is an error,
//! unless there is nothing to fill.

use crate::buffer::Buffer;
use crate::error::{FillError, RangeError};
use crate::pattern::Pattern;

impl Buffer {
    /// Makes a buffer of `size` bytes filled with `pattern`.
    ///
    /// # Errors
    ///
    /// [`FillError`] if there is no buffer of that size, or the pattern has no bytes.
    #[doc(alias = "alloc")]
    pub fn alloc_filled<'a>(size: usize, pattern: impl Into<Pattern<'a>>) -> Result<Self, FillError> {
        let mut buffer = Self::try_alloc(size)?;
        buffer.fill_range(pattern, 0, Some(size))?;
        Ok(buffer)
    }

    /// Fills the buffer.
    ///
    /// # Errors
    ///
    /// [`FillError::EmptyPattern`] if the pattern has no bytes.
    pub fn fill<'a>(&mut self, pattern: impl Into<Pattern<'a>>) -> Result<&mut Self, FillError> {
        fill_slice(self, &pattern.into())?;
        Ok(self)
    }

    /// Fills from `offset` to `end`, or to the end of the buffer. Nothing is done if `offset` is not before the end.
    ///
    /// # Errors
    ///
    /// [`FillError`] if `end` is past the buffer's, or the pattern has no bytes.
    #[doc(alias = "fill")]
    pub fn fill_range<'a>(
        &mut self,
        pattern: impl Into<Pattern<'a>>,
        offset: usize,
        end: Option<usize>,
    ) -> Result<&mut Self, FillError> {
        let end = end.unwrap_or(self.len());
        RangeError::check("end", end, self.len())?;
        if offset < end {
            fill_slice(&mut self[offset..end], &pattern.into())?;
        }
        Ok(self)
    }
}

fn fill_slice(target: &mut [u8], pattern: &Pattern<'_>) -> Result<(), FillError> {
    if target.is_empty() {
        return Ok(());
    }
    if pattern.is_empty_text() {
        target.fill(0);
        return Ok(());
    }
    match *pattern.bytes() {
        [] => return Err(FillError::EmptyPattern),
        [byte] => target.fill(byte),
        ref bytes => repeat(target, bytes),
    }
    Ok(())
}

/// Copies the bytes once, and then what is there already, twice as much each time.
fn repeat(target: &mut [u8], bytes: &[u8]) {
    let mut filled = bytes.len().min(target.len());
    target[..filled].copy_from_slice(&bytes[..filled]);
    while filled < target.len() {
        let count = filled.min(target.len() - filled);
        target.copy_within(..count, filled);
        filled += count;
    }
}
