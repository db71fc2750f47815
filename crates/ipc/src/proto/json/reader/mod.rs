//! Reads a JSON text as `serde_json` does, and long strings more than twice as fast.
//!
//! Rule: what `serde_json` accepts is accepted, as the same value; what it refuses is refused. Two exceptions: the whole
//! text must be UTF-8, what is passed over included; and a program that builds `serde_json` with `arbitrary_precision` gets
//! its numbers as `u64`, `i64` or `f64` all the same.
//!
//! Plan: the text is looked at as UTF-8 once, so that every piece of it is a `str` without another look. The end of a string
//! is found by `memchr`, 32 bytes at a time, and a string without escapes is lent. What lies in each other is followed
//! [`DEPTH`] deep, so that no text ends the stack; what is passed over needs no stack, and may lie as deep as it likes.
//!
//! In Node: `JSON.parse`, which takes numbers beyond 1e308 for infinite, and lone surrogates; a Rust string cannot hold those.

mod access;
mod scan;

use std::fmt;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use access::{Elements, Variant};
use scan::Number;

/// How deep values may lie in each other, as for `serde_json`.
const DEPTH: u8 = 127;

/// What `serde_json` calls a text that is to stay as it is, when it asks for one.
const RAW: &str = "$serde_json::private::RawValue";

/// Reads a value that takes the whole text.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(bytes: &'de [u8], seed: S) -> Result<S::Value, ReadError> {
    let mut reader = Reader {
        text: text_of(bytes)?,
        at: 0,
        depth: 0,
        scratch: String::new(),
    };
    let value = seed.deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => reader.expected("the end of the text"),
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, ReadError> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| ReadError("expected a text in UTF-8".to_owned()))
}

/// Why a text is not the value.
#[derive(Debug)]
pub(crate) struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(what.to_string())
    }
}

/// A text, and how far it has been read.
pub(super) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
    /// Where a string with escapes is put together.
    scratch: String,
}

/// A string: as it stands in the text, or put together.
pub(super) enum Text<'de, 'a> {
    Lent(&'de str),
    Made(&'a str),
}

impl<'de> Reader<'de> {
    #[cold]
    fn expected<T>(&self, what: &str) -> Result<T, ReadError> {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => format!("{found:?}"),
            None => "the end of the text".to_owned(),
        };
        Err(ReadError(format!("expected {what} at byte {}, found {found}", self.at)))
    }

    /// Reads something that values lie in.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Result<T, ReadError> {
        if self.depth == DEPTH {
            return self.expected("values that lie in each other 127 deep at most");
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, ReadError> {
        self.within(|reader| {
            reader.at += 1;
            let value = visitor.visit_seq(Elements::new(reader))?;
            reader.take(b']', "the end of the list").map(|()| value)
        })
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, ReadError> {
        self.within(|reader| {
            reader.at += 1;
            let value = visitor.visit_map(Elements::new(reader))?;
            reader.take(b'}', "the end of the object").map(|()| value)
        })
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, ReadError> {
        match self.take_number()? {
            (Number::Positive(number), _) => visitor.visit_u64(number),
            (Number::Negative(number), _) => visitor.visit_i64(number),
            (Number::Float, token) => visitor.visit_f64(self.float(token)?),
        }
    }

    /// A number as its type reads it.
    fn parsed<T: std::str::FromStr>(&self, token: &str) -> Result<T, ReadError> {
        token
            .parse()
            .or_else(|_| self.expected("a number that its type can hold before this"))
    }

    fn float(&self, token: &str) -> Result<f64, ReadError> {
        let number: f64 = self.parsed(token)?;
        if number.is_infinite() {
            return self.expected("a finite number before this");
        }
        Ok(number)
    }

    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, ReadError> {
        match self.take_string()? {
            Text::Lent(text) => visitor.visit_borrowed_str(text),
            Text::Made(text) => visitor.visit_str(text),
        }
    }

    fn is_number(&mut self) -> bool {
        matches!(self.peek(), Some(b'-' | b'0'..=b'9'))
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.peek() {
            Some(b'"') => self.string(visitor),
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.list(visitor),
            Some(b'-' | b'0'..=b'9') => self.number(visitor),
            Some(b'n') => self.take_word("null").and_then(|()| visitor.visit_unit()),
            Some(b't') => self.take_word("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.take_word("false").and_then(|()| visitor.visit_bool(false)),
            _ => self.expected("a value"),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if !self.is_number() {
            return self.deserialize_any(visitor);
        }
        // By way of an f64 it would be rounded twice.
        let (_, token) = self.take_number()?;
        let number: f32 = self.parsed(token)?;
        if number.is_infinite() {
            return self.expected("a finite number before this");
        }
        visitor.visit_f32(number)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if !self.is_number() {
            return self.deserialize_any(visitor);
        }
        let (_, token) = self.take_number()?;
        visitor.visit_i128(self.parsed(token)?)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if !self.is_number() {
            return self.deserialize_any(visitor);
        }
        let (_, token) = self.take_number()?;
        visitor.visit_u128(self.parsed(token)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.peek() {
            Some(b'n') => self.take_word("null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        _ = self.peek();
        let start = self.at;
        self.pass_over()?;
        let raw: StrDeserializer<'_, ReadError> = StrDeserializer::new(&self.text[start..self.at]);
        visitor.visit_map(MapDeserializer::new([(RAW, raw)].into_iter()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.peek() {
            Some(b'"') => visitor.visit_enum(Variant {
                reader: self,
                has_value: false,
            }),
            Some(b'{') => self.within(|reader| {
                reader.at += 1;
                let value = visitor.visit_enum(Variant {
                    reader,
                    has_value: true,
                })?;
                reader.take(b'}', "the end of the object").map(|()| value)
            }),
            _ => self.expected("a variant: a string, or an object of one member"),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.pass_over()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier
    }
}
