//! References: which objects have begun, where, and whether they are whole.

use super::Decoder;
use crate::error::DecodeError;

/// An object of the payload, by its number.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where its tag stands.
    offset: usize,
    /// Whether it is being read: a reference to it lies within it.
    is_open: bool,
}

impl Decoder<'_> {
    /// Reads what is within an object whose tag has just been taken. Read again, it has the number that it had.
    pub(super) fn within<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.reader.enter()?;
        let number = self.next;
        self.next += 1;
        match self.begun.get_mut(number) {
            Some(begun) => begun.is_open = true,
            None => self.begun.push(Begun {
                offset: self.reader.position() - 1,
                is_open: true,
            }),
        }
        let value = read(self)?;
        self.begun[number].is_open = false;
        self.reader.leave();
        Ok(value)
    }

    /// Reads an object once more, and comes back behind the reference to it.
    pub(super) fn follow<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let offset = self.reader.position();
        let object = self.reader.reference(self.begun.len())?;
        let begun = &self.begun[object as usize];
        if begun.is_open {
            return Err(DecodeError::Cycle { offset, object });
        }
        let (back, next) = (self.reader.position(), self.next);
        self.reader.go_to(begun.offset);
        self.next = object as usize;
        let value = read(self)?;
        self.reader.go_to(back);
        self.next = next;
        Ok(value)
    }
}
