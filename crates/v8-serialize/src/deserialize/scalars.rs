//! Values without parts, and the objects that only wrap one.

use std::borrow::Cow;

use serde::de::Visitor;

use super::Decoder;
use crate::bigint::BigInt;
use crate::error::DecodeError;
use crate::object::RegExp;
use crate::tag;
use crate::text::Text;

/// What every integer below is exact in a double for.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

impl<'de> Decoder<'de> {
    /// A double that is an integer is given as one: JavaScript knows no other, and a type that buffers its value could
    /// not read 2³¹ as an integer later.
    pub(super) fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let number = self.reader.double()?;
        let is_negative_zero = number == 0.0 && number.is_sign_negative();
        if number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER && !is_negative_zero {
            visitor.visit_i64(number as i64)
        } else {
            visitor.visit_f64(number)
        }
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
        text.to_text().ok_or_else(|| DecodeError::LoneSurrogate { offset })
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
