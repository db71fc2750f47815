//! Bytes that have come and are not yet understood.
//!
//! Operations: add what was read; ask for the next line, or the next so many bytes.
//! Plan: remember how far a search for the end of a line has got, so that a long line that comes in small pieces is
//! searched once and not once per piece (which would be quadratic).
//! Warning: [`take`](ReceiveBuffer::take) moves the beginning, so it must forget what was searched.

use bytes::{Bytes, BytesMut};

/// A growing run of bytes with a memory of how far it has been searched.
#[derive(Debug, Default)]
pub(crate) struct ReceiveBuffer {
    bytes: BytesMut,
    searched: usize,
}

impl ReceiveBuffer {
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The first `length` bytes, left in place, if so many are there.
    #[cfg(feature = "bincode")]
    pub(crate) fn peek(&self, length: usize) -> Option<&[u8]> {
        self.bytes.get(..length)
    }

    /// Takes the first `length` bytes, if so many are there.
    pub(crate) fn take(&mut self, length: usize) -> Option<Bytes> {
        if self.bytes.len() < length {
            return None;
        }
        self.searched = 0;
        let taken = self.bytes.split_to(length).freeze();
        if self.bytes.is_empty() {
            // What is left of the allocation belongs to the bytes taken; an idle channel holds none.
            self.bytes = BytesMut::new();
        }
        Some(taken)
    }

    /// Takes the bytes up to the next line feed, and drops the line feed.
    pub(crate) fn take_line(&mut self) -> Option<Bytes> {
        match memchr::memchr(b'\n', &self.bytes[self.searched..]) {
            Some(at) => {
                let mut line = self.take(self.searched + at + 1)?;
                line.truncate(line.len() - 1);
                Some(line)
            }
            None => {
                self.searched = self.bytes.len();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_wherever_the_input_was_cut() {
        let input = b"one\n\nthree and more\nrest";
        for cut in 0..=input.len() {
            let mut buffer = ReceiveBuffer::default();
            let mut lines = Vec::new();
            for piece in [&input[..cut], &input[cut..]] {
                buffer.extend(piece);
                lines.extend(std::iter::from_fn(|| buffer.take_line()));
            }
            assert_eq!(lines, [&b"one"[..], b"", b"three and more"], "cut at {cut}");
            assert_eq!(buffer.len(), 4);
        }
    }

    #[test]
    fn a_search_goes_on_where_it_stopped() {
        let mut buffer = ReceiveBuffer::default();
        buffer.extend(b"abc");
        assert_eq!(buffer.take_line(), None);
        assert_eq!(buffer.searched, 3);
        buffer.extend(b"d\ne");
        assert_eq!(buffer.take_line().unwrap(), &b"abcd"[..]);
        assert_eq!(buffer.searched, 0);
    }

    #[test]
    fn an_emptied_buffer_holds_no_memory() {
        let mut buffer = ReceiveBuffer::default();
        buffer.extend(&[7; 100_000]);
        assert_eq!(buffer.take(100_000).unwrap().len(), 100_000);
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
