//! The seven encodings: names to codecs.
//!
//! Node says "encode" for text to bytes and "decode" for bytes to text, in all seven: so `Hex.encode("ff")` gives one byte.
//! No encoder fails. What a text cannot say in an encoding is dropped or replaced, in the way that Node does it,
//! and each codec's file says which way that is.
//!
//! | file | text to bytes | bytes to text |
//! | --- | --- | --- |
//! | `utf8` | a lone surrogate becomes U+FFFD | each maximal invalid part becomes U+FFFD |
//! | `utf16le` | exact | exact, but an odd last byte is dropped |
//! | `latin1` | the low 8 bits of each unit | exact |
//! | `ascii` | as `latin1` | the low 7 bits of each byte |
//! | `base64`, `base64url` | skips what is not a digit, stops at `=` | exact |
//! | `hex` | stops at the first pair that is not two digits | exact |

mod ascii;
mod base64;
mod hex;
mod latin1;
mod utf16le;
mod utf8;

use std::fmt;
use std::str::FromStr;

use crate::buffer::Buffer;
use crate::error::UnknownEncoding;
use crate::js_string::{JsStr, JsString};
#[cfg(feature = "simd")]
use crate::simd::sink::{Sink, room};

pub(crate) use base64::Alphabet;
#[cfg(feature = "simd")]
pub(crate) use base64::{encode_plain, text_length};
pub(crate) use utf8::validated;

/// A way to write text as bytes.
///
/// In Node: the `encoding` argument, <https://nodejs.org/docs/latest-v20.x/api/buffer.html#buffers-and-character-encodings>.
///
/// ```
/// use ferronode_buffer::Encoding;
///
/// let encoding: Encoding = "UTF-16LE".parse()?;
/// assert_eq!(encoding.encode("é"), [0xe9, 0]);
/// assert_eq!(Encoding::Hex.decode(&[0xe9, 0]), "e900");
/// # Ok::<(), ferronode_buffer::UnknownEncoding>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, the default. Node also says `utf-8`.
    #[default]
    Utf8,
    /// 16-bit units, low byte first. Node also says `utf-16le`, `ucs2` and `ucs-2`.
    #[doc(alias = "ucs2")]
    Utf16le,
    /// One byte per unit. Node also says `binary`.
    #[doc(alias = "binary")]
    Latin1,
    /// `latin1` when encoding; decoding keeps seven bits of each byte.
    Ascii,
    /// Base64 with `+`, `/` and padding; decoding accepts what `Base64url` writes too.
    Base64,
    /// Base64 with `-` and `_`, without padding; decoding accepts what `Base64` writes too.
    Base64url,
    /// Two digits per byte, lower case when decoding bytes to text, either case the other way.
    Hex,
}

impl Encoding {
    /// Finds an encoding by one of Node's names, in any case.
    ///
    /// ```
    /// # use ferronode_buffer::Encoding;
    /// assert_eq!(Encoding::parse("Ucs-2"), Some(Encoding::Utf16le));
    /// assert_eq!(Encoding::parse("utf-16be"), None);
    /// ```
    #[must_use]
    #[doc(alias = "isEncoding")]
    pub fn parse(name: &str) -> Option<Self> {
        let is = |known: &&(&str, Self)| name.eq_ignore_ascii_case(known.0);
        NAMES.iter().find(is).map(|&(_, encoding)| encoding)
    }

