//! The key of a property, as whatever the type asked for has as its key.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::Decoder;
use crate::error::DecodeError;
use crate::properties::Key;
use crate::tag;

impl<'de> Decoder<'de> {
    /// The text of a key.
    pub(super) fn key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        let tag = self.reader.tag()?;
        let number = match tag {
            tag::INT32 => self.reader.int32()?.into(),
            tag::UINT32 => self.reader.varint()?.into(),
            tag::DOUBLE => self.reader.double()?,
            _ => return self.name(tag),
        };
        match Key::from_number(number) {
            Some(key) => Ok(key.to_string().into()),
            None => self.reader.unexpected("a key that is a whole number"),
        }
    }

    #[inline]
    fn name(&mut self, tag: u8) -> Result<Cow<'de, str>, DecodeError> {
        match self.reader.text_behind(tag)? {
            Some(text) => self.plain_text(text),
            None => self.reader.unexpected("a key: a string or a number"),
        }
    }

    pub(super) fn key_for<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<K::Value, DecodeError> {
        seed.deserialize(KeyDeserializer(self.key()?))
    }
}

struct KeyDeserializer<'de>(Cow<'de, str>);

/// Numbers and booleans are read from the key's text; what does not fit is text, for the type to refuse.
macro_rules! parsed {
    ($($method:ident => $visit:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for KeyDeserializer<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    parsed! {
        deserialize_bool => visit_bool,
        deserialize_i8 => visit_i8, deserialize_i16 => visit_i16, deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64, deserialize_i128 => visit_i128,
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16, deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64, deserialize_u128 => visit_u128,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
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
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
