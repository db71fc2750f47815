//! From any serde type to a payload, without a graph between.
//!
//! What a type says becomes the object that a Node program would have made of it:
//!
//! | serde | JavaScript |
//! | --- | --- |
//! | struct, map | a plain object; keys that are numbers, booleans or characters become their text |
//! | sequence, tuple | an array |
//! | bytes | a `Buffer` |
//! | integer up to 2⁵³ - 1, either sign; float | a number |
//! | any other integer | a BigInt |
//! | `()`, unit struct, `None` | `null` |
//! | enum | as in JSON: `"Unit"`, `{"Newtype": value}`, `{"Tuple": […]}`, `{"Struct": {…}}` |
//!
//! An entry of a map is written where the map has it. A key twice is written twice, and Node does not read that.

mod compound;
mod key;

use serde::{Serialize, Serializer, ser};

use crate::bigint::BigInt;
use crate::error::EncodeError;
use crate::options::Options;
use crate::tag;
use crate::view::ViewKind;
use crate::writer::{SMALL, Writer, checked};
use compound::{Entries, Items};

/// The greatest integer that a double, and all below it, is exact for: JavaScript's `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Writes a value as a payload of its own.
///
/// ```
/// use ferronode_v8_serialize::{Options, to_vec};
///
/// assert_eq!(to_vec(&("a", 1), &Options::default())?, b"\xff\x0fA\x02\"\x01aI\x02$\x00\x02");
/// # Ok::<(), ferronode_v8_serialize::EncodeError>(())
/// ```
///
/// # Errors
///
/// [`EncodeError`]: a bound of `options` is passed, a map has keys that are no text, or the value refuses.
#[doc(alias = "serialize")]
pub fn to_vec<T: Serialize + ?Sized>(value: &T, options: &Options) -> Result<Vec<u8>, EncodeError> {
    let mut payload = Vec::with_capacity(SMALL);
    to_extend(&mut payload, value, options)?;
    Ok(payload)
}

/// Writes a value as a payload behind what `out` holds, such as the length of a frame. On an error `out` is as it was.
///
/// # Errors
///
/// As [`to_vec`].
pub fn to_extend<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T, options: &Options) -> Result<(), EncodeError> {
    let start = out.len();
    let mut writer = Writer::new(out, options);
    let written = value.serialize(&mut writer);
    let written = written.and_then(|()| writer.finish());
    written.inspect_err(|_| out.truncate(start))
}

impl Writer<'_> {
    fn unsigned(&mut self, number: u64) -> Result<(), EncodeError> {
        match i32::try_from(number) {
            Ok(small) => self.int32(small),
            Err(_) if number <= MAX_SAFE_INTEGER => self.double(tag::DOUBLE, number as f64),
            Err(_) => self.bigint(tag::BIG_INT, &number.into()),
        }
    }

    fn signed(&mut self, number: i64) -> Result<(), EncodeError> {
        match i32::try_from(number) {
            Ok(small) => self.int32(small),
            Err(_) if number.unsigned_abs() <= MAX_SAFE_INTEGER => self.double(tag::DOUBLE, number as f64),
            Err(_) => self.bigint(tag::BIG_INT, &number.into()),
        }
    }

    /// Begins an object of one entry, which is how a variant that holds something is written.
    fn open_variant(&mut self, variant: &str) -> Result<(), EncodeError> {
        self.enter()?;
        self.tag(tag::OBJECT)?;
        self.text(variant.into())
    }

    fn close_variant(&mut self) -> Result<(), EncodeError> {
        self.tag(tag::OBJECT_END)?;
        self.varint(1);
        self.leave();
        Ok(())
    }
}

impl<'w, 'out> Serializer for &'w mut Writer<'out> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Items<'w, 'out>;
    type SerializeTuple = Items<'w, 'out>;
    type SerializeTupleStruct = Items<'w, 'out>;
    type SerializeTupleVariant = Items<'w, 'out>;
    type SerializeMap = Entries<'w, 'out>;
    type SerializeStruct = Entries<'w, 'out>;
    type SerializeStructVariant = Entries<'w, 'out>;

    /// Bytes stay bytes here, and a `Buffer` a Buffer.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.tag(if value { tag::TRUE } else { tag::FALSE })
    }

    fn serialize_i8(self, number: i8) -> Result<(), EncodeError> {
        self.int32(number.into())
    }

    fn serialize_i16(self, number: i16) -> Result<(), EncodeError> {
        self.int32(number.into())
    }

    fn serialize_i32(self, number: i32) -> Result<(), EncodeError> {
        self.int32(number)
    }

    fn serialize_i64(self, number: i64) -> Result<(), EncodeError> {
        self.signed(number)
    }

    fn serialize_i128(self, number: i128) -> Result<(), EncodeError> {
        match i64::try_from(number) {
            Ok(number) => self.signed(number),
            Err(_) => self.bigint(tag::BIG_INT, &number.into()),
        }
    }

    fn serialize_u8(self, number: u8) -> Result<(), EncodeError> {
        self.int32(number.into())
    }

    fn serialize_u16(self, number: u16) -> Result<(), EncodeError> {
        self.int32(number.into())
    }

    fn serialize_u32(self, number: u32) -> Result<(), EncodeError> {
        self.unsigned(number.into())
    }

    fn serialize_u64(self, number: u64) -> Result<(), EncodeError> {
        self.unsigned(number)
    }

    fn serialize_u128(self, number: u128) -> Result<(), EncodeError> {
        match u64::try_from(number) {
            Ok(number) => self.unsigned(number),
            Err(_) => self.bigint(tag::BIG_INT, &BigInt::from(number)),
        }
    }

    fn serialize_f32(self, number: f32) -> Result<(), EncodeError> {
        self.double(tag::DOUBLE, number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), EncodeError> {
        self.double(tag::DOUBLE, number)
    }

    fn serialize_char(self, character: char) -> Result<(), EncodeError> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), EncodeError> {
        self.text(text.into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.enter()?;
        self.view(ViewKind::Buffer, bytes)?;
        self.leave();
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.tag(tag::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.tag(tag::NULL)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.tag(tag::NULL)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.text(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.close_variant()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'w, 'out>, EncodeError> {
        Items::begin(self, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'w, 'out>, EncodeError> {
        Items::begin(self, Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Items<'w, 'out>, EncodeError> {
        Items::begin(self, Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'w, 'out>, EncodeError> {
        self.open_variant(variant)?;
        Items::begin(self, Some(length))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Entries<'w, 'out>, EncodeError> {
        Entries::begin(self)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Entries<'w, 'out>, EncodeError> {
        Entries::begin(self)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Entries<'w, 'out>, EncodeError> {
        self.open_variant(variant)?;
        Entries::begin(self)
    }
}

/// A length as the format says it, or why not.
fn announced(length: Option<usize>) -> Result<Option<u32>, EncodeError> {
    length.map(checked).transpose()
}

/// A sequence has said how many items it has, and had another number.
fn miscounted(announced: u32, found: u32) -> EncodeError {
    ser::Error::custom(format_args!("expected {announced} items, found {found}"))
}
