//! A string as it stands in a payload: three spellings are read, two are written.
//!
//! Most strings are ASCII, and these need no decoding: they are looked through at the speed of memory, and borrowed.

use std::borrow::Cow;

use ferronode_buffer::{Encoding, JsString};

/// The bytes of a string, and how they are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'de> {
    Latin1(&'de [u8]),
    TwoByte(&'de [u8]),
    Utf8(&'de [u8]),
}

impl<'de> Text<'de> {
    pub(crate) fn to_js_string(self) -> JsString {
        match self.borrowed() {
            Some(text) => text.into(),
            None => self.decoded(),
        }
    }

    /// The string as text, or `None` if it has a lone surrogate.
    #[inline]
    pub(crate) fn to_text(self) -> Option<Cow<'de, str>> {
        match self.borrowed() {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self.decoded().into_string().ok().map(Cow::Owned),
        }
    }

    #[inline]
    fn borrowed(self) -> Option<&'de str> {
        match self {
            Self::Latin1(bytes) if !bytes.is_ascii() => None,
            Self::Latin1(bytes) | Self::Utf8(bytes) => str::from_utf8(bytes).ok(),
            Self::TwoByte(_) => None,
        }
    }

    /// As V8, which puts U+FFFD for what is no UTF-8.
    fn decoded(self) -> JsString {
        match self {
            Self::Latin1(bytes) => Encoding::Latin1.decode(bytes),
            Self::TwoByte(bytes) => Encoding::Utf16le.decode(bytes),
            Self::Utf8(bytes) => Encoding::Utf8.decode(bytes),
        }
    }
}
