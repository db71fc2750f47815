//! From a graph to a payload: what Node writes for the same value.
//!
//! An object is written where it is first met, and is a number from then on. Objects that the value does not lead to
//! are not written.

use crate::array::Array;
use crate::error::EncodeError;
use crate::graph::{Graph, ObjectId, Value};
use crate::object::{ErrorObject, Object};
use crate::options::Options;
use crate::properties::{Key, Properties};
use crate::tag;
use crate::writer::{Writer, checked};

pub(crate) fn encode(graph: &Graph, out: &mut Vec<u8>, options: &Options) -> Result<(), EncodeError> {
    let start = out.len();
    let mut encoder = Encoder {
        writer: Writer::new(out, options),
        graph,
        numbers: vec![None; graph.object_count()],
        begun: 0,
    };
    let written = encoder.value(graph.root_value());
    let written = written.and_then(|()| encoder.writer.finish());
    written.inspect_err(|_| out.truncate(start))
}

struct Encoder<'out, 'graph> {
    writer: Writer<'out>,
    graph: &'graph Graph,
    /// The number in the payload of each object that has begun.
    numbers: Vec<Option<u32>>,
    begun: u32,
}

impl Encoder<'_, '_> {
    fn value(&mut self, value: &Value) -> Result<(), EncodeError> {
        match value {
            Value::Undefined => self.writer.tag(tag::UNDEFINED),
            Value::Null => self.writer.tag(tag::NULL),
            Value::Boolean(true) => self.writer.tag(tag::TRUE),
            Value::Boolean(false) => self.writer.tag(tag::FALSE),
            Value::Integer(number) => self.writer.int32(*number),
            Value::Number(number) => self.writer.double(tag::DOUBLE, *number),
            Value::BigInt(number) => self.writer.bigint(tag::BIG_INT, number),
            Value::String(text) => self.writer.text(text.into()),
            Value::Object(id) => self.reference(*id),
        }
    }

    fn reference(&mut self, id: ObjectId) -> Result<(), EncodeError> {
        let Some(object) = self.graph.object(id) else {
            let known = self.graph.object_count();
            return Err(EncodeError::UnknownObject { known, found: id.0 });
        };
        if let Some(number) = self.numbers[id.0] {
            self.writer.tag(tag::REFERENCE)?;
            self.writer.varint(number);
            return Ok(());
        }
        self.numbers[id.0] = Some(self.begun);
        self.begun += 1;
        self.writer.enter()?;
        self.object(object)?;
        self.writer.leave();
        Ok(())
    }

    fn object(&mut self, object: &Object) -> Result<(), EncodeError> {
        match object {
            Object::Plain(properties) => {
                self.writer.tag(tag::OBJECT)?;
                self.properties(properties, tag::OBJECT_END)
            }
            Object::Array(array) => self.array(array),
            Object::Date(time) => self.writer.double(tag::DATE, *time),
            Object::Boolean(true) => self.writer.tag(tag::TRUE_OBJECT),
            Object::Boolean(false) => self.writer.tag(tag::FALSE_OBJECT),
            Object::Number(number) => self.writer.double(tag::NUMBER_OBJECT, *number),
            Object::BigInt(number) => self.writer.bigint(tag::BIG_INT_OBJECT, number),
            Object::String(text) => {
                self.writer.tag(tag::STRING_OBJECT)?;
                self.writer.text(text.into())
            }
            Object::RegExp(pattern) => {
                self.writer.tag(tag::REG_EXP)?;
                self.writer.text(pattern.source().into())?;
                self.writer.varint(pattern.bits());
                Ok(())
            }
            Object::Map(entries) => self.map(entries),
            Object::Set(items) => self.set(items),
            Object::Error(error) => self.error(error),
            Object::ArrayBuffer(bytes) => self.writer.bytes(tag::ARRAY_BUFFER, bytes),
            Object::ResizableArrayBuffer { bytes, max_length } => {
                self.writer.resizable_array_buffer(bytes, *max_length)
            }
            Object::View(view) => self.writer.view(view.kind(), view.bytes()),
        }
    }

    /// Keys and values, `end`, and their count.
    fn properties(&mut self, properties: &Properties, end: u8) -> Result<(), EncodeError> {
        for (key, value) in properties.iter() {
            match key {
                Key::Index(index) => index_key(&mut self.writer, *index)?,
                Key::Name(name) => self.writer.text(name.into())?,
            }
            self.value(value)?;
        }
        self.writer.tag(end)?;
        self.writer.varint(checked(properties.len())?);
        Ok(())
    }

    fn array(&mut self, array: &Array) -> Result<(), EncodeError> {
        let end = match array.items() {
            Some(items) => {
                self.writer.tag(tag::DENSE_ARRAY)?;
                self.writer.varint(array.len());
                items.iter().try_for_each(|item| self.value(item))?;
                tag::DENSE_ARRAY_END
            }
            None => {
                self.writer.tag(tag::SPARSE_ARRAY)?;
                self.writer.varint(array.len());
                tag::SPARSE_ARRAY_END
            }
        };
        self.properties(array.properties(), end)?;
        self.writer.varint(array.len());
        Ok(())
    }

    fn map(&mut self, entries: &[(Value, Value)]) -> Result<(), EncodeError> {
        self.writer.tag(tag::MAP)?;
        for (key, value) in entries {
            self.value(key)?;
            self.value(value)?;
        }
        self.writer.tag(tag::MAP_END)?;
        self.writer.varint(checked(entries.len() * 2)?);
        Ok(())
    }

    fn set(&mut self, items: &[Value]) -> Result<(), EncodeError> {
        self.writer.tag(tag::SET)?;
        items.iter().try_for_each(|item| self.value(item))?;
        self.writer.tag(tag::SET_END)?;
        self.writer.varint(checked(items.len())?);
        Ok(())
    }

    fn error(&mut self, error: &ErrorObject) -> Result<(), EncodeError> {
        self.writer.tag(tag::ERROR)?;
        if let Some(letter) = error.kind.letter() {
            self.writer.tag(letter)?;
        }
        if let Some(message) = &error.message {
            self.writer.tag(tag::error::MESSAGE)?;
            self.writer.text(message.into())?;
        }
        if let Some(cause) = &error.cause {
            self.writer.tag(tag::error::CAUSE)?;
            self.value(cause)?;
        }
        if let Some(stack) = &error.stack {
            self.writer.tag(tag::error::STACK)?;
            self.writer.text(stack.into())?;
        }
        self.writer.tag(tag::error::END)
    }
}

/// Writes an index as V8 does: as an integer of 32 bits while it is one.
pub(crate) fn index_key(writer: &mut Writer<'_>, index: u32) -> Result<(), EncodeError> {
    match i32::try_from(index) {
        Ok(index) => writer.int32(index),
        Err(_) => writer.double(tag::DOUBLE, index.into()),
    }
}