    /// Node's normalised name: `utf16le` for all four spellings of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16le => "utf16le",
            Self::Latin1 => "latin1",
            Self::Ascii => "ascii",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Hex => "hex",
        }
    }

    /// Turns text into bytes.
    ///
    /// # Panics
    ///
    /// As [`Buffer::alloc`]: for text that becomes more than 4 GiB, or when there is no memory.
    #[must_use]
    #[inline]
    pub fn encode<'a>(self, text: impl Into<JsStr<'a>>) -> Buffer {
        let text = text.into();
        match (self, text.as_str()) {
            (Self::Utf8, Some(text)) => Buffer::from_bytes(text.as_bytes()),
            _ => self.encode_js_str(text),
        }
    }

    fn encode_js_str(self, text: JsStr<'_>) -> Buffer {
        /// In bytes. For a few characters, to prepare a kernel takes longer than to do without.
        const SHORT: usize = 64;
        let wtf8 = text.as_wtf8();
        let is_short_ascii = || wtf8.len() <= SHORT && wtf8.is_ascii();
        let longest = self.longest(text);
        match self {
            Self::Latin1 | Self::Ascii if is_short_ascii() => Buffer::from_bytes(wtf8),
            Self::Utf16le if is_short_ascii() => Buffer::written(2 * wtf8.len(), |target| widen(wtf8, target)),
            Self::Utf8 => Buffer::written(longest, |target| utf8::write(text, target)),
            Self::Hex => Buffer::written(longest, |target| hex::write(text, target)),
            #[cfg(feature = "simd")]
            Self::Utf16le => Buffer::filled(longest, |sink| utf16le::write_to(text, sink)),
            #[cfg(feature = "simd")]
            Self::Latin1 | Self::Ascii => Buffer::filled(longest, |sink| latin1::write_to(text, sink)),
            #[cfg(feature = "simd")]
            Self::Base64 | Self::Base64url => Buffer::filled(longest, |sink| base64::write_to(text, sink)),
            #[cfg(not(feature = "simd"))]
            _ => Buffer::written(longest, |target| self.write_js_str(text, target)),
        }
    }

    /// Turns text into bytes at the start of `target`, and gives their number.
    ///
    /// What does not fit is left out: no character is written in part, but in `utf16le` a pair may be cut between its units.
    pub fn write<'a>(self, text: impl Into<JsStr<'a>>, target: &mut [u8]) -> usize {
        self.write_js_str(text.into(), target)
    }

    fn write_js_str(self, text: JsStr<'_>, target: &mut [u8]) -> usize {
        match self {
            Self::Utf8 => utf8::write(text, target),
            Self::Hex => hex::write(text, target),
            #[cfg(feature = "simd")]
            _ => {
                // A kernel may write past what it says that it has written, but not past its sink.
                let length = self.byte_length(text).min(target.len());
                let length = if self == Self::Utf16le { length & !1 } else { length };
                let mut sink = Sink::new(&mut target[..length]);
                self.write_to(text, &mut sink);
                sink.written()
            }
            #[cfg(not(feature = "simd"))]
            Self::Utf16le => utf16le::write(text, target),
            #[cfg(not(feature = "simd"))]
            Self::Latin1 | Self::Ascii => latin1::write(text, target),
            #[cfg(not(feature = "simd"))]
            Self::Base64 | Self::Base64url => base64::write(text, target),
        }
    }

    /// Writes what has a vectorised encoder.
    #[cfg(feature = "simd")]
    fn write_to(self, text: JsStr<'_>, sink: &mut Sink<'_>) {
        match self {
            Self::Utf16le => utf16le::write_to(text, sink),
            Self::Latin1 | Self::Ascii => latin1::write_to(text, sink),
            Self::Base64 | Self::Base64url => base64::write_to(text, sink),
            Self::Utf8 | Self::Hex => {}
        }
    }

    /// Turns bytes into text. Only `Utf16le` can give a text that has a lone surrogate.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> JsString {
        match self {
            Self::Utf16le => utf16le::decode(bytes),
            _ => self.decode_lossy(bytes).into(),
        }
    }

    /// Turns bytes into a `String`, a lone surrogate into U+FFFD.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => utf8::decode(bytes),
            Self::Utf16le => utf16le::decode(bytes).into_string_lossy(),
            Self::Latin1 => latin1::decode(bytes),
            Self::Ascii => ascii::decode(bytes),
            Self::Base64 => base64::encode(bytes, Alphabet::Standard),
            Self::Base64url => base64::encode(bytes, Alphabet::Url),
            Self::Hex => hex::decode(bytes),
        }
    }

    /// The number of bytes that `text` becomes. For base64 and hex it is Node's estimate:
    /// it is judged by the length alone, so it is too high for a text with spaces or garbage in it.
    #[must_use]
    #[doc(alias = "byteLength")]
    pub fn byte_length<'a>(self, text: impl Into<JsStr<'a>>) -> usize {
        let text = text.into();
        match self {
            Self::Base64 | Self::Base64url => base64::estimate(text),
            Self::Utf8 => text.as_wtf8().len(),
            Self::Utf16le => text.utf16_len() * 2,
            Self::Latin1 | Self::Ascii => text.utf16_len(),
            Self::Hex => text.utf16_len() / 2,
        }
    }

    /// A number of bytes that is always enough for `text`.
    #[inline]
    fn longest(self, text: JsStr<'_>) -> usize {
        // A unit is at least a byte of WTF-8, so this need not be counted.
        let units = text.as_wtf8().len();
        match self {
            Self::Utf8 | Self::Latin1 | Self::Ascii => units,
            #[cfg(feature = "simd")]
            Self::Utf16le => room(units * 2, || text.utf16_len() * 2),
            #[cfg(not(feature = "simd"))]
            Self::Utf16le => text.utf16_len() * 2,
            Self::Base64 | Self::Base64url => units / 4 * 3 + 3,
            Self::Hex => units / 2,
        }
    }
}

/// Writes each byte as a unit, and gives the number of bytes written.
fn widen(ascii: &[u8], target: &mut [u8]) -> usize {
    let (units, _odd) = target.as_chunks_mut::<2>();
    units.iter_mut().zip(ascii).for_each(|(unit, &byte)| *unit = [byte, 0]);
    2 * ascii.len()
}

#[cfg(all(test, feature = "simd"))]
pub(crate) use crate::simd::level::at_every_level;

/// Without kernels there is one way.
#[cfg(all(test, not(feature = "simd")))]
pub(crate) fn at_every_level(mut check: impl FnMut()) {
    check();
}

/// Every name that Node knows, in lower case.
const NAMES: [(&str, Encoding); 12] = [
    ("utf8", Encoding::Utf8),
    ("utf-8", Encoding::Utf8),
    ("hex", Encoding::Hex),
    ("base64", Encoding::Base64),
    ("base64url", Encoding::Base64url),
    ("latin1", Encoding::Latin1),
    ("binary", Encoding::Latin1),
    ("ascii", Encoding::Ascii),
    ("utf16le", Encoding::Utf16le),
    ("utf-16le", Encoding::Utf16le),
    ("ucs2", Encoding::Utf16le),
    ("ucs-2", Encoding::Utf16le),
];

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Finds an encoding by one of Node's names, in any case.
    ///
    /// # Errors
    ///
    /// [`UnknownEncoding`] carries the name.
    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        Self::parse(name).ok_or_else(|| UnknownEncoding { name: name.to_owned() })
    }
}

/// Shows Node's normalised name.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
