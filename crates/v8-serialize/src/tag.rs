//! The byte that says what follows.
//!
//! In V8: `SerializationTag` in `src/objects/value-serializer.cc`. The names here are the letters' meanings there.
//! A byte 00 before a tag is padding, and `?` with its number says nothing any more: both are read over.

pub(crate) const VERSION: u8 = 0xff;
pub(crate) const PADDING: u8 = 0;
pub(crate) const VERIFY_OBJECT_COUNT: u8 = b'?';

pub(crate) const UNDEFINED: u8 = b'_';
pub(crate) const NULL: u8 = b'0';
pub(crate) const TRUE: u8 = b'T';
pub(crate) const FALSE: u8 = b'F';
/// A zigzag varint.
pub(crate) const INT32: u8 = b'I';
/// A varint. Read, never written.
pub(crate) const UINT32: u8 = b'U';
/// Eight bytes, low byte first.
pub(crate) const DOUBLE: u8 = b'N';
pub(crate) const BIG_INT: u8 = b'Z';

/// One byte a unit.
pub(crate) const LATIN1: u8 = b'"';
/// Two bytes a unit; the length counts bytes.
pub(crate) const TWO_BYTE: u8 = b'c';
/// Read, never written.
pub(crate) const UTF8: u8 = b'S';

/// The number of an object that has begun before.
pub(crate) const REFERENCE: u8 = b'^';
pub(crate) const OBJECT: u8 = b'o';
pub(crate) const OBJECT_END: u8 = b'{';
pub(crate) const DENSE_ARRAY: u8 = b'A';
pub(crate) const DENSE_ARRAY_END: u8 = b'$';
/// Stands for an element of a dense array.
pub(crate) const HOLE: u8 = b'-';
pub(crate) const SPARSE_ARRAY: u8 = b'a';
pub(crate) const SPARSE_ARRAY_END: u8 = b'@';
pub(crate) const DATE: u8 = b'D';
pub(crate) const TRUE_OBJECT: u8 = b'y';
pub(crate) const FALSE_OBJECT: u8 = b'x';
pub(crate) const NUMBER_OBJECT: u8 = b'n';
pub(crate) const BIG_INT_OBJECT: u8 = b'z';
pub(crate) const STRING_OBJECT: u8 = b's';
pub(crate) const REG_EXP: u8 = b'R';
pub(crate) const MAP: u8 = b';';
pub(crate) const MAP_END: u8 = b':';
pub(crate) const SET: u8 = b'\'';
pub(crate) const SET_END: u8 = b',';
pub(crate) const ERROR: u8 = b'r';
pub(crate) const ARRAY_BUFFER: u8 = b'B';
pub(crate) const RESIZABLE_ARRAY_BUFFER: u8 = b'~';
/// What V8 leaves to its host: here Node's views on bytes.
pub(crate) const HOST_OBJECT: u8 = b'\\';

/// The parts of an error, each behind a letter of its own.
pub(crate) mod error {
    pub(crate) const MESSAGE: u8 = b'm';
    pub(crate) const CAUSE: u8 = b'c';
    pub(crate) const STACK: u8 = b's';
    pub(crate) const END: u8 = b'.';
}
