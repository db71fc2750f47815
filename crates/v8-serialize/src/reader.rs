//! The atoms of a payload: tags, numbers, texts, bytes. Who reads values, as a graph or for serde, builds on these.
//!
//! Rule: what is announced is compared with what is there, before anything is set aside for it.
//! So no length is believed, and memory is bounded by the bytes that have really come.

use ferronode_buffer::JsString;

use crate::bigint::BigInt;
use crate::error::{DecodeError, Limit};
use crate::options::{Dialect, Options};
use crate::tag;
use crate::text::Text;
use crate::varint;
use crate::view::ViewKind;

#[derive(Debug)]
pub(crate) struct Reader<'de> {
    input: &'de [u8],
    position: usize,
    options: Options,
    /// Levels and nodes that are left.
    depth: usize,
    nodes: usize,
}

/// What a host object turns out to be.
#[derive(Debug)]
pub(crate) enum HostObject<'de> {
    View(ViewKind, &'de [u8]),
    /// An ordinary value follows: the properties of an object that only its own process can have.
    Properties,
}

impl<'de> Reader<'de> {
    /// Begins behind the header.
    pub(crate) fn new(input: &'de [u8], options: &Options) -> Result<Self, DecodeError> {
        let mut reader = Self {
            input,
            position: 0,
            options: *options,
            depth: options.depth,
            nodes: options.nodes,
        };
        if input.len() > options.bytes {
            return Err(DecodeError::Limit(Limit::Bytes(options.bytes)));
        }
        if input.first() != Some(&tag::VERSION) {
            return Err(DecodeError::Version { found: None });
        }
        reader.position = 1;
        match reader.varint()? {
            13..=15 => Ok(reader),
            found => Err(DecodeError::Version { found: Some(found) }),
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Goes to where an object begins, to read it once more.
    pub(crate) fn go_to(&mut self, position: usize) {
        self.position = position;
    }

    /// Counts a value.
    #[inline]
    pub(crate) fn node(&mut self) -> Result<(), DecodeError> {
        let limit = || DecodeError::Limit(Limit::Nodes(self.options.nodes));
        self.nodes = self.nodes.checked_sub(1).ok_or_else(limit)?;
        Ok(())
    }

    /// Goes a level deeper.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<(), DecodeError> {
        let limit = || DecodeError::Limit(Limit::Depth(self.options.depth));
        self.depth = self.depth.checked_sub(1).ok_or_else(limit)?;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth += 1;
    }

    /// The tag of a value, not taken.
    #[inline]
    pub(crate) fn peek_tag(&mut self) -> Result<u8, DecodeError> {
        loop {
            match self.input.get(self.position) {
                Some(&tag::PADDING) => self.position += 1,
                Some(&tag::VERIFY_OBJECT_COUNT) => {
                    self.position += 1;
                    self.varint()?;
                }
                Some(&tag) => return Ok(tag),
                None => return Err(self.truncated(1)),
            }
        }
    }

    /// Takes the tag of a value.
    #[inline]
    pub(crate) fn tag(&mut self) -> Result<u8, DecodeError> {
        let tag = self.peek_tag()?;
        self.position += 1;
        Ok(tag)
    }

    /// Takes `expected` if it is the next tag.
    #[inline]
    pub(crate) fn takes(&mut self, expected: u8) -> Result<bool, DecodeError> {
        let found = self.peek_tag()? == expected;
        self.position += usize::from(found);
        Ok(found)
    }

    /// The byte taken last is none of those expected.
    pub(crate) fn unexpected<T>(&self, expected: &'static str) -> Result<T, DecodeError> {
        let offset = self.position.saturating_sub(1);
        Err(DecodeError::Unexpected {
            offset,
            expected,
            found: self.input.get(offset).copied().unwrap_or_default().into(),
        })
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.input.get(self.position).ok_or_else(|| self.truncated(1))?;
        self.position += 1;
        Ok(byte)
    }

    pub(crate) fn peek_byte(&self) -> Result<u8, DecodeError> {
        let next = self.input.get(self.position);
        next.copied().ok_or_else(|| self.truncated(1))
    }

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'de [u8], DecodeError> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let taken = rest.get(..length).ok_or_else(|| self.truncated(length))?;
        self.position += length;
        Ok(taken)
    }

