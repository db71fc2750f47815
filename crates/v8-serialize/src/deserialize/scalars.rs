//! Values without parts, and the objects that only wrap one.

use std::borrow::Cow;

use serde::de::Visitor;
use serde::{Deserializer, forward_to_deserialize_any};

use super::Decoder;
use crate::bigint::BigInt;
use crate::error::DecodeError;
use crate::object::RegExp;
use crate::tag;
use crate::text::Text;

/// What every integer below is exact in a double for.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A number on its own, such as the element of a typed array.
pub(super) enum Number {
    /// One that is an integer is given as such: JavaScript knows no other, and a type that buffers its value could not
    /// read 2³¹ as an integer later.
    Double(f64),
    Signed(i64),
    Unsigned(u64),
}

impl<'de> Deserializer<'de> for Number {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let is_integer = |number: f64| number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER;
        match self {
            Self::Double(number) if is_integer(number) && number.to_bits() != (-0.0_f64).to_bits() => {
                visitor.visit_i64(number as i64)
            }
            Self::Double(number) => visitor.visit_f64(number),
            Self::Signed(number) => visitor.visit_i64(number),
            Self::Unsigned(number) => visitor.visit_u64(number),
        }
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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Decoder<'de> {
    pub(super) fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        Number::Double(self.reader.double()?).deserialize_any(visitor)
    }

    pub(super) fn bigint<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let number: BigInt = self.reader.bigint()?;
        if let Ok(number) = i64::try_from(&number) {
            visitor.visit_i64(number)
        } else if let Ok(number) = u64::try_from(&number) {
            visitor.visit_u64(number)
        } else if let Ok(number) = i128::try_from(&number) {
            visitor.visit_i128(number)
        } else {
            let number = u128::try_from(&number).map_err(serde::de::Error::custom)?;
            visitor.visit_u128(number)
        }
    }

    #[inline]
    pub(super) fn text<V: Visitor<'de>>(&self, text: Text<'de>, visitor: V) -> Result<V::Value, DecodeError> {
        match self.plain_text(text)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    /// Text that a `str` can hold.
    #[inline]
    pub(super) fn plain_text(&self, text: Text<'de>) -> Result<Cow<'de, str>, DecodeError> {
        let offset = self.reader.position();
        match text.to_text() {
            Some(text) => Ok(text),
            None => Err(DecodeError::LoneSurrogate { offset }),
        }
    }

    /// An object around a single value: that value.
    pub(super) fn wrapped<V: Visitor<'de>>(&mut self, tag: u8, visitor: V) -> Result<V::Value, DecodeError> {
        match tag {
            tag::DATE | tag::NUMBER_OBJECT => self.number(visitor),
            tag::TRUE_OBJECT => visitor.visit_bool(true),
            tag::FALSE_OBJECT => visitor.visit_bool(false),
            tag::BIG_INT_OBJECT => self.bigint(visitor),
            tag::STRING_OBJECT => {
                let text = self.reader.text()?;
                self.text(text, visitor)
            }
            tag::REG_EXP => {
                let source = self.reader.js_string()?;
                match RegExp::from_bits(source, self.reader.varint()?) {
                    Some(pattern) => visitor.visit_string(pattern.to_string()),
                    None => self.reader.unexpected("the flags of a regular expression"),
                }
            }
            _ => self.reader.unexpected("the tag of a value"),
        }
    }
}
