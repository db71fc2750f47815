//! Characters cut in two by a chunk boundary: `StringDecoder` holds the first half back until the second arrives.
//!
//! In Node: `lib/string_decoder.js` and `src/string_decoder.cc`.
//!
//! # Theory of operation
//!
//! At most one group of bytes is held: a UTF-8 sequence, a 16-bit unit or a pair of them, three bytes of base64.
//!
//! ```text
//! chunk ──▶ complete the held group ──▶ decode whole groups ──▶ hold the group that the chunk cuts
//!            └ does a byte not belong to it? then what is held is decoded as it is
//! ```
//!
//! The rule: whatever the cuts, the pieces together are what the bytes are when decoded whole.
//! Two surprises, both Node's. A UTF-8 group is awaited up to the length that its first byte announces, even when it
//! can no longer become valid. And a high surrogate is held only when it ends a chunk as a whole unit: one that was completed
//! from an odd byte comes out at once, so a pair may come in two halves (which [`JsString::push_str`] joins).

use crate::encoding::Encoding;
use crate::js_string::JsString;

/// Turns chunks of bytes into text, without cutting characters.
///
/// ```
/// use ferronode_buffer::{Encoding, StringDecoder};
///
/// let mut decoder = StringDecoder::new(Encoding::Utf8);
/// assert_eq!(decoder.write(&[0xe2, 0x82]), "");
/// assert_eq!(decoder.write(&[0xac, 0x21, 0xc3]), "€!");
/// assert_eq!(decoder.end(), "\u{fffd}");
/// ```
#[derive(Clone, Debug)]
pub struct StringDecoder {
    encoding: Encoding,
    held: Held,
}

/// The bytes of a group that is not complete.
#[derive(Clone, Debug, Default)]
struct Held {
    bytes: [u8; 4],
    length: usize,
    missing: usize,
}

impl StringDecoder {
    /// Makes a decoder for `encoding` that holds nothing.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            held: Held::default(),
        }
    }

    /// The encoding.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Decodes a chunk, with what was held before it and without the group that it cuts.
    pub fn write(&mut self, chunk: &[u8]) -> JsString {
        let rest = match self.encoding {
            Encoding::Utf8 => self.held.complete_utf8(chunk),
            _ => self.held.hold(chunk, self.held.missing),
        };
        if self.held.missing > 0 {
            return JsString::new();
        }
        let mut text = self.flush();
        let (whole, missing) = match self.encoding {
            Encoding::Utf8 => cut_utf8(rest),
            Encoding::Utf16le => cut_utf16le(rest),
            Encoding::Base64 | Encoding::Base64url => cut_base64(rest),
            Encoding::Latin1 | Encoding::Ascii | Encoding::Hex => (rest.len(), 0),
        };
        let (whole, cut) = rest.split_at(whole);
        self.held = Held::new(cut, missing);
        if text.is_empty() {
            return self.encoding.decode(whole);
        }
        text.push_str(&self.encoding.decode(whole));
        text
    }

    /// Decodes what is held as it is, and holds nothing.
    ///
    /// Part of a UTF-8 sequence is one U+FFFD; half a 16-bit unit is dropped.
    pub fn end(&mut self) -> JsString {
        self.held.missing = 0;
        self.flush()
    }

    /// Decodes a last chunk: [`write`](Self::write), then [`end`](Self::end).
    #[doc(alias = "end")]
    pub fn end_with(&mut self, chunk: &[u8]) -> JsString {
        let mut text = self.write(chunk);
        text.push_str(&self.end());
        text
    }

    fn flush(&mut self) -> JsString {
        let length = std::mem::take(&mut self.held.length);
        self.encoding.decode(&self.held.bytes[..length])
    }
}

impl Held {
    fn new(cut: &[u8], missing: usize) -> Self {
        let mut bytes = [0; 4];
        bytes[..cut.len()].copy_from_slice(cut);
        Self {
            bytes,
            length: cut.len(),
            missing,
        }
    }

    /// Holds the front of the chunk, up to the first byte that goes on no sequence: such a byte ends the one that is held.
    fn complete_utf8<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let continuations = chunk.iter().take(self.missing).take_while(|&&byte| byte & 0xc0 == 0x80);
        let count = continuations.count();
        let is_ended = count < self.missing && count < chunk.len();
        let rest = self.hold(chunk, count);
        if is_ended {
            self.missing = 0;
        }
        rest
    }

    /// Holds `wanted` bytes of the chunk, if there are so many, and gives the rest.
    fn hold<'a>(&mut self, chunk: &'a [u8], wanted: usize) -> &'a [u8] {
        let (taken, rest) = chunk.split_at(wanted.min(chunk.len()));
        self.bytes[self.length..][..taken.len()].copy_from_slice(taken);
        self.length += taken.len();
        self.missing -= taken.len();
        rest
    }
}

/// How much of the bytes is whole, and how much is missing from what is not.
fn cut_utf8(bytes: &[u8]) -> (usize, usize) {
    let is_lead = |&byte: &u8| byte & 0xc0 != 0x80;
    let Some(back) = bytes.iter().rev().take(3).position(is_lead) else {
        return (bytes.len(), 0);
    };
    let start = bytes.len() - 1 - back;
    let announced = match bytes[start] {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => 1,
    };
    match announced - 1 {
        more if more > back => (start, more - back),
        _ => (bytes.len(), 0),
    }
}

fn cut_utf16le(bytes: &[u8]) -> (usize, usize) {
    match bytes {
        [.., _] if bytes.len() % 2 == 1 => (bytes.len() - 1, 1),
        [.., 0xd8..0xdc] => (bytes.len() - 2, 2),
        _ => (bytes.len(), 0),
    }
}

fn cut_base64(bytes: &[u8]) -> (usize, usize) {
    let over = bytes.len() % 3;
    (bytes.len() - over, if over == 0 { 0 } else { 3 - over })
}
