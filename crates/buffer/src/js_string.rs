//! JavaScript's strings: sequences of 16-bit units in which half a pair may stand alone.
//!
//! A Rust `String` cannot hold a lone surrogate, and three places in Node make one: decoding `utf16le`, a
//! `StringDecoder` cut inside a pair, and a serialized value.
//! [`JsString`] keeps it, as WTF-8: UTF-8 in which a lone surrogate is written as the three bytes that its number asks for.
//!
//! The rule of this file: the ill-formed case is a variant of its own, so that a well-formed string *is* a `String`,
//! and `as_str` costs nothing. A pair is never stored as two halves: joining two strings joins their halves too.

use std::borrow::Cow;
use std::fmt;

/// A string as JavaScript has them, lone surrogates kept.
///
/// ```
/// use ferronode_buffer::{Encoding, JsString};
///
/// let half = Encoding::Utf16le.decode(&[0x3d, 0xd8]);
/// assert_eq!(half.as_str(), None);
/// assert_eq!(half.to_string_lossy(), "\u{fffd}");
/// assert_eq!(half.units().collect::<Vec<_>>(), [0xd83d]);
/// assert_eq!(JsString::from("whole").as_str(), Some("whole"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JsString(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Utf8(String),
    /// Holds at least one lone surrogate.
    Wtf8(Vec<u8>),
}

/// A borrowed [`JsString`] or `str`: what functions take that accept any text.
#[derive(Clone, Copy)]
pub struct JsStr<'a>(RefRepr<'a>);

#[derive(Clone, Copy)]
enum RefRepr<'a> {
    Utf8(&'a str),
    Wtf8(&'a [u8]),
}

impl JsString {
    /// Makes the empty string.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Utf8(String::new()))
    }

    /// Makes a string of 16-bit units; pairs become characters, halves stay halves.
    pub fn from_units(units: impl IntoIterator<Item = u16>) -> Self {
        let mut text = String::new();
        let mut characters = char::decode_utf16(units);
        while let Some(character) = characters.next() {
            match character {
                Ok(character) => text.push(character),
                Err(half) => return Self::ill_formed(text, half.unpaired_surrogate(), characters),
            }
        }
        Self(Repr::Utf8(text))
    }

    /// Goes on from the first lone surrogate: from here the string is bytes.
    fn ill_formed(before: String, half: u16, rest: std::char::DecodeUtf16<impl Iterator<Item = u16>>) -> Self {
        let mut wtf8 = before.into_bytes();
        wtf8.extend_from_slice(&surrogate_bytes(half));
        for character in rest {
            match character {
                Ok(character) => {
                    wtf8.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Err(half) => wtf8.extend_from_slice(&surrogate_bytes(half.unpaired_surrogate())),
            }
        }
        Self(Repr::Wtf8(wtf8))
    }

    /// The same text as `str`, or `None` if it has a lone surrogate.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_js_str().as_str()
    }

    /// The same text borrowed.
    #[must_use]
    pub fn as_js_str(&self) -> JsStr<'_> {
        match &self.0 {
            Repr::Utf8(text) => JsStr(RefRepr::Utf8(text)),
            Repr::Wtf8(wtf8) => JsStr(RefRepr::Wtf8(wtf8)),
        }
    }

    /// The text with each lone surrogate replaced by U+FFFD, as every encoder to UTF-8 has to do.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        self.as_js_str().to_string_lossy()
    }

    /// The text as `String`, with each lone surrogate replaced by U+FFFD. Nothing is copied if there is none.
    #[must_use]
    pub fn into_string_lossy(self) -> String {
        match self.0 {
            Repr::Utf8(text) => text,
            Repr::Wtf8(wtf8) => replace_surrogates(&wtf8),
        }
    }

    /// The text as `String`.
    ///
    /// # Errors
    ///
    /// Gives the string back if it has a lone surrogate.
    pub fn into_string(self) -> Result<String, Self> {
        match self.0 {
            Repr::Utf8(text) => Ok(text),
            ill_formed @ Repr::Wtf8(_) => Err(Self(ill_formed)),
        }
    }

    /// The 16-bit units, as `charCodeAt` gives them.
    pub fn units(&self) -> impl Iterator<Item = u16> + '_ {
        self.as_js_str().units()
    }

    /// The number of 16-bit units: JavaScript's `length`.
    #[must_use]
    #[doc(alias = "length")]
    pub fn utf16_len(&self) -> usize {
        self.as_js_str().utf16_len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_js_str().is_empty()
    }

    /// Appends text. A high half at the end and a low half at the start of `text` become one character.
    pub fn push_str<'a>(&mut self, text: impl Into<JsStr<'a>>) {
        let text = text.into();
        match (&mut self.0, text.0) {
            (Repr::Utf8(own), RefRepr::Utf8(text)) => own.push_str(text),
            _ if text.is_empty() => {}
            _ => *self = Self::from_units(self.units().chain(text.units())),
        }
    }
}

