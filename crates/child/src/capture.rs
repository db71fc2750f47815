//! What is kept of a child's output, up to a bound. Pure.
//!
//! ```text
//!   bound        ├──────────┤
//!   Error        kept, and what came with the piece that passed it; the child is ended
//!   Head         kept; the rest is read and thrown away
//!   Tail                 └── kept: the last of it
//! ```

use std::collections::VecDeque;
use std::fmt;

use ferronode_stream::{Buffer, Encoding};

/// How many bytes of it are shown to somebody who looks for a mistake.
const SHOWN: usize = 80;

/// What happens when a stream brings more than [`max_buffer`](crate::Command::max_buffer) bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The child is ended; what was read until then is kept.
    #[default]
    Error,
    /// The first bytes are kept, and the child goes on.
    Head,
    /// The last bytes are kept, and the child goes on.
    Tail,
}

/// What was captured of one stream.
#[derive(Clone)]
pub struct Captured {
    bytes: VecDeque<u8>,
    limit: usize,
    overflow: Overflow,
    total: u64,
}

/// The first bytes alone: an output may be a mebibyte, and an error that shows it whole helps nobody.
impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<u8> = self.bytes.iter().copied().take(SHOWN).collect();
        f.debug_struct("Captured")
            .field("begins", &String::from_utf8_lossy(&first))
            .field("kept", &self.bytes.len())
            .field("total", &self.total)
            .field("limit", &self.limit)
            .field("overflow", &self.overflow)
            .finish()
    }
}

impl Captured {
    pub(crate) fn new(limit: usize, overflow: Overflow) -> Self {
        Self {
            bytes: VecDeque::new(),
            limit,
            overflow,
            total: 0,
        }
    }

    /// Takes a piece of output; says whether that is still within what is allowed.
    pub(crate) fn add(&mut self, chunk: &[u8]) -> bool {
        self.total += chunk.len() as u64;
        match self.overflow {
            Overflow::Error => self.bytes.extend(chunk),
            Overflow::Head => {
                let room = self.limit.saturating_sub(self.bytes.len());
                self.bytes.extend(&chunk[..room.min(chunk.len())]);
            }
            Overflow::Tail => {
                self.bytes.extend(chunk);
                let excess = self.bytes.len().saturating_sub(self.limit);
                self.bytes.drain(..excess);
            }
        }
        self.overflow != Overflow::Error || !self.has_overflowed()
    }

    /// Lays what was kept in one piece.
    pub(crate) fn finish(&mut self) {
        self.bytes.make_contiguous();
    }

    /// The bytes within the bound.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let all = self.with_excess();
        &all[..all.len().min(self.limit)]
    }

    /// All bytes that were read, also those that came with the piece that passed the bound: what Node's `spawnSync` gives.
    #[must_use]
    pub fn with_excess(&self) -> &[u8] {
        self.bytes.as_slices().0
    }

    /// The output as text, of which at most `max_buffer` characters when it was too long: what Node's `exec` gives, which
    /// counts bytes and cuts characters.
    #[must_use]
    pub fn text(&self, encoding: Encoding) -> String {
        let text = Buffer::from_bytes(self.with_excess()).to_string(encoding);
        if !self.has_overflowed() {
            return text;
        }
        let mut units = 0;
        let within = |character: &char| {
            units += character.len_utf16();
            units <= self.limit
        };
        text.chars().take_while(within).collect()
    }

    /// How many bytes the stream has brought.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether it has brought more than the bound.
    #[must_use]
    pub fn has_overflowed(&self) -> bool {
        self.total > self.limit as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(overflow: Overflow, limit: usize, chunks: &[&str], expected: &str, goes_on: bool) {
        let mut captured = Captured::new(limit, overflow);
        let went_on = chunks.iter().all(|chunk| captured.add(chunk.as_bytes()));
        captured.finish();
        let text = std::str::from_utf8(captured.bytes()).unwrap();
        assert_eq!((text, went_on), (expected, goes_on), "{overflow:?} {limit} {chunks:?}");
        let total: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        assert_eq!(captured.total(), total as u64);
    }

    #[test]
    fn a_bound_keeps_the_first_or_the_last_bytes() {
        for overflow in [Overflow::Error, Overflow::Head, Overflow::Tail] {
            check(overflow, 6, &["abc", "def"], "abcdef", true);
            check(overflow, 6, &[], "", true);
        }
        check(Overflow::Error, 5, &["abc", "def"], "abcde", false);
        check(Overflow::Head, 5, &["abc", "def", "ghi"], "abcde", true);
        check(Overflow::Tail, 5, &["abc", "def", "ghi"], "efghi", true);
        check(Overflow::Tail, 0, &["abc"], "", true);
    }

    #[test]
    fn nothing_that_was_read_is_lost_in_an_error() {
        let mut captured = Captured::new(2, Overflow::Error);
        assert!(!captured.add(b"abcdef"));
        assert_eq!((captured.bytes(), captured.with_excess()), (&b"ab"[..], &b"abcdef"[..]));
    }

    #[test]
    fn text_that_is_too_long_is_cut_in_characters_as_node_does_it() {
        let mut captured = Captured::new(4, Overflow::Error);
        captured.add("€€€€€".as_bytes());
        captured.finish();
        assert_eq!(captured.text(Encoding::Utf8), "€€€€");
        assert_eq!(captured.text(Encoding::Hex), "e282");
    }
}
