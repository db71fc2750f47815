//! `Buffer`: bytes of a fixed length, owned.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::io::Cursor;
use std::ops::{Deref, DerefMut, RangeBounds};

use bytes::{Bytes, BytesMut};

use crate::constants::POOL_SIZE;
use crate::encoding::Encoding;
use crate::error::{AllocError, RangeError};
use crate::js_string::{JsStr, JsString};
use crate::pool;
#[cfg(feature = "simd")]
use crate::simd::sink::Sink;
use crate::slab::{Block, POISON};
use crate::slice::bounds;

/// Bytes of a fixed length, as Node's `Buffer`: owned, mutable, sendable between threads.
pub struct Buffer {
    block: Block,
}

impl Buffer {
    /// Makes a buffer of `size` zeroes.
    ///
    /// # Panics
    ///
    /// If `size` is over [`MAX_LENGTH`](crate::constants::MAX_LENGTH), or there is no memory.
    /// For a size from outside there is [`try_alloc`](Self::try_alloc).
    #[must_use]
    pub fn alloc(size: usize) -> Self {
        Self::try_alloc(size).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes a buffer of `size` zeroes.
    ///
    /// # Errors
    ///
    /// [`AllocError`] if `size` is over [`MAX_LENGTH`](crate::constants::MAX_LENGTH), or there is no memory.
    pub fn try_alloc(size: usize) -> Result<Self, AllocError> {
        Block::zeroed(size).map(Self::from_block)
    }

    /// Makes a buffer of `size` bytes of any value: old bytes, perhaps, but never uninitialised memory.
    ///
    /// Sizes under 4 KiB come from the pool. Debug builds fill the buffer with `0xdb`.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    #[inline(always)] // See `pool::take_local`.
    #[doc(alias = "allocUnsafe")]
    pub fn alloc_unsafe(size: usize) -> Self {
        // The slow way is inlined too: behind a call, both ways would meet in memory, three times slower.
        match pool::take_local(size) {
            Some(block) => Self::from_block(block),
            None => Self::alloc_unsafe_slow(size),
        }
    }

    /// Makes a buffer of `size` bytes of any value that is not from the pool.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    #[doc(alias = "allocUnsafeSlow")]
    pub fn alloc_unsafe_slow(size: usize) -> Self {
        let block = Block::unspecified(size);
        let mut buffer = Self::from_block(block.unwrap_or_else(|error| panic!("{error}")));
        if cfg!(debug_assertions) {
            buffer[..].fill(POISON);
        }
        buffer
    }

    /// Makes a buffer with a copy of `bytes`.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    #[inline]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let copy = |slot: &mut [u8]| {
            slot.copy_from_slice(bytes);
            bytes.len()
        };
        match pool::take_local_written(bytes.len(), copy) {
            Some(block) => Self { block },
            None => Self::from_bytes_slow(bytes),
        }
    }

    #[inline(never)]
    fn from_bytes_slow(bytes: &[u8]) -> Self {
        let block = Block::joined([bytes].into_iter(), bytes.len());
        Self::from_block(block.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Makes a buffer of numbers, each taken modulo 256.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    #[doc(alias = "from")]
    pub fn from_numbers(numbers: impl IntoIterator<Item = i64>) -> Self {
        numbers.into_iter().map(|number| number as u8).collect()
    }

    /// Makes a buffer of the bytes of `text` in `encoding`.
    ///
    /// # Panics
    ///
    /// As [`alloc`](Self::alloc).
    #[must_use]
    #[inline]
    pub fn from_string<'a>(text: impl Into<JsStr<'a>>, encoding: Encoding) -> Self {
        encoding.encode(text)
    }

    /// Makes a buffer of at most `capacity` bytes: `write` fills the front and says how many.
    #[inline]
    pub(crate) fn written(capacity: usize, write: impl Fn(&mut [u8]) -> usize) -> Self {
        match pool::take_local_written(capacity, &write) {
            Some(block) => Self { block },
            None => Self::written_slow(capacity, write),
        }
    }

    #[inline(never)]
    fn written_slow(capacity: usize, write: impl Fn(&mut [u8]) -> usize) -> Self {
        let mut buffer = Self::alloc_unsafe_slow(capacity);
        let length = write(&mut buffer);
        buffer.block.truncate(length);
        buffer
    }

    /// Makes a buffer of what `fill` writes, at most `capacity` bytes.
    #[cfg(feature = "simd")]
    #[inline]
    pub(crate) fn filled(capacity: usize, fill: impl Fn(&mut Sink<'_>)) -> Self {
        let fill_slot = |slot: &mut [u8]| {
            let mut sink = Sink::new(slot);
            fill(&mut sink);
            sink.written()
        };
        match pool::take_local_written(capacity, fill_slot) {
            Some(block) => Self { block },
            None => Self::filled_slow(capacity, fill),
        }
    }

    #[cfg(feature = "simd")]
    #[inline(never)]
    fn filled_slow(capacity: usize, fill: impl Fn(&mut Sink<'_>)) -> Self {
        let block = Block::filled(capacity, fill);
        Self::from_block(block.unwrap_or_else(|error| panic!("{error}")))
    }

    pub(crate) fn from_block(block: Block) -> Self {
        Self { block }
    }

    /// Whether the bytes are in a slab of a pool.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.block.is_pooled()
    }

    /// Splits the buffer in two that own their halves: the second from `at` on. Nothing is copied.
    ///
    /// # Panics
    ///
    /// If `at` is past the end.
    #[must_use]
    pub fn split_at_owned(self, at: usize) -> (Self, Self) {
        let (first, second) = self.block.split(at);
        (Self { block: first }, Self { block: second })
    }

    /// The bytes as text in `encoding`. A lone surrogate, which only `Utf16le` can hold, becomes U+FFFD;
    /// [`to_js_string`](Self::to_js_string) keeps it.
    #[must_use]
    #[doc(alias = "toString")]
    pub fn to_string(&self, encoding: Encoding) -> String {
        encoding.decode_lossy(self)
    }

    /// A range of the bytes as text in `encoding`, lossy as [`to_string`](Self::to_string).
    ///
    /// Positions past the end are moved to it. They are positions of bytes: a character that is cut becomes U+FFFD.
    #[must_use]
    #[doc(alias = "toString")]
    pub fn to_string_range(&self, encoding: Encoding, range: impl RangeBounds<usize>) -> String {
        let (start, end) = bounds(&range, self.len());
        encoding.decode_lossy(self.get(start..end.min(self.len())).unwrap_or_default())
    }

    /// The bytes as text in `encoding`, exactly.
    #[must_use]
    #[doc(alias = "toString")]
    pub fn to_js_string(&self, encoding: Encoding) -> JsString {
        encoding.decode(self)
    }

    /// Writes text at the start of the buffer, as much as there is room for, and gives the number of bytes.
    /// No character is written in part.
    pub fn write<'a>(&mut self, text: impl Into<JsStr<'a>>, encoding: Encoding) -> usize {
        encoding.write(text, self)
    }

    /// Writes text at `offset`, at most `length` bytes of it, and gives the number of bytes.
    /// No character is written in part.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if `offset` or `length` is more than the buffer's length.
    #[doc(alias = "write")]
    pub fn write_at<'a>(
        &mut self,
        text: impl Into<JsStr<'a>>,
        encoding: Encoding,
        offset: usize,
        length: Option<usize>,
    ) -> Result<usize, RangeError> {
        RangeError::check("offset", offset, self.len())?;
        let room = self.len() - offset;
        let length = length.unwrap_or(room);
        RangeError::check("length", length, self.len())?;
        Ok(encoding.write(text, &mut self[offset..][..length.min(room)]))
    }

    /// The number of bytes that `text` becomes; for base64 and hex an estimate, see [`Encoding::byte_length`].
    #[must_use]
    #[doc(alias = "byteLength")]
    pub fn byte_length<'a>(text: impl Into<JsStr<'a>>, encoding: Encoding) -> usize {
        encoding.byte_length(text)
    }

    /// Reads the bytes, first to last: `io::Read`, `io::BufRead` and `io::Seek`.
    /// (`io::Cursor` also takes the buffer itself.)
    #[must_use]
    pub fn reader(&self) -> Cursor<&[u8]> {
        Cursor::new(self)
    }

    /// Writes over the bytes, first to last: `io::Write` and `io::Seek`. A write at the end writes nothing.
    #[must_use]
    pub fn writer(&mut self) -> Cursor<&mut [u8]> {
        Cursor::new(self)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.block.as_slice()
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.block.as_mut_slice()
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self::from_bytes(self)
    }
}

