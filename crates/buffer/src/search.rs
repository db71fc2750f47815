//! Searching: `index_of`, `last_index_of`, `includes`, on `memchr`.
//!
//! In Node: `bidirectionalIndexOf` in `lib/buffer.js` and `IndexOfOffset` in `src/node_buffer.cc`.
//!
//! A negative position counts from the end. Two rules are easily forgotten: an empty pattern is found everywhere,
//! past the end too; and text in `utf16le` is found at even positions only, an odd position to start from being rounded down.
//! (Each odd place where its bytes are found costs a new search: it is the one search here that is not linear in its worst case.)

use memchr::memmem;

use crate::buffer::Buffer;
use crate::pattern::Pattern;

impl Buffer {
    /// Finds the first place of `pattern`.
    ///
    /// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#bufindexofvalue-byteoffset-encoding>.
    #[must_use]
    #[doc(alias = "indexOf")]
    #[inline]
    pub fn index_of<'a>(&self, pattern: impl Into<Pattern<'a>>) -> Option<usize> {
        match pattern.into() {
            // From the start, this is all there is to it.
            Pattern::Bytes(needle) => memmem::find(self, needle),
            pattern => self.index_of_from(pattern, 0),
        }
    }

    /// Finds the first place of `pattern` from the position `offset` on, which counts from the end if it is negative.
    #[must_use]
    #[doc(alias = "indexOf")]
    pub fn index_of_from<'a>(&self, pattern: impl Into<Pattern<'a>>, offset: isize) -> Option<usize> {
        let pattern = pattern.into();
        let (haystack, step) = self.searched(&pattern);
        if let Pattern::Byte(byte) = pattern {
            let start = first_start(haystack.len(), 1, offset)?;
            return memchr::memchr(byte, haystack.get(start..)?).map(|at| start + at);
        }
        let needle = pattern.bytes();
        let start = first_start(haystack.len(), needle.len(), offset)?;
        if needle.is_empty() {
            return Some(start);
        }
        if start + needle.len() > haystack.len() {
            return None; // Asked before the position is rounded down.
        }
        first_aligned(haystack, &needle, start / step * step, step)
    }

    /// Finds the last place of `pattern`.
    ///
    /// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#buflastindexofvalue-byteoffset-encoding>.
    #[must_use]
    #[doc(alias = "lastIndexOf")]
    pub fn last_index_of<'a>(&self, pattern: impl Into<Pattern<'a>>) -> Option<usize> {
        self.last_index_of_from(pattern, isize::MAX)
    }

    /// Finds the last place of `pattern` that is not after the position `offset`, which counts from the end if it is negative.
    #[must_use]
    #[doc(alias = "lastIndexOf")]
    pub fn last_index_of_from<'a>(&self, pattern: impl Into<Pattern<'a>>, offset: isize) -> Option<usize> {
        let pattern = pattern.into();
        let (haystack, step) = self.searched(&pattern);
        let needle = pattern.bytes();
        let start = last_start(haystack.len(), needle.len(), offset)?;
        if needle.is_empty() {
            return Some(start);
        }
        last_aligned(haystack, &needle, start / step * step, step)
    }

    /// Whether `pattern` is somewhere in the buffer.
    #[must_use]
    pub fn includes<'a>(&self, pattern: impl Into<Pattern<'a>>) -> bool {
        self.index_of(pattern).is_some()
    }

    /// Whether `pattern` is somewhere from the position `offset` on, which counts from the end if it is negative.
    #[must_use]
    #[doc(alias = "includes")]
    pub fn includes_from<'a>(&self, pattern: impl Into<Pattern<'a>>, offset: isize) -> bool {
        self.index_of_from(pattern, offset).is_some()
    }

    /// The bytes that are searched, and the distance between places.
    fn searched(&self, pattern: &Pattern<'_>) -> (&[u8], usize) {
        let step = pattern.step();
        (&self[..self.len() / step * step], step)
    }
}

/// The position where a search forward starts, or `None` if nothing can be found from there.
fn first_start(length: usize, needle: usize, offset: isize) -> Option<usize> {
    if offset < 0 {
        return Some(length.saturating_sub(offset.unsigned_abs()));
    }
    let offset = offset.unsigned_abs();
    match length.checked_sub(needle) {
        Some(last) if offset <= last => Some(offset),
        _ if needle == 0 => Some(length),
        _ => None,
    }
}

/// The last position where a search backward may find something, or `None` if there is none.
fn last_start(length: usize, needle: usize, offset: isize) -> Option<usize> {
    let last = length.checked_sub(needle)?;
    if offset >= 0 {
        return Some(last.min(offset.unsigned_abs()));
    }
    match length.checked_sub(offset.unsigned_abs()) {
        Some(position) => Some(last.min(position)),
        None if needle == 0 => Some(0),
        None => None,
    }
}

fn first_aligned(haystack: &[u8], needle: &[u8], start: usize, step: usize) -> Option<usize> {
    if step == 1 {
        // For one search this is faster than to prepare a finder.
        return memmem::find(haystack.get(start..)?, needle).map(|at| start + at);
    }
    let finder = memmem::Finder::new(needle);
    let mut start = start;
    loop {
        let at = start + finder.find(haystack.get(start..)?)?;
        if at.is_multiple_of(step) {
            return Some(at);
        }
        start = at + 1;
    }
}

fn last_aligned(haystack: &[u8], needle: &[u8], start: usize, step: usize) -> Option<usize> {
    let finder = memmem::FinderRev::new(needle);
    let mut end = start + needle.len();
    loop {
        let at = finder.rfind(haystack.get(..end)?)?;
        if at.is_multiple_of(step) {
            return Some(at);
        }
        end = at + needle.len() - 1;
    }
}
