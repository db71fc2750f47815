//! UTF-8. A lone surrogate is written as U+FFFD; invalid bytes are read as U+FFFD, one per maximal part.
//!
//! The one surprise is cutting: `write` never writes part of a character, so it looks back from the cut for a boundary.
//! Both a lone surrogate and its replacement take three bytes, so WTF-8 is cut by the same rule as UTF-8.

use crate::js_string::JsStr;

/// The bytes of U+FFFD, for a surrogate that stands alone.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    let wtf8 = text.as_wtf8();
    let length = boundary_at_or_before(wtf8, target.len());
    let (source, target) = (&wtf8[..length], &mut target[..length]);
    target.copy_from_slice(source);
    if text.as_str().is_none() {
        replace_surrogates(target);
    }
    length
}

/// The longest part of `wtf8` that ends between characters and has at most `limit` bytes.
fn boundary_at_or_before(wtf8: &[u8], limit: usize) -> usize {
    if limit >= wtf8.len() {
        return wtf8.len();
    }
    let is_continuation = |&at: &usize| wtf8[at] & 0xc0 == 0x80;
    let inside = (1..=limit).rev().take_while(is_continuation).count();
    limit - inside
}

/// Only a surrogate begins with ED and a byte of A0 or more.
fn replace_surrogates(wtf8: &mut [u8]) {
    for at in 0..wtf8.len().saturating_sub(2) {
        if wtf8[at] == 0xed && wtf8[at + 1] >= 0xa0 {
            wtf8[at..at + 3].copy_from_slice(&REPLACEMENT);
        }
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    match validated(bytes) {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The bytes as `str` if they are valid.
pub(crate) fn validated(bytes: &[u8]) -> Option<&str> {
    #[cfg(feature = "simd")]
    return simdutf8::basic::from_utf8(bytes).ok();
    #[cfg(not(feature = "simd"))]
    return std::str::from_utf8(bytes).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::js_string::JsString;

    #[test]
    fn a_cut_character_is_left_out() {
        let mut target = [0; 8];
        for (limit, expected) in [(0, 0), (1, 1), (2, 1), (3, 1), (4, 4), (6, 4), (8, 8)] {
            assert_eq!(write("a€😀".into(), &mut target[..limit]), expected, "{limit}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_replaced_and_its_neighbours_stay() {
        let text = JsString::from_units([0xd7ff, 0xd800, 0x61, 0xdfff, 0xe000]);
        let mut target = [0; 13];
        assert_eq!(write((&text).into(), &mut target), 13);
        assert_eq!(target, *"\u{d7ff}\u{fffd}a\u{fffd}\u{e000}".as_bytes());
    }
}
