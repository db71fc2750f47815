//! Reads what bincode writes in its standard configuration: a value whose type says what stands where.
//!
//! ```text
//! u16 … u128, lengths   up to 250: a byte; else 251, 252, 253 or 254, and 2, 4, 8 or 16 bytes
//! i16 … i128            the same of 2n, or of -2n - 1 if it is negative
//! u8, i8, f32, f64      as they are
//! bool, option          0 or 1, and what is in it
//! char                  its UTF-8
//! text, bytes           length, bytes
//! sequence, map         count, elements
//! tuple, struct         elements
//! enum                  number of the variant, elements
//! ```
//!
//! The crate's own reader makes a text in memory that is zeroed first, and follows a value within a value as deep as a
//! peer likes, until the stack ends. Here a text is lent from the message and copied once, and [`DEPTH`] is the end.
//! Nothing is allocated before it is there; what a count announces, serde believes for 1 MiB at most.

use std::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// How deep values may lie in each other: twice as deep as in mode `json`, since here an option counts too.
const DEPTH: u32 = 256;
/// How many elements of no bytes a sequence may have: otherwise ten bytes could keep a reader for years.
const NOTHINGS: usize = 1 << 16;

/// What a number begins with that is no number itself.
const TWO_BYTES: u8 = 251;
const FOUR_BYTES: u8 = 252;
const EIGHT_BYTES: u8 = 253;
const SIXTEEN_BYTES: u8 = 254;

/// Reads a value that takes all the bytes.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    let mut reader = Reader { rest: bytes, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.rest.len() {
        0 => Ok(value),
        left => Err(ReadError::Behind { left }),
    }
}

/// Why bytes are not the value.
#[derive(Debug)]
pub(super) enum ReadError {
    /// They end within it.
    End {
        expected: usize,
        found: usize,
    },
    /// More stands behind it.
    Behind {
        left: usize,
    },
    /// A byte that cannot stand there.
    Byte {
        expected: &'static str,
        found: u8,
    },
    /// A text that is none.
    Text(std::str::Utf8Error),
    /// A length or count beyond what there can be.
    Length(u64),
    TooDeep,
    /// A type that wants to be told what comes next.
    Undescribed,
    /// What the type itself says.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End { expected, found } => write!(f, "expected {expected} more bytes, found {found}"),
            Self::Behind { left } => write!(f, "{left} bytes are left behind the value"),
            Self::Byte { expected, found } => write!(f, "expected {expected}, found the byte {found}"),
            Self::Text(error) => error.fmt(f),
            Self::Length(found) => write!(f, "expected no more elements than there are bytes, found {found}"),
            Self::TooDeep => write!(
                f,
                "expected values that lie in each other {DEPTH} deep at most, found more"
            ),
            Self::Undescribed => f.write_str("expected a type that says what it is made of: bincode does not"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::Other(what.to_string())
    }
}

/// What is not yet read.
struct Reader<'de> {
    rest: &'de [u8],
    depth: u32,
}

