//! An error as a map of `name`, `message`, `stack` and `cause`: those that there are, and the name always.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, Visitor};

use super::Decoder;
use crate::error::DecodeError;
use crate::object::ErrorKind;
use crate::tag;

impl<'de> Decoder<'de> {
    pub(super) fn error<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut parts = Parts {
            decoder: self,
            kind: ErrorKind::Error,
            next: Part::Name,
        };
        // The letter of its kind comes first; a plain error has none.
        let letter = parts.decoder.reader.peek_byte()?;
        if let Some(kind) = ErrorKind::from_letter(letter) {
            parts.decoder.reader.byte()?;
            parts.kind = kind;
        }
        let value = visitor.visit_map(&mut parts)?;
        match parts.next {
            Part::End => Ok(value),
            _ => self.reader.unexpected("the end of the error"),
        }
    }
}

struct Parts<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    kind: ErrorKind,
    next: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Name,
    /// What the next letter says.
    Letter,
    End,
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let name = match self.next {
            Part::Name => "name",
            Part::End => return Ok(None),
            Part::Letter => match self.decoder.reader.byte()? {
                tag::error::MESSAGE => "message",
                tag::error::STACK => "stack",
                tag::error::CAUSE => "cause",
                tag::error::END => {
                    self.next = Part::End;
                    return Ok(None);
                }
                _ => return self.decoder.reader.unexpected("a part of an error"),
            },
        };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.next {
            Part::Name => {
                self.next = Part::Letter;
                seed.deserialize(BorrowedStrDeserializer::new(self.kind.name()))
            }
            _ => seed.deserialize(&mut *self.decoder),
        }
    }
}
