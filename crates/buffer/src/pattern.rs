//! What Node takes as `value`, to search for or to fill with: a byte, bytes, or text in an encoding.

use std::borrow::Cow;

use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::js_string::JsStr;

/// A byte, bytes, or text in an encoding.
///
/// Node's numbers are taken modulo 256; here a byte is a `u8`.
///
/// ```
/// use ferronode_buffer::{Buffer, Encoding, Pattern};
///
/// let buffer = Buffer::from("abc");
/// assert_eq!(buffer.index_of(b'b'), Some(1));
/// assert_eq!(buffer.index_of("bc"), Some(1));
/// assert_eq!(buffer.index_of(Pattern::text("63", Encoding::Hex)), Some(2));
/// ```
#[derive(Clone, Copy)]
pub enum Pattern<'a> {
    /// One byte.
    Byte(u8),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text. In `Utf16le` it is only found at even positions.
    Text(JsStr<'a>, Encoding),
}

impl<'a> Pattern<'a> {
    /// Makes a pattern of text in an encoding.
    pub fn text(text: impl Into<JsStr<'a>>, encoding: Encoding) -> Self {
        Self::Text(text.into(), encoding)
    }

    /// The bytes to look for.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Byte(byte) => Cow::Borrowed(std::slice::from_ref(byte)),
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            Self::Text(text, encoding) => match (encoding, text.as_str()) {
                (Encoding::Utf8, Some(text)) => Cow::Borrowed(text.as_bytes()),
                _ => Cow::Owned(encoding.encode(*text).to_vec()),
            },
        }
    }

    /// Whether this is text without characters, which fills with zeroes.
    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(self, Self::Text(text, _) if text.is_empty())
    }

    /// The distance between positions where the pattern may be found.
    pub(crate) fn step(&self) -> usize {
        if matches!(self, Self::Text(_, Encoding::Utf16le)) {
            2
        } else {
            1
        }
    }
}

impl From<u8> for Pattern<'_> {
    fn from(byte: u8) -> Self {
        Self::Byte(byte)
    }
}

impl<'a> From<&'a [u8]> for Pattern<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Pattern<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Buffer> for Pattern<'a> {
    fn from(bytes: &'a Buffer) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a str> for Pattern<'a> {
    fn from(text: &'a str) -> Self {
        Self::text(text, Encoding::Utf8)
    }
}
