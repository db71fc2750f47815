//! Plain objects and Maps, entry by entry.

use serde::de::{DeserializeSeed, MapAccess, Visitor};

use super::Decoder;
use crate::error::DecodeError;
use crate::tag;

impl<'de> Decoder<'de> {
    pub(super) fn plain<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut entries = Entries::new(self, tag::OBJECT_END);
        let value = visitor.visit_map(&mut entries)?;
        let count = entries.finish()?;
        self.reader.count(count)?;
        Ok(value)
    }

    /// The count of a Map is that of its keys and its values.
    pub(super) fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let mut entries = Entries::new(self, tag::MAP_END);
        let value = visitor.visit_map(&mut entries)?;
        let count = entries.finish()?;
        self.reader.count(count.wrapping_mul(2))?;
        Ok(value)
    }
}

/// The entries that are left, up to the tag that ends them.
struct Entries<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    end: u8,
    count: u32,
    has_ended: bool,
}

impl<'a, 'de> Entries<'a, 'de> {
    fn new(decoder: &'a mut Decoder<'de>, end: u8) -> Self {
        Self {
            decoder,
            end,
            count: 0,
            has_ended: false,
        }
    }

    /// How many there were. A type that stops before the end has not read what was sent.
    fn finish(self) -> Result<u32, DecodeError> {
        if !self.has_ended && !self.decoder.reader.takes(self.end)? {
            self.decoder.reader.byte()?;
            return self.decoder.reader.unexpected("the end of the object");
        }
        Ok(self.count)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        if self.decoder.reader.takes(self.end)? {
            self.has_ended = true;
            return Ok(None);
        }
        self.count += 1;
        match self.end {
            tag::MAP_END => seed.deserialize(&mut *self.decoder).map(Some),
            _ => self.decoder.key_for(seed).map(Some),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(&mut *self.decoder)
    }
}
