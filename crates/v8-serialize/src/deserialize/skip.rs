//! Passing over what nobody has asked for. It is checked all the same, and its objects have their numbers.

use super::Decoder;
use crate::error::DecodeError;
use crate::object::ErrorKind;
use crate::reader::HostObject;
use crate::tag;

impl Decoder<'_> {
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        self.reader.node()?;
        let tag = self.reader.tag()?;
        match tag {
            tag::UNDEFINED | tag::NULL | tag::TRUE | tag::FALSE => Ok(()),
            tag::INT32 | tag::UINT32 => self.reader.varint().map(drop),
            tag::DOUBLE => self.reader.double().map(drop),
            tag::BIG_INT => self.reader.bigint().map(drop),
            tag::REFERENCE => self.reader.reference(self.begun.len()).map(drop),
            _ => match self.reader.text_behind(tag)? {
                Some(_) => Ok(()),
                None => self.within(|decoder| decoder.skip_object(tag)),
            },
        }
    }

    fn skip_object(&mut self, tag: u8) -> Result<(), DecodeError> {
        match tag {
            tag::OBJECT => self.skip_entries(tag::OBJECT_END),
            tag::DENSE_ARRAY => self.skip_dense_array(),
            tag::SPARSE_ARRAY => {
                let length = self.reader.varint()?;
                self.skip_entries(tag::SPARSE_ARRAY_END)?;
                self.reader.count(length)
            }
            tag::MAP => self.skip_items(tag::MAP_END),
            tag::SET => self.skip_items(tag::SET_END),
            tag::ERROR => self.skip_error(),
            tag::HOST_OBJECT => match self.reader.host_object()? {
                HostObject::View(..) => Ok(()),
                HostObject::Properties => self.skip(),
            },
            tag::ARRAY_BUFFER => self.reader.array_buffer().map(drop),
            tag::RESIZABLE_ARRAY_BUFFER => self.reader.resizable_array_buffer().map(drop),
            tag::DATE | tag::NUMBER_OBJECT => self.reader.double().map(drop),
            tag::TRUE_OBJECT | tag::FALSE_OBJECT => Ok(()),
            tag::BIG_INT_OBJECT => self.reader.bigint().map(drop),
            tag::STRING_OBJECT => self.reader.text().map(drop),
            tag::REG_EXP => {
                self.reader.text()?;
                self.reader.varint().map(drop)
            }
            _ => self.reader.unexpected("the tag of a value"),
        }
    }

    /// Keys and values up to `end`, and their count.
    fn skip_entries(&mut self, end: u8) -> Result<(), DecodeError> {
        let mut count = 0;
        while !self.reader.takes(end)? {
            self.skip_key()?;
            self.skip()?;
            count += 1;
        }
        self.reader.count(count)
    }

    fn skip_key(&mut self) -> Result<(), DecodeError> {
        let tag = self.reader.tag()?;
        match tag {
            tag::INT32 | tag::UINT32 => self.reader.varint().map(drop),
            tag::DOUBLE => self.reader.double().map(drop),
            _ => match self.reader.text_behind(tag)? {
                Some(_) => Ok(()),
                None => self.reader.unexpected("a key: a string or a number"),
            },
        }
    }

    fn skip_dense_array(&mut self) -> Result<(), DecodeError> {
        let length = self.reader.elements()?;
        for _ in 0..length {
            if !self.reader.takes(tag::HOLE)? {
                self.skip()?;
            }
        }
        self.skip_entries(tag::DENSE_ARRAY_END)?;
        self.reader.count(length)
    }

    fn skip_items(&mut self, end: u8) -> Result<(), DecodeError> {
        let mut count = 0;
        while !self.reader.takes(end)? {
            self.skip()?;
            count += 1;
        }
        self.reader.count(count)
    }

    fn skip_error(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.reader.byte()? {
                tag::error::MESSAGE | tag::error::STACK => self.reader.text().map(drop)?,
                tag::error::CAUSE => self.skip()?,
                tag::error::END => return Ok(()),
                letter if ErrorKind::from_letter(letter).is_some() => {}
                _ => return self.reader.unexpected("a part of an error"),
            }
        }
    }
}
