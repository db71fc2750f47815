//! Bytes that have come and are not yet understood.
//!
//! Operations: read to the end of the place; take the next line, or the next so many bytes.
//! Plan: what is taken is copied out, so that a message holds its own bytes and nobody else's, and the place can be
//! read to again. A counter for bytes that many messages share would cost more than the copy of a short one.
//! Remember how far a search for the end of a line has got, so that a long line that comes in small pieces is
//! searched once and not once per piece (which would be quadratic).
//! A long run of known length is read straight to where it will stay: [`take`](ReceiveBuffer::take) that finds too
//! little makes that place, [`space`](ReceiveBuffer::space) lends it to whoever reads, and no byte of it is moved again.
//! Warning: taking moves the beginning, so it must forget what was searched.

use bytes::{Buf, Bytes};

/// What is this long, and not yet here, gets a place of its own: as much as one read brings.
const LONG: usize = 64 << 10;

/// A place that waits for the rest of a frame is kept if so little of it is in use: a quarter.
const WASTE: usize = 4;

/// The memory of a long run up to this length is read to again: 4 MiB.
const REUSED: usize = 4 << 20;

/// A growing run of bytes with a memory of how far it has been searched.
#[derive(Debug, Default)]
pub(crate) struct ReceiveBuffer {
    /// The beginning, if it is long, of known length, and not all here; and that length.
    long: Option<(Vec<u8>, usize)>,
    /// The last long run that was taken: when nobody has it any more, the next one is read to where it was.
    last: Bytes,
    /// What has come, and is kept until all of it is taken.
    place: Vec<u8>,
    /// Whether the place may be read to: it has been lent, and not been given back.
    lent: bool,
    taken: usize,
    /// How far what is not taken has been searched.
    searched: usize,
}

impl ReceiveBuffer {
    /// Where the next bytes belong: behind those that are in this vector. Its spare capacity comes before what
    /// [`extend`](Self::extend) adds. None if there is no place for them; one can be [lent](Self::lend).
    pub(crate) fn space(&mut self) -> Option<&mut Vec<u8>> {
        if let Some((long, wanted)) = &mut self.long
            && long.len() < *wanted
        {
            return Some(long);
        }
        if !self.lent {
            return None;
        }
        let room = (self.place.capacity() / 2).max(1);
        if self.place.capacity() - self.place.len() < room {
            self.place.drain(..self.taken);
            self.taken = 0;
            // A long line: the more has come, the more is read at once.
            self.place.reserve(room);
        }
        Some(&mut self.place)
    }

    /// Lends a place to read to, until it comes back by [`settle`](Self::settle).
    pub(crate) fn lend(&mut self, mut place: Vec<u8>) {
        place.clear();
        place.extend_from_slice(self.unread());
        self.place = place;
        self.taken = 0;
        self.lent = true;
    }

    /// Gives the place back, unless much of it is in use: what is there moves to memory that fits it. What comes back may
    /// have no capacity.
    pub(crate) fn settle(&mut self) -> Vec<u8> {
        self.last = Bytes::new();
        if self.unread().len() > self.place.capacity() / WASTE {
            return Vec::new();
        }
        let rest = self.unread().to_vec();
        self.taken = 0;
        self.lent = false;
        std::mem::replace(&mut self.place, rest)
    }

    /// Adds bytes, first to the long run if one is being received.
    pub(crate) fn extend(&mut self, mut bytes: &[u8]) {
        if let Some((long, wanted)) = &mut self.long {
            // A vector may have more capacity than was asked for, and then more was read.
            self.place.extend_from_slice(long.get(*wanted..).unwrap_or_default());
            long.truncate(*wanted);
            let (first, rest) = bytes.split_at(bytes.len().min(*wanted - long.len()));
            long.extend_from_slice(first);
            bytes = rest;
        }
        self.place.extend_from_slice(bytes);
    }

    /// What has come and is not taken, but for a long run.
    #[inline(always)]
    fn unread(&self) -> &[u8] {
        &self.place[self.taken..]
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.long.is_none() && self.unread().is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.long.as_ref().map_or(0, |(long, _)| long.len()) + self.unread().len()
    }

    /// Looks at the first bytes, if so many are there.
    #[inline(always)]
    pub(crate) fn peek<const N: usize>(&self) -> Option<[u8; N]> {
        let beginning = self.long.as_ref().map_or(self.unread(), |(long, _)| long);
        beginning.first_chunk().copied()
    }

