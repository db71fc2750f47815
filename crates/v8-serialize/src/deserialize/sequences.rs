//! Arrays and Sets item by item, and the elements of views.

use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::scalars::Number;
use super::{Decoder, Want};
use crate::error::DecodeError;
use crate::properties::Key;
use crate::tag;
use crate::view::ViewKind;

const IN_ORDER: &str = "the elements of an array in order";

impl<'de> Decoder<'de> {
    pub(super) fn dense_array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let length = self.reader.elements()?;
        let mut items = Dense {
            left: length,
            decoder: self,
        };
        let value = visitor.visit_seq(&mut items)?;
        if items.left > 0 {
            self.reader.byte()?;
            return self.reader.unexpected("the end of the array");
        }
        self.skip_names(tag::DENSE_ARRAY_END, 0)?;
        self.reader.count(length)?;
        Ok(value)
    }

    pub(super) fn sparse_array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let length = self.reader.varint()?;
        let mut items = Sparse {
            index: 0,
            length,
            found: None,
            count: 0,
            decoder: self,
        };
        let value = visitor.visit_seq(&mut items)?;
        if items.index < length || items.found.is_some() {
            return self.reader.unexpected("the end of the array");
        }
        let count = items.count;
        self.skip_names(tag::SPARSE_ARRAY_END, count)?;
        self.reader.count(length)?;
        Ok(value)
    }

    /// Passes over what has been hung on an array. An element that comes here is late, and is not lost without a word.
    fn skip_names(&mut self, end: u8, before: u32) -> Result<(), DecodeError> {
        let mut count = before;
        while !self.reader.takes(end)? {
            if Key::index(&self.key()?).is_some() {
                return self.reader.unexpected(IN_ORDER);
            }
            self.skip()?;
            count += 1;
        }
        self.reader.count(count)
    }

    pub(super) fn set<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut items = Set {
            count: 0,
            has_ended: false,
            decoder: self,
        };
        let value = visitor.visit_seq(&mut items)?;
        let (count, has_ended) = (items.count, items.has_ended);
        if !has_ended && !self.reader.takes(tag::SET_END)? {
            self.reader.byte()?;
            return self.reader.unexpected("the end of the set");
        }
        self.reader.count(count)?;
        Ok(value)
    }

    pub(super) fn bytes<V: Visitor<'de>>(
        &mut self,
        bytes: &'de [u8],
        visitor: V,
        want: Want,
    ) -> Result<V::Value, DecodeError> {
        self.view(ViewKind::Uint8Array, bytes, visitor, want)
    }

    /// Bytes are given as bytes, unless elements are asked for; elements of several bytes as elements, unless bytes are.
    pub(super) fn view<V: Visitor<'de>>(
        &mut self,
        kind: ViewKind,
        bytes: &'de [u8],
        visitor: V,
        want: Want,
    ) -> Result<V::Value, DecodeError> {
        if want == Want::Bytes || (want == Want::Anything && kind.is_bytes()) {
            return visitor.visit_borrowed_bytes(bytes);
        }
        let mut elements = Elements { kind, bytes };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.bytes.is_empty() {
            Ok(value)
        } else {
            self.reader.unexpected("the end of the typed array")
        }
    }
}

/// A hole is read as `undefined`.
fn hole<'de, S: DeserializeSeed<'de>>(seed: S) -> Result<S::Value, DecodeError> {
    seed.deserialize(UnitDeserializer::new())
}

struct Dense<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: u32,
}

impl<'de> SeqAccess<'de> for Dense<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        if self.decoder.reader.takes(tag::HOLE)? {
            self.decoder.reader.node()?;
            return hole(seed).map(Some);
        }
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left as usize)
    }
}

/// Elements come in the order of their indexes, and what lies between them are holes.
struct Sparse<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    index: u32,
    length: u32,
    /// The index of the element that comes next, once its key is read.
    found: Option<u32>,
    count: u32,
}

impl Sparse<'_, '_> {
    /// Reads the key of the next element, if there is one.
    fn find(&mut self) -> Result<Option<u32>, DecodeError> {
        let reader = &mut self.decoder.reader;
        let is_number = matches!(reader.peek_tag()?, tag::INT32 | tag::UINT32 | tag::DOUBLE);
        if self.found.is_none() && is_number {
            let key = Key::index(&self.decoder.key()?);
            match key.filter(|&index| index >= self.index && index < self.length) {
                Some(index) => self.found = Some(index),
                None => return self.decoder.reader.unexpected(IN_ORDER),
            }
            self.count += 1;
        }
        Ok(self.found)
    }
}

impl<'de> SeqAccess<'de> for Sparse<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        if self.index == self.length {
            return Ok(None);
        }
        let is_there = self.find()? == Some(self.index);
        self.index += 1;
        if is_there {
            self.found = None;
            return seed.deserialize(&mut *self.decoder).map(Some);
        }
        self.decoder.reader.node()?;
        hole(seed).map(Some)
    }
}

struct Set<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    count: u32,
    has_ended: bool,
}

impl<'de> SeqAccess<'de> for Set<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        if self.decoder.reader.takes(tag::SET_END)? {
            self.has_ended = true;
            return Ok(None);
        }
        self.count += 1;
        seed.deserialize(&mut *self.decoder).map(Some)
    }
}

/// The elements of a view that are left.
struct Elements<'de> {
    kind: ViewKind,
    bytes: &'de [u8],
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        macro_rules! element {
            ($number:ty as $variant:ident) => {{
                let Some((bytes, rest)) = self.bytes.split_first_chunk() else {
                    return Ok(None);
                };
                self.bytes = rest;
                Number::$variant(<$number>::from_le_bytes(*bytes).into())
            }};
        }
        let number = match self.kind {
            ViewKind::Int8Array => element!(i8 as Signed),
            ViewKind::Uint8Array | ViewKind::Uint8ClampedArray | ViewKind::DataView | ViewKind::Buffer => {
                element!(u8 as Signed)
            }
            ViewKind::Int16Array => element!(i16 as Signed),
            ViewKind::Uint16Array => element!(u16 as Signed),
            ViewKind::Int32Array => element!(i32 as Signed),
            ViewKind::Uint32Array => element!(u32 as Signed),
            ViewKind::Float32Array => element!(f32 as Double),
            ViewKind::Float64Array => element!(f64 as Double),
            ViewKind::BigInt64Array => element!(i64 as Signed),
            ViewKind::BigUint64Array => element!(u64 as Unsigned),
        };
        seed.deserialize(number).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() / self.kind.bytes_per_element())
    }
}
