//! The atoms of a payload, written. Who writes values, from a graph or for serde, builds on these.

use ferronode_buffer::{Encoding, JsStr};

use crate::bigint::BigInt;
use crate::error::{EncodeError, Limit};
use crate::options::{Dialect, Options};
use crate::tag;
use crate::varint;
use crate::view::ViewKind;

/// V8's version since Node 18.
const VERSION: u8 = 15;

/// What most messages fit into, in bytes.
pub(crate) const SMALL: usize = 128;

#[derive(Debug)]
pub(crate) struct Writer<'out> {
    out: &'out mut Vec<u8>,
    /// Where the payload begins: two-byte text is aligned to it.
    start: usize,
    options: Options,
    depth: usize,
}

impl<'out> Writer<'out> {
    /// Begins a payload at the end of `out`.
    pub(crate) fn new(out: &'out mut Vec<u8>, options: &Options) -> Self {
        let start = out.len();
        out.extend_from_slice(&[tag::VERSION, VERSION]);
        Self {
            out,
            start,
            options: *options,
            depth: options.depth,
        }
    }

    /// The payload is whole.
    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        self.room(0)
    }

    /// Whether there is room for so many bytes more.
    #[inline]
    fn room(&self, more: usize) -> Result<(), EncodeError> {
        if self.out.len() - self.start + more > self.options.bytes {
            return Err(EncodeError::Limit(Limit::Bytes(self.options.bytes)));
        }
        Ok(())
    }

    /// Goes a level deeper.
    pub(crate) fn enter(&mut self) -> Result<(), EncodeError> {
        let limit = EncodeError::Limit(Limit::Depth(self.options.depth));
        self.depth = self.depth.checked_sub(1).ok_or(limit)?;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth += 1;
    }

    #[inline]
    pub(crate) fn tag(&mut self, tag: u8) -> Result<(), EncodeError> {
        self.room(1)?;
        self.out.push(tag);
        Ok(())
    }

    #[inline]
    pub(crate) fn varint(&mut self, number: u32) {
        varint::write(number, self.out);
    }

    /// A length in as many bytes as any length takes, to be filled in by [`fill_length`](Self::fill_length).
    pub(crate) fn open_length(&mut self) -> usize {
        self.out.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0]);
        self.out.len() - varint::LONGEST
    }

    pub(crate) fn fill_length(&mut self, place: usize, length: u32) {
        for (index, byte) in self.out[place..place + varint::LONGEST].iter_mut().enumerate() {
            *byte |= (length >> (7 * index)) as u8 & 0x7f;
        }
    }

    pub(crate) fn int32(&mut self, number: i32) -> Result<(), EncodeError> {
        self.tag(tag::INT32)?;
        self.varint(varint::zigzag(number));
        Ok(())
    }

    /// A double behind its tag, which is not always [`tag::DOUBLE`].
    pub(crate) fn double(&mut self, tag: u8, number: f64) -> Result<(), EncodeError> {
        self.tag(tag)?;
        self.out.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    /// A BigInt behind its tag: that of the number, or of the object around it.
    pub(crate) fn bigint(&mut self, tag: u8, number: &BigInt) -> Result<(), EncodeError> {
        let bytes = number.digits().len() * 8;
        let bits = u32::try_from(bytes * 2).map_err(|_| EncodeError::TooLong { found: bytes })?;
        self.room(bytes)?;
        self.tag(tag)?;
        self.varint(bits | u32::from(number.is_negative()));
        for digit in number.digits() {
            self.out.extend_from_slice(&digit.to_le_bytes());
        }
        Ok(())
    }

    /// A string, one byte a unit if all fit, else two.
    pub(crate) fn text(&mut self, text: JsStr<'_>) -> Result<(), EncodeError> {
        let wtf8 = text.as_wtf8();
        if wtf8.is_ascii() {
            return self.bytes(tag::LATIN1, wtf8);
        }
        // Up to U+00FF the first byte of a character is C2 or C3. A maximum is found many bytes at a time.
        if wtf8.iter().fold(0, |most, &byte| most.max(byte)) < 0xc4 {
            return self.encoded(tag::LATIN1, text, Encoding::Latin1, text.utf16_len());
        }
        let length = text.utf16_len() * 2;
        let before = 1 + varint::length(checked(length)?);
        if (self.out.len() - self.start + before) % 2 == 1 {
            self.tag(tag::PADDING)?;
        }
        self.encoded(tag::TWO_BYTE, text, Encoding::Utf16le, length)
    }

    /// A string in an encoding in which it is `length` bytes.
    fn encoded(&mut self, tag: u8, text: JsStr<'_>, encoding: Encoding, length: usize) -> Result<(), EncodeError> {
        self.room(length)?;
        self.tag(tag)?;
        self.varint(checked(length)?);
        let start = self.out.len();
        self.out.reserve(length + SMALL);
        self.out.resize(start + length, 0);
        encoding.write(text, &mut self.out[start..]);
        Ok(())
    }

    /// Bytes behind a tag and their length.
    pub(crate) fn bytes(&mut self, tag: u8, bytes: &[u8]) -> Result<(), EncodeError> {
        self.tag(tag)?;
        self.varint(checked(bytes.len())?);
        self.raw(bytes)
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.room(bytes.len())?;
        // Something follows as a rule, if only the end of an object: a long text is not to be moved for that.
        self.out.reserve(bytes.len() + SMALL);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn resizable_array_buffer(&mut self, bytes: &[u8], max_length: u32) -> Result<(), EncodeError> {
        let length = checked(bytes.len())?;
        self.tag(tag::RESIZABLE_ARRAY_BUFFER)?;
        self.varint(length);
        self.varint(max_length.max(length));
        self.raw(bytes)
    }

    pub(crate) fn view(&mut self, kind: ViewKind, bytes: &[u8]) -> Result<(), EncodeError> {
        self.tag(tag::HOST_OBJECT)?;
        if self.options.dialect == Dialect::Channel {
            self.varint(0);
        }
        self.varint(kind.index());
        self.varint(checked(bytes.len())?);
        self.raw(bytes)
    }
}

/// A length that the format can say.
pub(crate) fn checked(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError::TooLong { found: length })
}