    /// A number of 32 bits. What a longer one has beyond them is dropped, as V8 does.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u32, DecodeError> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(number);
            }
            shift = (shift + 7).min(32);
        }
    }

    pub(crate) fn int32(&mut self) -> Result<i32, DecodeError> {
        self.varint().map(varint::unzigzag)
    }

    pub(crate) fn double(&mut self) -> Result<f64, DecodeError> {
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    /// The length of bytes that follow.
    fn length(&mut self) -> Result<usize, DecodeError> {
        Ok(self.varint()? as usize)
    }

    /// The number of elements of a dense array. Each takes a byte at least, and is a node.
    pub(crate) fn elements(&mut self) -> Result<u32, DecodeError> {
        let elements = self.varint()?;
        let left = self.input.len() - self.position;
        if elements as usize > left {
            return Err(self.truncated(elements as usize));
        }
        if elements as usize > self.nodes {
            return Err(DecodeError::Limit(Limit::Nodes(self.options.nodes)));
        }
        Ok(elements)
    }

    /// Checks a count at the end of a collection.
    pub(crate) fn count(&mut self, expected: u32) -> Result<(), DecodeError> {
        let offset = self.position;
        match self.varint()? {
            found if found == expected => Ok(()),
            found => Err(DecodeError::Count {
                offset,
                expected,
                found,
            }),
        }
    }

    pub(crate) fn bigint(&mut self) -> Result<BigInt, DecodeError> {
        let bits = self.varint()?;
        let bytes = self.take((bits >> 1) as usize)?;
        let digit = |chunk: &[u8]| {
            let mut digit = [0; 8];
            digit[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(digit)
        };
        Ok(BigInt::from_digits(bits & 1 == 1, bytes.chunks(8).map(digit).collect()))
    }

    /// The string behind `tag`, or `None` if that is no string's.
    #[inline]
    pub(crate) fn text_behind(&mut self, tag: u8) -> Result<Option<Text<'de>>, DecodeError> {
        Ok(Some(match tag {
            tag::LATIN1 => {
                let length = self.length()?;
                Text::Latin1(self.take(length)?)
            }
            tag::TWO_BYTE => {
                let length = self.length()?;
                if length % 2 == 1 {
                    return self.unexpected("an even number of bytes");
                }
                Text::TwoByte(self.take(length)?)
            }
            tag::UTF8 => {
                let length = self.length()?;
                Text::Utf8(self.take(length)?)
            }
            _ => return Ok(None),
        }))
    }

    /// A string with its tag.
    pub(crate) fn text(&mut self) -> Result<Text<'de>, DecodeError> {
        let tag = self.tag()?;
        match self.text_behind(tag)? {
            Some(text) => Ok(text),
            None => self.unexpected("a string"),
        }
    }

    pub(crate) fn js_string(&mut self) -> Result<JsString, DecodeError> {
        self.text().map(Text::to_js_string)
    }

    /// The bytes of an ArrayBuffer.
    pub(crate) fn array_buffer(&mut self) -> Result<&'de [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }

    /// The bytes of a resizable ArrayBuffer, and how many it may grow to.
    pub(crate) fn resizable_array_buffer(&mut self) -> Result<(&'de [u8], u32), DecodeError> {
        let length = self.varint()?;
        let max_length = self.varint()?;
        if max_length < length {
            return self.unexpected("a greatest length that is not below the length");
        }
        Ok((self.take(length as usize)?, max_length))
    }

    pub(crate) fn host_object(&mut self) -> Result<HostObject<'de>, DecodeError> {
        if self.options.dialect == Dialect::Channel {
            match self.varint()? {
                0 => {}
                1 => return Ok(HostObject::Properties),
                _ => return self.unexpected("a host object of kind 0 or 1"),
            }
        }
        let Some(kind) = ViewKind::from_index(self.varint()?) else {
            return self.unexpected("the index of a typed array, from 0 to 12");
        };
        let length = self.length()?;
        if length % kind.bytes_per_element() != 0 {
            return self.unexpected("a length of whole elements");
        }
        Ok(HostObject::View(kind, self.take(length)?))
    }

    /// Reads the number of an object, of which `known` have begun.
    pub(crate) fn reference(&mut self, known: usize) -> Result<u32, DecodeError> {
        let offset = self.position;
        let found = self.varint()?;
        if found as usize >= known {
            let known = known as u32;
            return Err(DecodeError::UnknownObject { offset, known, found });
        }
        Ok(found)
    }

    #[cold]
    fn truncated(&self, expected: usize) -> DecodeError {
        DecodeError::Truncated {
            offset: self.position,
            expected,
            found: self.input.len() - self.position,
        }
    }
}
