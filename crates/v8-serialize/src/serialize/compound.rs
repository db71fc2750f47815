//! Arrays and objects, written as their items come.
//!
//! An array says its length first. A sequence that does not know its own leaves five bytes for it, which any length
//! fits into: every reader takes a number that is longer than it need be, and nothing has to be moved.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};

use super::key::KeySerializer;
use super::{announced, miscounted};
use crate::error::EncodeError;
use crate::tag;
use crate::writer::Writer;

/// An array that has begun.
pub(crate) struct Items<'w, 'out> {
    writer: &'w mut Writer<'out>,
    length: Length,
    count: u32,
}

enum Length {
    Announced(u32),
    /// Where it goes.
    Open(usize),
}

impl<'w, 'out> Items<'w, 'out> {
    pub(super) fn begin(writer: &'w mut Writer<'out>, length: Option<usize>) -> Result<Self, EncodeError> {
        writer.enter()?;
        writer.tag(tag::DENSE_ARRAY)?;
        let length = match announced(length)? {
            Some(length) => {
                writer.varint(length);
                Length::Announced(length)
            }
            None => Length::Open(writer.open_length()),
        };
        Ok(Self {
            writer,
            length,
            count: 0,
        })
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.count = self
            .count
            .checked_add(1)
            .ok_or(EncodeError::TooLong { found: 1 << 32 })?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<&'w mut Writer<'out>, EncodeError> {
        match self.length {
            Length::Announced(length) if length != self.count => return Err(miscounted(length, self.count)),
            Length::Announced(_) => {}
            Length::Open(place) => self.writer.fill_length(place, self.count),
        }
        self.writer.tag(tag::DENSE_ARRAY_END)?;
        self.writer.varint(0);
        self.writer.varint(self.count);
        self.writer.leave();
        Ok(self.writer)
    }
}

/// A plain object that has begun.
pub(crate) struct Entries<'w, 'out> {
    writer: &'w mut Writer<'out>,
    count: u32,
}

impl<'w, 'out> Entries<'w, 'out> {
    pub(super) fn begin(writer: &'w mut Writer<'out>) -> Result<Self, EncodeError> {
        writer.enter()?;
        writer.tag(tag::OBJECT)?;
        Ok(Self { writer, count: 0 })
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        KeySerializer(&mut *self.writer).text(name)?;
        self.value(value)
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.count = self
            .count
            .checked_add(1)
            .ok_or(EncodeError::TooLong { found: 1 << 32 })?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<&'w mut Writer<'out>, EncodeError> {
        self.writer.tag(tag::OBJECT_END)?;
        self.writer.varint(self.count);
        self.writer.leave();
        Ok(self.writer)
    }
}

impl SerializeSeq for Items<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close().map(drop)
    }
}

impl SerializeTuple for Items<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close().map(drop)
    }
}

impl SerializeTupleStruct for Items<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close().map(drop)
    }
}

impl SerializeTupleVariant for Items<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()?.close_variant()
    }
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        key.serialize(KeySerializer(&mut *self.writer))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.value(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close().map(drop)
    }
}

impl SerializeStruct for Entries<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close().map(drop)
    }
}

impl SerializeStructVariant for Entries<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()?.close_variant()
    }
}