impl<'a> JsStr<'a> {
    /// The same text as `str`, or `None` if it has a lone surrogate.
    #[must_use]
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        match self.0 {
            RefRepr::Utf8(text) => Some(text),
            RefRepr::Wtf8(_) => None,
        }
    }

    /// The text with each lone surrogate replaced by U+FFFD.
    #[must_use]
    pub fn to_string_lossy(self) -> Cow<'a, str> {
        match self.0 {
            RefRepr::Utf8(text) => Cow::Borrowed(text),
            RefRepr::Wtf8(wtf8) => Cow::Owned(replace_surrogates(wtf8)),
        }
    }

    /// The 16-bit units, as `charCodeAt` gives them.
    pub fn units(self) -> impl Iterator<Item = u16> + 'a {
        let (text, wtf8) = match self.0 {
            RefRepr::Utf8(text) => (text, [].as_slice()),
            RefRepr::Wtf8(wtf8) => ("", wtf8),
        };
        text.encode_utf16().chain(wtf8_units(wtf8))
    }

    /// The number of 16-bit units: JavaScript's `length`.
    #[must_use]
    pub fn utf16_len(self) -> usize {
        #[cfg(feature = "simd")]
        return crate::simd::count::utf16_length(self.as_wtf8());
        #[cfg(not(feature = "simd"))]
        return utf16_length_plain(self.as_wtf8());
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.as_wtf8().is_empty()
    }

    /// The bytes of the text: UTF-8, in which a lone surrogate takes three bytes.
    #[must_use]
    pub fn as_wtf8(self) -> &'a [u8] {
        match self.0 {
            RefRepr::Utf8(text) => text.as_bytes(),
            RefRepr::Wtf8(wtf8) => wtf8,
        }
    }
}

/// The three bytes that stand for a lone surrogate in WTF-8.
fn surrogate_bytes(half: u16) -> [u8; 3] {
    [
        0xe0 | (half >> 12) as u8,
        0x80 | (half >> 6 & 0x3f) as u8,
        0x80 | (half & 0x3f) as u8,
    ]
}

/// Reads WTF-8 as units. The bytes are ours, so the lead byte alone says what follows.
fn wtf8_units(wtf8: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let mut rest = wtf8;
    let mut low = None;
    std::iter::from_fn(move || {
        if let Some(low) = low.take() {
            return Some(low);
        }
        let tail = |at: usize| u32::from(rest.get(at).copied().unwrap_or_default() & 0x3f);
        let lead = *rest.first()?;
        let (length, code) = match lead {
            0..0x80 => (1, u32::from(lead)),
            0x80..0xe0 => (2, u32::from(lead & 0x1f) << 6 | tail(1)),
            0xe0..0xf0 => (3, u32::from(lead & 0xf) << 12 | tail(1) << 6 | tail(2)),
            0xf0.. => (4, u32::from(lead & 7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)),
        };
        rest = rest.get(length..).unwrap_or_default();
        if code < 0x1_0000 {
            return Some(code as u16);
        }
        low = Some(0xdc00 | (code & 0x3ff) as u16);
        Some(0xd7c0 + (code >> 10) as u16)
    })
}

