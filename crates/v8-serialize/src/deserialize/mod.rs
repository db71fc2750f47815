//! From a payload to any serde type, without a graph between.
//!
//! | JavaScript | serde |
//! | --- | --- |
//! | number, BigInt, Date (milliseconds) | an integer where it is one, else a float |
//! | string | text, borrowed if it is ASCII |
//! | `undefined`, `null`, a hole | `None`, a unit |
//! | plain object, `Map`, error (`name`, `message`, `stack`, `cause`) | struct, map; an object of one entry is an enum too |
//! | array, `Set` | sequence, tuple; what has been hung on an array is passed over |
//! | `Buffer`, `ArrayBuffer`, typed array | bytes; a sequence of numbers where one is asked for |
//! | `new String(…)` and its like, `RegExp` | what is in it; its literal |
//!
//! Rule of references: a type has no identity, so an object that is referred to is read once more, from where it began.
//! It must be whole by then: an object within itself has no end. Each reading counts against `Options::nodes`, so a
//! few bytes cannot ask for many readings.

mod error_parts;
mod follow;
mod key;
mod objects;
mod scalars;
mod sequences;
mod skip;
mod variant;

use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::error::DecodeError;
use crate::options::Options;
use crate::reader::{HostObject, Reader};
use crate::tag;
use follow::Begun;

/// Reads a value from a payload. What follows the value is not looked at, as in Node.
///
/// ```
/// use ferronode_v8_serialize::{Options, from_slice};
///
/// let (text, number): (&str, u8) = from_slice(b"\xff\x0fA\x02\"\x01aI\x02$\x00\x02", &Options::default())?;
/// assert_eq!((text, number), ("a", 1));
/// # Ok::<(), ferronode_v8_serialize::DecodeError>(())
/// ```
///
/// # Errors
///
/// [`DecodeError`]: the payload is none, is past a bound of `options`, or is not what `T` takes.
#[doc(alias = "deserialize")]
pub fn from_slice<'de, T: Deserialize<'de>>(payload: &'de [u8], options: &Options) -> Result<T, DecodeError> {
    from_slice_seed(payload, PhantomData, options)
}

/// As [`from_slice`], for a value that needs to know something to be read.
///
/// # Errors
///
/// As [`from_slice`].
pub fn from_slice_seed<'de, S: DeserializeSeed<'de>>(
    payload: &'de [u8],
    seed: S,
    options: &Options,
) -> Result<S::Value, DecodeError> {
    let mut decoder = Decoder {
        reader: Reader::new(payload, options)?,
        begun: Vec::new(),
        next: 0,
    };
    seed.deserialize(&mut decoder)
}

pub(crate) struct Decoder<'de> {
    reader: Reader<'de>,
    begun: Vec<Begun>,
    /// The number of the object that begins next.
    next: usize,
}

/// What bytes are to be: only the one who asks knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Anything,
    Bytes,
    Elements,
}

impl<'de> Decoder<'de> {
    fn value<V: Visitor<'de>>(&mut self, visitor: V, want: Want) -> Result<V::Value, DecodeError> {
        self.reader.node()?;
        let tag = self.reader.tag()?;
        match tag {
            tag::UNDEFINED | tag::NULL => visitor.visit_unit(),
            tag::TRUE => visitor.visit_bool(true),
            tag::FALSE => visitor.visit_bool(false),
            tag::INT32 => visitor.visit_i64(self.reader.int32()?.into()),
            tag::UINT32 => visitor.visit_i64(self.reader.varint()?.into()),
            tag::DOUBLE => self.number(visitor),
            tag::BIG_INT => self.bigint(visitor),
            tag::REFERENCE => self.follow(|decoder| decoder.value(visitor, want)),
            _ => match self.reader.text_behind(tag)? {
                Some(text) => self.text(text, visitor),
                None => self.object(tag, visitor, want),
            },
        }
    }

    fn object<V: Visitor<'de>>(&mut self, tag: u8, visitor: V, want: Want) -> Result<V::Value, DecodeError> {
        self.within(|decoder| match tag {
            tag::OBJECT => decoder.plain(visitor),
            tag::MAP => decoder.map(visitor),
            tag::ERROR => decoder.error(visitor),
            tag::DENSE_ARRAY => decoder.dense_array(visitor),
            tag::SPARSE_ARRAY => decoder.sparse_array(visitor),
            tag::SET => decoder.set(visitor),
            tag::HOST_OBJECT => match decoder.reader.host_object()? {
                HostObject::View(kind, bytes) => decoder.view(kind, bytes, visitor, want),
                HostObject::Properties => decoder.value(visitor, want),
            },
            tag::ARRAY_BUFFER => {
                let bytes = decoder.reader.array_buffer()?;
                decoder.bytes(bytes, visitor, want)
            }
            tag::RESIZABLE_ARRAY_BUFFER => {
                let (bytes, _) = decoder.reader.resizable_array_buffer()?;
                decoder.bytes(bytes, visitor, want)
            }
            _ => decoder.wrapped(tag, visitor),
        })
    }
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = DecodeError;

    /// As it is written: see [`to_vec`](crate::to_vec).
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Anything)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Bytes)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Bytes)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Elements)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Elements)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.value(visitor, Want::Elements)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.reader.peek_tag()? {
            tag::UNDEFINED | tag::NULL => self.value(visitor, Want::Anything),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.variant(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct map struct identifier
    }
}
