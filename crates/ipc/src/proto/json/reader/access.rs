//! What lies in lists and objects, and the names of members.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{ReadError, Reader, Text};

/// The elements of a list, or the members of an object, that are left.
pub(super) struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn new(reader: &'a mut Reader<'de>) -> Self {
        Self { reader, is_first: true }
    }

    /// Whether there is another one; then it comes next.
    fn has_next(&mut self, closing: u8) -> Result<bool, ReadError> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        if self.reader.peek() == Some(closing) {
            return Ok(false);
        }
        if !is_first {
            self.reader.take(b',', "a comma, or the end of a list or an object")?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        match self.has_next(b']')? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        match self.has_next(b'}')? {
            true => seed.deserialize(Name { reader: self.reader }).map(Some),
            false => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        self.reader.take(b':', "a colon")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// The name of a member: a string, but a map may have numbers or truths for its keys.
struct Name<'a, 'de> {
    reader: &'a mut Reader<'de>,
}

impl<'de> Name<'_, 'de> {
    /// Reads what stands in the string, if it is a number or a truth and nothing else.
    fn inside<T>(self, read: impl FnOnce(&mut Reader<'de>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let Text::Lent(text) = self.reader.take_string()? else {
            return self.reader.expected("a name without escapes before this");
        };
        let mut inner = Reader {
            text,
            at: 0,
            depth: 0,
            scratch: String::new(),
        };
        if !matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9' | b't' | b'f')) {
            return self.reader.expected("a name that is a number, or a truth, before this");
        }
        let value = read(&mut inner)?;
        match inner.rest() {
            [] => Ok(value),
            _ => self.reader.expected("no more in the name before this"),
        }
    }
}

macro_rules! inside {
    ($($deserialize:ident)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.inside(|reader| reader.$deserialize(visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.reader.peek() != Some(b'"') {
            return self.reader.expected("the name of a member");
        }
        self.reader.string(visitor)
    }

    inside! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.reader.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum: its name, or an object with its name and its value.
pub(super) struct Variant<'a, 'de> {
    pub(super) reader: &'a mut Reader<'de>,
    pub(super) has_value: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let variant = seed.deserialize(&mut *self.reader)?;
        if self.has_value {
            self.reader.take(b':', "a colon")?;
        }
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.has_value {
            true => serde::Deserialize::deserialize(self.reader),
            false => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        match self.has_value {
            true => seed.deserialize(self.reader),
            false => self.reader.expected("a value with the variant before this"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        match self.has_value {
            true => self.reader.deserialize_seq(visitor),
            false => self.reader.expected("a value with the variant before this"),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ReadError> {
        self.tuple_variant(0, visitor)
    }
}