fn replace_surrogates(wtf8: &[u8]) -> String {
    let replaced = |unit: Result<char, _>| unit.unwrap_or(char::REPLACEMENT_CHARACTER);
    char::decode_utf16(wtf8_units(wtf8)).map(replaced).collect()
}

impl Default for JsString {
    fn default() -> Self {
        Self::new()
    }
}

impl From<String> for JsString {
    fn from(text: String) -> Self {
        Self(Repr::Utf8(text))
    }
}

impl From<&str> for JsString {
    fn from(text: &str) -> Self {
        Self(Repr::Utf8(text.to_owned()))
    }
}

impl From<JsStr<'_>> for JsString {
    fn from(text: JsStr<'_>) -> Self {
        match text.0 {
            RefRepr::Utf8(text) => Self(Repr::Utf8(text.to_owned())),
            RefRepr::Wtf8(wtf8) => Self(Repr::Wtf8(wtf8.to_owned())),
        }
    }
}

impl<'a> From<&'a str> for JsStr<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(RefRepr::Utf8(text))
    }
}

impl<'a> From<&'a String> for JsStr<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self(RefRepr::Utf8(text))
    }
}

impl<'a> From<&'a JsString> for JsStr<'a> {
    fn from(text: &'a JsString) -> Self {
        text.as_js_str()
    }
}

impl PartialEq<str> for JsString {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for JsString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

/// Shows the text quoted, a lone surrogate as `\u{d83d}`.
impl fmt::Debug for JsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for unit in char::decode_utf16(self.units()) {
            match unit {
                Ok(character) => write!(f, "{}", character.escape_debug())?,
                Err(half) => write!(f, "\\u{{{:x}}}", half.unpaired_surrogate())?,
            }
        }
        f.write_str("\"")
    }
}

/// Shows the text, a lone surrogate as U+FFFD.
impl fmt::Display for JsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

/// Counts the units that WTF-8 becomes.
pub(crate) fn utf16_length_plain(wtf8: &[u8]) -> usize {
    // Every byte but a continuation begins a unit, and a four-byte character has two.
    let count = |&byte: &u8| u8::from(byte.cast_signed() >= -0x40) + u8::from(byte >= 0xf0);
    // A chunk's sum fits a byte, so that many bytes are counted at once.
    let chunk = |chunk: &[u8]| usize::from(chunk.iter().map(count).sum::<u8>());
    wtf8.chunks(192).map(chunk).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(units: &[u16], expected: Option<&str>) {
        let text = JsString::from_units(units.iter().copied());
        assert_eq!(text.as_str(), expected);
        assert_eq!(text.units().collect::<Vec<_>>(), units);
        assert_eq!(text.utf16_len(), units.len());
        let many = JsString::from_units(units.iter().copied().cycle().take(units.len() * 100));
        assert_eq!(many.utf16_len(), units.len() * 100);
    }

    #[test]
    fn units_come_back_as_they_went_in() {
        check(&[], Some(""));
        check(&[0x61, 0xe9, 0x20ac], Some("aé€"));
        check(&[0xd83d, 0xde00], Some("😀"));
        check(&[0xd83d], None);
        check(&[0xde00, 0xd83d], None);
        check(&[0x61, 0xd83d, 0xd83d, 0xde00, 0xdc00, 0xffff], None);
    }

    #[test]
    fn joining_strings_joins_halves() {
        let mut text = JsString::from_units([0x61, 0xd83d]);
        text.push_str(&JsString::from_units([0xde00]));
        assert_eq!(text, "a😀");
        text.push_str("b");
        assert_eq!(text, "a😀b");
    }

    #[test]
    fn debug_form_shows_the_half() {
        let text = JsString::from_units([0x61, 0xd83d]);
        assert_eq!(format!("{text:?}"), r#""a\u{d83d}""#);
        assert_eq!(text.to_string(), "a\u{fffd}");
    }
}