/// Takes over the vector's bytes; nothing is copied.
impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from_block(Block::from_vec(bytes))
    }
}

/// Gives the bytes as a vector. They are copied unless they came from one.
impl From<Buffer> for Vec<u8> {
    fn from(buffer: Buffer) -> Self {
        buffer
            .block
            .into_vec()
            .unwrap_or_else(|block| block.as_slice().to_vec())
    }
}

/// Gives the bytes to `Bytes`, which may be cloned and cut. Nothing is copied.
impl From<Buffer> for Bytes {
    fn from(buffer: Buffer) -> Self {
        Self::from_owner(buffer)
    }
}

/// Takes over the bytes; nothing is copied.
impl From<BytesMut> for Buffer {
    fn from(bytes: BytesMut) -> Self {
        Self::from_block(Block::from_bytes(bytes))
    }
}

/// Takes over the bytes if nobody else has them; nothing is copied.
///
/// Gives them back if somebody does, or may: `Bytes` cannot say who shares the bytes that came from a `Buffer`.
/// Then [`Buffer::from_bytes`] makes a copy.
impl TryFrom<Bytes> for Buffer {
    type Error = Bytes;

    fn try_from(bytes: Bytes) -> Result<Self, Bytes> {
        bytes.try_into_mut().map(Self::from)
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<&str> for Buffer {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Buffer {}

impl<const N: usize> PartialEq<[u8; N]> for Buffer {
    fn eq(&self, other: &[u8; N]) -> bool {
        **self == *other
    }
}

impl PartialEq<[u8]> for Buffer {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl PartialEq<&[u8]> for Buffer {
    fn eq(&self, other: &&[u8]) -> bool {
        **self == **other
    }
}

impl PartialOrd for Buffer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Buffer {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Buffer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::from_block(Block::empty())
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<const N: usize> From<&[u8; N]> for Buffer {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl FromIterator<u8> for Buffer {
    fn from_iter<T: IntoIterator<Item = u8>>(bytes: T) -> Self {
        let bytes: Vec<u8> = bytes.into_iter().collect();
        // A short vector is worth a copy: its allocation is not worth keeping.
        if bytes.len() < POOL_SIZE / 2 {
            Self::from_bytes(&bytes)
        } else {
            bytes.into()
        }
    }
}

/// Appends bytes. A buffer has a fixed length, so this makes a new one: for many small pieces a `Vec` is the better place.
impl Extend<u8> for Buffer {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        let more: Vec<u8> = bytes.into_iter().collect();
        *self = Self::concat(&[&self[..], &more]);
    }
}

impl<'a> Extend<&'a u8> for Buffer {
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.extend(bytes.into_iter().copied());
    }
}
