//! From a payload to a graph.
//!
//! The payload numbers its objects as they begin, and so do we: a number is known before its object is whole,
//! which is what lets an object lie within itself. An object of the host's takes a number of its own and is then the
//! plain object behind it, so a payload may have more numbers than the graph has objects.

use crate::array::Array;
use crate::error::DecodeError;
use crate::graph::{Graph, ObjectId, Value};
use crate::object::{ErrorKind, ErrorObject, Object, RegExp};
use crate::options::Options;
use crate::properties::{Key, Properties};
use crate::reader::{HostObject, Reader};
use crate::tag;
use crate::text::Text;
use crate::view::View;

pub(crate) fn decode(payload: &[u8], options: &Options) -> Result<Graph, DecodeError> {
    let mut decoder = Decoder {
        reader: Reader::new(payload, options)?,
        graph: Graph::new(),
        begun: Vec::new(),
    };
    let root = decoder.value()?;
    decoder.graph.set_root(root);
    Ok(decoder.graph)
}

struct Decoder<'de> {
    reader: Reader<'de>,
    graph: Graph,
    /// The object of each number of the payload; none while it is not known which it will be.
    begun: Vec<Option<ObjectId>>,
}

impl Decoder<'_> {
    fn value(&mut self) -> Result<Value, DecodeError> {
        self.reader.node()?;
        let tag = self.reader.tag()?;
        Ok(match tag {
            tag::UNDEFINED => Value::Undefined,
            tag::NULL => Value::Null,
            tag::TRUE => Value::Boolean(true),
            tag::FALSE => Value::Boolean(false),
            tag::INT32 => Value::Integer(self.reader.int32()?),
            tag::UINT32 => {
                let number = self.reader.varint()?;
                i32::try_from(number).map_or(Value::Number(number.into()), Value::Integer)
            }
            tag::DOUBLE => Value::Number(self.reader.double()?),
            tag::BIG_INT => Value::BigInt(self.reader.bigint()?),
            tag::REFERENCE => self.reference()?,
            _ => match self.reader.text_behind(tag)? {
                Some(text) => Value::String(text.to_js_string()),
                None => return self.object(tag),
            },
        })
    }

    fn reference(&mut self) -> Result<Value, DecodeError> {
        let found = self.reader.reference(self.begun.len())?;
        match self.begun[found as usize] {
            Some(id) => Ok(Value::Object(id)),
            None => self.reader.unexpected("an object that is known by now"),
        }
    }

    fn object(&mut self, tag: u8) -> Result<Value, DecodeError> {
        self.reader.enter()?;
        let value = match tag {
            tag::HOST_OBJECT => self.host_object()?,
            _ => {
                let id = self.begin();
                let object = self.object_behind(tag)?;
                self.whole(id, object)
            }
        };
        self.reader.leave();
        Ok(value)
    }

    /// Takes a place in the graph, and a number. `false` stands there until the object is whole.
    fn begin(&mut self) -> ObjectId {
        let id = self.graph.add(Object::Boolean(false));
        self.begun.push(Some(id));
        id
    }

    fn whole(&mut self, id: ObjectId, object: Object) -> Value {
        if let Some(place) = self.graph.object_mut(id) {
            *place = object;
        }
        Value::Object(id)
    }

    fn host_object(&mut self) -> Result<Value, DecodeError> {
        match self.reader.host_object()? {
            HostObject::View(kind, bytes) => {
                let id = self.begin();
                match View::new(kind, bytes) {
                    Some(view) => Ok(self.whole(id, Object::View(view))),
                    None => self.reader.unexpected("whole elements"),
                }
            }
            HostObject::Properties => {
                let number = self.begun.len();
                self.begun.push(None);
                match self.value()? {
                    Value::Object(id) => {
                        self.begun[number] = Some(id);
                        Ok(Value::Object(id))
                    }
                    _ => self.reader.unexpected("an object"),
                }
            }
        }
    }

    fn object_behind(&mut self, tag: u8) -> Result<Object, DecodeError> {
        Ok(match tag {
            tag::OBJECT => self.plain()?,
            tag::DENSE_ARRAY => self.dense_array()?,
            tag::SPARSE_ARRAY => self.sparse_array()?,
            tag::MAP => self.map()?,
            tag::SET => self.set()?,
            tag::ERROR => self.error()?,
            tag::DATE => Object::Date(self.reader.double()?),
            tag::TRUE_OBJECT => Object::Boolean(true),
            tag::FALSE_OBJECT => Object::Boolean(false),
            tag::NUMBER_OBJECT => Object::Number(self.reader.double()?),
            tag::BIG_INT_OBJECT => Object::BigInt(self.reader.bigint()?),
            tag::STRING_OBJECT => Object::String(self.reader.js_string()?),
            tag::REG_EXP => {
                let source = self.reader.js_string()?;
                match RegExp::from_bits(source, self.reader.varint()?) {
                    Some(pattern) => Object::RegExp(pattern),
                    None => return self.reader.unexpected("the flags of a regular expression"),
                }
            }
            tag::ARRAY_BUFFER => Object::ArrayBuffer(self.reader.array_buffer()?.into()),
            tag::RESIZABLE_ARRAY_BUFFER => {
                let (bytes, max_length) = self.reader.resizable_array_buffer()?;
                let bytes = bytes.into();
                Object::ResizableArrayBuffer { bytes, max_length }
            }
            _ => return self.reader.unexpected("the tag of a value"),
        })
    }

    /// Keys and values up to `end`, and their count.
    fn entries(&mut self, end: u8, into: &mut Vec<(Key, Value)>) -> Result<(), DecodeError> {
        let mut count = 0;
        while !self.reader.takes(end)? {
            let key = key(&mut self.reader)?;
            into.push((key, self.value()?));
            count += 1;
        }
        self.reader.count(count)
    }

    fn duplicate<T>(&self) -> Result<T, DecodeError> {
        Err(DecodeError::DuplicateKey {
            offset: self.reader.position(),
        })
    }

    fn plain(&mut self) -> Result<Object, DecodeError> {
        let mut entries = Vec::new();
        self.entries(tag::OBJECT_END, &mut entries)?;
        match Properties::from_entries(entries) {
            Ok(properties) => Ok(Object::Plain(properties)),
            Err(_) => self.duplicate(),
        }
    }

    fn dense_array(&mut self) -> Result<Object, DecodeError> {
        let length = self.reader.elements()?;
        let mut items = Vec::with_capacity(length as usize);
        // What follows a hole, and then what is no element.
        let mut rest = Vec::new();
        let mut has_hole = false;
        for index in 0..length {
            if self.reader.takes(tag::HOLE)? {
                has_hole = true;
            } else if has_hole {
                rest.push((Key::Index(index), self.value()?));
            } else {
                items.push(self.value()?);
            }
        }
        self.entries(tag::DENSE_ARRAY_END, &mut rest)?;
        self.array(length, items, rest)
    }

    fn sparse_array(&mut self) -> Result<Object, DecodeError> {
        let length = self.reader.varint()?;
        let mut entries = Vec::new();
        self.entries(tag::SPARSE_ARRAY_END, &mut entries)?;
        self.array(length, Vec::new(), entries)
    }

    fn array(&mut self, length: u32, items: Vec<Value>, rest: Vec<(Key, Value)>) -> Result<Object, DecodeError> {
        self.reader.count(length)?;
        match Array::from_parts(length, items, rest) {
            Some(array) => Ok(Object::Array(array)),
            None => self.duplicate(),
        }
    }

    fn map(&mut self) -> Result<Object, DecodeError> {
        let (mut entries, mut count) = (Vec::new(), 0);
        while !self.reader.takes(tag::MAP_END)? {
            entries.push((self.value()?, self.value()?));
            count += 2;
        }
        self.reader.count(count)?;
        Ok(Object::Map(entries))
    }

    fn set(&mut self) -> Result<Object, DecodeError> {
        let (mut items, mut count) = (Vec::new(), 0);
        while !self.reader.takes(tag::SET_END)? {
            items.push(self.value()?);
            count += 1;
        }
        self.reader.count(count)?;
        Ok(Object::Set(items))
    }

    /// The parts come in any order: V8 has changed it between versions.
    fn error(&mut self) -> Result<Object, DecodeError> {
        let mut error = ErrorObject::default();
        loop {
            match self.reader.byte()? {
                tag::error::MESSAGE => error.message = Some(self.reader.js_string()?),
                tag::error::STACK => error.stack = Some(self.reader.js_string()?),
                tag::error::CAUSE => error.cause = Some(self.value()?),
                tag::error::END => return Ok(error.into()),
                letter => match ErrorKind::from_letter(letter) {
                    Some(kind) => error.kind = kind,
                    None => return self.reader.unexpected("a part of an error"),
                },
            }
        }
    }
}

/// Reads the key of a property: a string, or a whole number.
pub(crate) fn key(reader: &mut Reader<'_>) -> Result<Key, DecodeError> {
    let tag = reader.tag()?;
    let number = match tag {
        tag::INT32 => reader.int32()?.into(),
        tag::UINT32 => reader.varint()?.into(),
        tag::DOUBLE => reader.double()?,
        _ => {
            return match reader.text_behind(tag)?.map(Text::to_js_string) {
                Some(text) => Ok(text.into()),
                None => reader.unexpected("a key: a string or a number"),
            };
        }
    };
    match Key::from_number(number) {
        Some(key) => Ok(key),
        None => reader.unexpected("a key that is a whole number"),
    }
}
