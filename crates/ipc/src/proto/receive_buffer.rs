//! Bytes that have come and are not yet understood.
//!
//! Operations: add what was read; take the next line, or the next so many bytes.
//! Plan: remember how far a search for the end of a line has got, so that a long line that comes in small pieces is
//! searched once and not once per piece (which would be quadratic).
//! A long run of known length is read straight to where it will stay: [`take`](ReceiveBuffer::take) that finds too
//! little makes the place, [`space`](ReceiveBuffer::space) lends it to whoever reads, and no byte of it is moved again.
//! Warning: taking moves the beginning, so it must forget what was searched.

use bytes::{Buf, Bytes, BytesMut};

/// What is this long, and not yet here, gets a place of its own: as much as one read brings.
const LONG: usize = 64 << 10;

/// What is this short and comes alone is copied out, and its place is kept for the next: cheaper than giving the place
/// away, which takes a counter and then another place.
const SMALL: usize = 1 << 10;

/// A growing run of bytes with a memory of how far it has been searched.
#[derive(Debug, Default)]
pub(crate) struct ReceiveBuffer {
    /// The beginning, if it is long, of known length, and not all here; and that length.
    long: Option<(Vec<u8>, usize)>,
    bytes: BytesMut,
    /// How large the place is in which `bytes` stands: what was taken from its front is a part of it still.
    place: usize,
    searched: usize,
}

impl ReceiveBuffer {
    /// The end of the long run that is being received. Its spare capacity comes before what [`extend`](Self::extend) adds.
    pub(crate) fn space(&mut self) -> Option<&mut Vec<u8>> {
        let (long, wanted) = self.long.as_mut()?;
        (long.len() < *wanted).then_some(long)
    }

    /// Adds bytes, first to the long run if one is being received.
    pub(crate) fn extend(&mut self, mut bytes: &[u8]) {
        if let Some((long, wanted)) = &mut self.long {
            // A vector may have more capacity than was asked for, and then more was read.
            self.bytes.extend_from_slice(long.get(*wanted..).unwrap_or_default());
            long.truncate(*wanted);
            let (first, rest) = bytes.split_at(bytes.len().min(*wanted - long.len()));
            long.extend_from_slice(first);
            bytes = rest;
        }
        self.bytes.extend_from_slice(bytes);
        self.place = self.place.max(self.bytes.capacity());
    }

    pub(crate) fn len(&self) -> usize {
        self.long.as_ref().map_or(0, |(long, _)| long.len()) + self.bytes.len()
    }

    /// Takes the first bytes, if so many are there, as an array.
    pub(crate) fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.bytes.first_chunk()?;
        self.searched = 0;
        self.bytes.advance(N);
        Some(array)
    }

    /// Takes the first `length` bytes, if so many are there. If they are not, it must be asked for the same again.
    #[inline(always)]
    pub(crate) fn take(&mut self, length: usize) -> Option<Bytes> {
        if let Some((long, wanted)) = &self.long {
            debug_assert_eq!(length, *wanted, "what was asked for is asked for again");
            let whole = long.len() == *wanted;
            return self.long.take_if(|_| whole).map(|(long, _)| Bytes::from(long));
        }
        if self.bytes.len() < length {
            if length >= LONG {
                let mut long = Vec::new();
                long.reserve_exact(length);
                long.extend_from_slice(&self.bytes);
                self.leave_place();
                self.long = Some((long, length));
            }
            return None;
        }
        self.searched = 0;
        if self.bytes.len() > length {
            return Some(self.bytes.split_to(length).freeze());
        }
        Some(self.take_all())
    }

    /// Takes all there is. Only a small place is kept: an idle channel holds no more.
    fn take_all(&mut self) -> Bytes {
        if self.place > SMALL {
            return self.leave_place().freeze();
        }
        let taken = Bytes::copy_from_slice(&self.bytes);
        self.bytes.clear();
        taken
    }

    fn leave_place(&mut self) -> BytesMut {
        self.place = 0;
        std::mem::take(&mut self.bytes)
    }

    /// Takes the bytes up to the next line feed, and drops the line feed.
    #[inline(always)]
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
    fn an_emptied_buffer_holds_no_memory_whatever_it_was_emptied_by() {
        let ways: [fn(&mut ReceiveBuffer) -> bool; 4] = [
            |buffer| buffer.take(60_000).is_some(),
            |buffer| buffer.take(100).is_some(),
            |buffer| buffer.take_array::<100>().is_some() && buffer.take(0).is_some(),
            |buffer| buffer.take_line().is_some(),
        ];
        for take in ways {
            let mut buffer = ReceiveBuffer::default();
            buffer.extend(&b"123456789\n".repeat(6000));
            // Whoever has the messages holds what they stand in, and nobody when they are dropped.
            while take(&mut buffer) && buffer.len() > 0 {}
            assert_eq!((buffer.len(), buffer.bytes.capacity()), (0, 0));
            assert!(!buffer.bytes.try_reclaim(SMALL + 1));
        }
    }

    #[test]
    fn a_small_place_is_kept_for_the_next_message() {
        let mut buffer = ReceiveBuffer::default();
        buffer.extend(&[7; 100]);
        let place = buffer.bytes.as_ptr();
        assert_eq!(buffer.take(100).unwrap().len(), 100);
        buffer.extend(&[8; 100]);
        assert_eq!(buffer.bytes.as_ptr(), place);
    }

    #[test]
    fn a_long_run_is_read_to_where_it_stays_and_what_is_behind_it_is_kept() {
        let mut buffer = ReceiveBuffer::default();
        buffer.extend(b"begin");
        assert_eq!(buffer.take(LONG), None);
        let place = buffer.space().unwrap().as_ptr();
        buffer.space().unwrap().extend_from_slice(&vec![b'x'; LONG - 10]);
        assert_eq!(buffer.take(LONG), None);
        buffer.extend(b"12345behind");
        assert!(buffer.space().is_none());
        let taken = buffer.take(LONG).unwrap();
        assert_eq!((taken.len(), taken.as_ptr()), (LONG, place));
        assert!(taken.starts_with(b"beginx") && taken.ends_with(b"x12345"));
        assert_eq!(buffer.take(6).unwrap(), &b"behind"[..]);
    }
}