    /// Looks at the `length` bytes behind a header, if so many are there and no long run is being received.
    #[inline(always)]
    pub(crate) fn peek_behind(&self, header: usize, length: usize) -> Option<&[u8]> {
        if self.long.is_some() {
            return None;
        }
        self.unread().get(header..header + length)
    }

    /// Takes a header, which is dropped, and the `length` bytes behind it, if so many are there. If they are not, it must be
    /// asked for the same again.
    #[inline(always)]
    pub(crate) fn take(&mut self, header: usize, length: usize) -> Option<Bytes> {
        let end = header + length;
        if let Some(bytes) = self.peek_behind(header, length) {
            let bytes = Bytes::from(Box::<[u8]>::from(bytes));
            self.advance(end);
            return Some(bytes);
        }
        let mut bytes = self.take_long(end)?;
        bytes.advance(header);
        Some(bytes)
    }

    fn take_long(&mut self, length: usize) -> Option<Bytes> {
        if let Some((long, wanted)) = &self.long {
            debug_assert_eq!(length, *wanted, "what was asked for is asked for again");
            let whole = long.len() == *wanted;
            let (long, _) = self.long.take_if(|_| whole)?;
            return Some(self.give(long));
        }
        if length >= LONG {
            let mut long = self.room(length);
            long.extend_from_slice(self.unread());
            self.advance(long.len());
            self.long = Some((long, length));
        }
        None
    }

    fn give(&mut self, long: Vec<u8>) -> Bytes {
        let long = Bytes::from(long);
        if long.len() <= REUSED {
            self.last = long.clone();
        }
        long
    }

    /// Room for a long run, in memory that is mapped already if the last one's fits: the system takes that back when it is
    /// freed, and gives it again page by page.
    fn room(&mut self, length: usize) -> Vec<u8> {
        if let Ok(mut last) = std::mem::take(&mut self.last).try_into_mut() {
            last.clear();
            let last = Vec::from(last);
            if (length..=2 * length).contains(&last.capacity()) {
                return last;
            }
        }
        let mut room = Vec::new();
        room.reserve_exact(length);
        room
    }

    /// The bytes up to the next line feed, if it is there; then they are what [`take_line`](Self::take_line) takes.
    #[inline(always)]
    pub(crate) fn line(&mut self) -> Option<&[u8]> {
        let unread = &self.place[self.taken..];
        match memchr::memchr(b'\n', &unread[self.searched..]) {
            Some(at) => {
                self.searched += at;
                Some(&unread[..self.searched])
            }
            None => {
                self.searched = unread.len();
                None
            }
        }
    }

    /// As [`line`](Self::line), and whether neither of two bytes is in it, as far as one look for all three can tell.
    #[inline(always)]
    pub(crate) fn line_without(&mut self, one: u8, other: u8) -> Option<(&[u8], bool)> {
        if self.searched == 0 {
            let unread = self.unread();
            let found = memchr::memchr3(b'\n', one, other, unread).unwrap_or(unread.len());
            let is_whole = unread.get(found) == Some(&b'\n');
            self.searched = found;
            if is_whole {
                return Some((&self.unread()[..found], true));
            }
        }
        self.line().map(|line| (line, false))
    }

    /// Takes the bytes up to the next line feed, and drops the line feed.
    #[inline(always)]
    pub(crate) fn take_line(&mut self) -> Option<Bytes> {
        self.line()?;
        Some(self.take_found())
    }

    /// Takes the line that [`line`](Self::line) has just found.
    #[inline(always)]
    pub(crate) fn take_found(&mut self) -> Bytes {
        let end = self.searched;
        if end >= LONG {
            return self.take_long_line(end);
        }
        let line = Bytes::from(Box::<[u8]>::from(&self.unread()[..end]));
        self.advance(end + 1);
        line
    }

    /// A long line takes the place with it, unless much has come behind it.
    fn take_long_line(&mut self, end: usize) -> Bytes {
        let (line, behind) = (&self.unread()[..end], &self.unread()[end + 1..]);
        if behind.len() > end / WASTE {
            let line = Bytes::copy_from_slice(line);
            self.advance(end + 1);
            return line;
        }
        let behind = behind.to_vec();
        let mut place = std::mem::replace(&mut self.place, behind);
        place.truncate(self.taken + end);
        let mut line = Bytes::from(place);
        line.advance(self.taken);
        (self.taken, self.searched, self.lent) = (0, 0, false);
        line
    }

