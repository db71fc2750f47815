//! A buffer as serde sees it: in texts Node's `{"type":"Buffer","data":[…]}`, in binary formats bytes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::buffer::Buffer;

/// What may be set aside for bytes on the word of a length that has come from outside; the rest grows with the bytes.
const TRUSTED: usize = 4096;

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self);
        }
        let mut object = serializer.serialize_struct("Buffer", 2)?;
        object.serialize_field("type", "Buffer")?;
        object.serialize_field("data", &self[..])?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_struct("Buffer", &["type", "data"], BufferVisitor)
        } else {
            deserializer.deserialize_byte_buf(BufferVisitor)
        }
    }
}

struct BufferVisitor;

impl<'de> Visitor<'de> for BufferVisitor {
    type Value = Buffer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, or an object with the type \"Buffer\" and the data")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Buffer, E> {
        Ok(Buffer::from_bytes(bytes))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Buffer, A::Error> {
        let mut data = Vec::with_capacity(bytes.size_hint().unwrap_or(0).min(TRUSTED));
        while let Some(byte) = bytes.next_element()? {
            data.push(byte);
        }
        Ok(data.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Buffer, A::Error> {
        let (mut is_buffer, mut data) = (false, None);
        while let Some(name) = fields.next_key::<Cow<'_, str>>()? {
            match &*name {
                "type" => {
                    let found: Cow<'_, str> = fields.next_value()?;
                    if found != "Buffer" {
                        return Err(A::Error::invalid_value(Unexpected::Str(&found), &"the type \"Buffer\""));
                    }
                    is_buffer = true;
                }
                "data" => data = Some(fields.next_value::<Data>()?.0),
                other => return Err(A::Error::unknown_field(other, &["type", "data"])),
            }
        }
        if !is_buffer {
            return Err(A::Error::missing_field("type"));
        }
        data.ok_or_else(|| A::Error::missing_field("data"))
    }
}

/// The bytes of the object, as a list.
struct Data(Buffer);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BufferVisitor).map(Self)
    }
}
