//! Enums: text is a variant that holds nothing, an object of one entry is one that holds something.

use serde::Deserialize;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::{Decoder, Want};
use crate::error::DecodeError;
use crate::tag;

impl<'de> Decoder<'de> {
    pub(super) fn variant<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.reader.node()?;
        let tag = self.reader.tag()?;
        match tag {
            tag::REFERENCE => self.follow(|decoder| decoder.variant(visitor)),
            tag::OBJECT => self.within(|decoder| {
                let value = visitor.visit_enum(Holding(decoder))?;
                if !decoder.reader.takes(tag::OBJECT_END)? {
                    decoder.reader.byte()?;
                    return decoder.reader.unexpected("the end of the object, which has one entry");
                }
                decoder.reader.count(1)?;
                Ok(value)
            }),
            _ => match self.reader.text_behind(tag)? {
                Some(text) => visitor.visit_enum(self.plain_text(text)?.into_deserializer()),
                None => self.reader.unexpected("a variant: a string, or an object of one entry"),
            },
        }
    }
}

/// An object of one entry: its key is the variant, its value what the variant holds.
struct Holding<'a, 'de>(&'a mut Decoder<'de>);

impl<'de> EnumAccess<'de> for Holding<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<K: DeserializeSeed<'de>>(self, seed: K) -> Result<(K::Value, Self), DecodeError> {
        let variant = self.0.key_for(seed)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Holding<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        <()>::deserialize(self.0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.0.value(visitor, Want::Elements)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.value(visitor, Want::Anything)
    }
}