impl<'de> Reader<'de> {
    #[cold]
    fn end<T>(&self, expected: usize) -> Result<T, ReadError> {
        let found = self.rest.len();
        Err(ReadError::End { expected, found })
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return self.end(N);
        };
        self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    fn run(&mut self) -> Result<&'de [u8], ReadError> {
        let length = self.count()?;
        let Some((run, rest)) = self.rest.split_at_checked(length) else {
            return self.end(length);
        };
        self.rest = rest;
        Ok(run)
    }

    #[inline]
    fn text(&mut self) -> Result<&'de str, ReadError> {
        std::str::from_utf8(self.run()?).map_err(ReadError::Text)
    }

    /// A number that fits in so many bytes.
    #[inline]
    fn number<const WIDTH: usize>(&mut self) -> Result<u64, ReadError> {
        match self.bytes()? {
            [short] if short < TWO_BYTES => Ok(short.into()),
            [mark] => self.long_number(mark, WIDTH),
        }
    }

    fn long_number(&mut self, mark: u8, width: usize) -> Result<u64, ReadError> {
        match mark {
            TWO_BYTES => Ok(u16::from_le_bytes(self.bytes()?).into()),
            FOUR_BYTES if width >= 4 => Ok(u32::from_le_bytes(self.bytes()?).into()),
            EIGHT_BYTES if width >= 8 => Ok(u64::from_le_bytes(self.bytes()?)),
            found => Err(ReadError::Byte {
                expected: "a number of the type's width",
                found,
            }),
        }
    }

    fn longest_number(&mut self) -> Result<u128, ReadError> {
        if let [SIXTEEN_BYTES, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u128::from_le_bytes(self.bytes()?));
        }
        self.number::<8>().map(u128::from)
    }

    /// A length, or the count of a sequence.
    #[inline]
    fn count(&mut self) -> Result<usize, ReadError> {
        let count = self.number::<8>()?;
        usize::try_from(count).map_err(|_| ReadError::Length(count))
    }

    fn elements(&mut self) -> Result<usize, ReadError> {
        let count = self.count()?;
        if count > self.rest.len().max(NOTHINGS) {
            return Err(ReadError::Length(count as u64));
        }
        Ok(count)
    }

    fn is_one(&mut self, expected: &'static str) -> Result<bool, ReadError> {
        match self.bytes()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [found] => Err(ReadError::Byte { expected, found }),
        }
    }

    fn character(&mut self) -> Result<char, ReadError> {
        let first = self.rest.first().copied().unwrap_or_default();
        let width = match first {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        let Some((bytes, rest)) = self.rest.split_at_checked(width) else {
            return self.end(width);
        };
        self.rest = rest;
        let text = std::str::from_utf8(bytes).map_err(ReadError::Text)?;
        text.chars().next().ok_or(ReadError::Undescribed)
    }

    /// Reads something that values lie in.
    #[inline]
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Result<T, ReadError> {
        if self.depth == DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}

/// A number of its own width, and a signed one: even for what is not negative.
macro_rules! numbers {
    ($($deserialize:ident $visit:ident $width:literal $unsigned:ident $signed:ident $deserialize_signed:ident $visit_signed:ident),*) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            visitor.$visit(self.number::<$width>()? as $unsigned)
        }

        #[inline]
        fn $deserialize_signed<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let number = self.number::<$width>()?;
            let half = (number >> 1) as $signed;
            visitor.$visit_signed(if number & 1 == 0 { half } else { !half })
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = ReadError;

    numbers! {
        deserialize_u16 visit_u16 2 u16 i16 deserialize_i16 visit_i16,
        deserialize_u32 visit_u32 4 u32 i32 deserialize_i32 visit_i32,
        deserialize_u64 visit_u64 8 u64 i64 deserialize_i64 visit_i64
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_u128(self.longest_number()?)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let number = self.longest_number()?;
        let half = (number >> 1) as i128;
        visitor.visit_i128(if number & 1 == 0 { half } else { !half })
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_u8(u8::from_le_bytes(self.bytes()?))
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_i8(i8::from_le_bytes(self.bytes()?))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f32(f32::from_le_bytes(self.bytes()?))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(f64::from_le_bytes(self.bytes()?))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_bool(self.is_one("a truth, 0 or 1")?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_char(self.character()?)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_bytes(self.run()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_bytes(self.run()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.is_one("an option, 0 or 1")? {
            true => self.within(|reader| visitor.visit_some(reader)),
            false => visitor.visit_none(),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        // It cannot lie in itself unless something else does that is counted.
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let count = self.elements()?;
        self.deserialize_tuple(count, visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.within(|reader| visitor.visit_seq(Elements { reader, left: count }))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let left = self.elements()?;
        self.within(|reader| visitor.visit_map(Elements { reader, left }))
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.within(|reader| visitor.visit_enum(reader))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ReadError> {
        Err(ReadError::Undescribed)
    }

    serde::forward_to_deserialize_any! { identifier ignored_any }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements of a sequence, or the entries of a map, that are left.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = ReadError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let number = self.number::<4>()? as u32;
        let number: U32Deserializer<ReadError> = number.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, ReadError> {
        // The enum has been counted.
        visitor.visit_seq(Elements { reader: self, left })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.tuple_variant(fields.len(), visitor)
    }
}
