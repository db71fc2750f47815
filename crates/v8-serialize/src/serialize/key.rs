//! The keys of a plain object: text, or what JavaScript would make text of.

use serde::ser::Impossible;
use serde::{Serialize, Serializer};

use crate::encode::index_key;
use crate::error::EncodeError;
use crate::properties::Key;
use crate::writer::Writer;

/// Takes what can be a key, and refuses the rest.
pub(super) struct KeySerializer<'w, 'out>(pub(super) &'w mut Writer<'out>);

impl KeySerializer<'_, '_> {
    /// Writes a key, an index as Node writes it.
    #[inline]
    pub(super) fn text(self, text: &str) -> Result<(), EncodeError> {
        match Key::index(text) {
            Some(index) => index_key(self.0, index),
            None => self.0.text(text.into()),
        }
    }
}

fn refused<T>(found: &'static str) -> Result<T, EncodeError> {
    Err(EncodeError::Key { found })
}

macro_rules! as_text {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, key: $type) -> Result<(), EncodeError> {
            self.text(&key.to_string())
        })*
    };
}

impl Serializer for KeySerializer<'_, '_> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Impossible<(), EncodeError>;
    type SerializeTuple = Impossible<(), EncodeError>;
    type SerializeTupleStruct = Impossible<(), EncodeError>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Impossible<(), EncodeError>;
    type SerializeStruct = Impossible<(), EncodeError>;
    type SerializeStructVariant = Impossible<(), EncodeError>;

    /// Keys are text: an address as one is `"127.0.0.1"`.
    fn is_human_readable(&self) -> bool {
        true
    }

    as_text! {
        serialize_bool: bool, serialize_char: char,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    fn serialize_str(self, key: &str) -> Result<(), EncodeError> {
        self.text(key)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, key: &T) -> Result<(), EncodeError> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<(), EncodeError> {
        key.serialize(self)
    }

    fn serialize_f32(self, _: f32) -> Result<(), EncodeError> {
        refused("a float")
    }

    fn serialize_f64(self, _: f64) -> Result<(), EncodeError> {
        refused("a float")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), EncodeError> {
        refused("bytes")
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        refused("nothing")
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        refused("a unit")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        refused("a unit")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), EncodeError> {
        refused("a variant that holds something")
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        refused("a sequence")
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, EncodeError> {
        refused("a tuple")
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        refused("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        refused("a variant that holds something")
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        refused("a map")
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self::SerializeStruct, EncodeError> {
        refused("a struct")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        refused("a variant that holds something")
    }
}