    #[inline(always)]
    fn advance(&mut self, count: usize) {
        self.searched = 0;
        self.taken += count;
        if self.taken == self.place.len() {
            self.place.clear();
            self.taken = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent(bytes: &[u8]) -> ReceiveBuffer {
        let mut buffer = ReceiveBuffer::default();
        buffer.lend(Vec::with_capacity(LONG));
        buffer.space().unwrap().extend_from_slice(bytes);
        buffer
    }

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
    fn a_buffer_that_settles_holds_what_has_come_and_no_more() {
        let mut buffer = lent(&b"1234567890".repeat(600));
        assert_eq!(buffer.take(4, 5992).unwrap().len(), 5992);
        assert_eq!(buffer.settle().capacity(), LONG);
        assert_eq!((buffer.len(), buffer.place.capacity()), (4, 4));
        assert!(buffer.space().is_none());
        buffer.lend(Vec::with_capacity(LONG));
        buffer.space().unwrap().extend_from_slice(b"1\n");
        assert_eq!(buffer.take_line().unwrap(), &b"78901"[..]);
        assert_eq!(buffer.settle().capacity(), LONG);
        assert_eq!((buffer.len(), buffer.place.capacity()), (0, 0));
    }

    #[test]
    fn a_place_in_use_stays_and_what_is_taken_makes_room() {
        let mut buffer = lent(&[7; LONG]);
        assert_eq!(buffer.take(0, LONG - 20_000).unwrap().len(), LONG - 20_000);
        assert_eq!(buffer.settle().capacity(), 0, "a third of it is in use");
        let space = buffer.space().unwrap();
        assert_eq!((space.len(), space.capacity()), (20_000, LONG));
    }

    #[test]
    fn a_long_line_gets_more_room_and_takes_it_along() {
        let mut buffer = lent(b"");
        for _ in 0..6 {
            let space = buffer.space().unwrap();
            let room = space.capacity() - space.len();
            space.extend(std::iter::repeat_n(b'x', room));
            assert_eq!(buffer.take_line(), None);
        }
        assert!(buffer.len() > 1 << 20, "the more has come, the more room there is");
        let space = buffer.space().unwrap();
        space.extend_from_slice(b"\nbehind");
        let place = space.as_ptr();
        let line = buffer.take_line().unwrap();
        assert!(line.len() > 1 << 20 && line.iter().all(|byte| *byte == b'x'));
        assert_eq!((line.as_ptr(), buffer.unread()), (place, &b"behind"[..]));
    }

    #[test]
    fn a_long_run_that_nobody_has_any_more_makes_room_for_the_next() {
        let mut buffer = ReceiveBuffer::default();
        let mut receive = |length: usize| {
            assert_eq!(buffer.take(0, length), None);
            buffer.extend(&vec![b'x'; length]);
            let taken = buffer.take(0, length).unwrap();
            assert_eq!(taken.len(), length);
            taken
        };
        let first = receive(LONG + 5);
        let second = receive(LONG);
        assert_ne!(second.as_ptr(), first.as_ptr(), "the first is in use");
        let place = second.as_ptr();
        drop(second);
        assert_eq!(receive(LONG).as_ptr(), place);
        buffer.settle();
        assert!(buffer.last.is_empty(), "who waits keeps nothing");
    }

    #[test]
    fn a_long_run_is_read_to_where_it_stays_and_what_is_behind_it_is_kept() {
        let mut buffer = ReceiveBuffer::default();
        buffer.extend(b"begin");
        assert_eq!(buffer.take(2, LONG), None);
        assert_eq!(buffer.peek(), Some(*b"be"));
        let place = buffer.space().unwrap().as_ptr();
        buffer.space().unwrap().extend_from_slice(&vec![b'x'; LONG - 8]);
        assert_eq!(buffer.take(2, LONG), None);
        buffer.extend(b"12345behind");
        assert!(buffer.space().is_none());
        let taken = buffer.take(2, LONG).unwrap();
        assert_eq!((taken.len(), taken.as_ptr()), (LONG, place.wrapping_add(2)));
        assert!(taken.starts_with(b"ginx") && taken.ends_with(b"x12345"));
        assert_eq!(buffer.take(0, 6).unwrap(), &b"behind"[..]);
    }
}
