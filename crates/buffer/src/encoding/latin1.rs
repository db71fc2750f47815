//! Latin-1: one byte per unit. What is above U+00FF loses its high bits: "€" (U+20AC) becomes AC, as in Node.
//!
//! `low_bytes` is also how hex and base64 read text: Node looks at the low byte of each unit there.

use std::borrow::Cow;

use crate::js_string::JsStr;

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    let wtf8 = text.as_wtf8();
    if wtf8.is_ascii() {
        let length = wtf8.len().min(target.len());
        target[..length].copy_from_slice(&wtf8[..length]);
        return length;
    }
    let mut length = 0;
    for (byte, unit) in target.iter_mut().zip(text.units()) {
        *byte = unit as u8;
        length += 1;
    }
    length
}

/// The low byte of each unit of the text.
pub(super) fn low_bytes(text: JsStr<'_>) -> Cow<'_, [u8]> {
    let wtf8 = text.as_wtf8();
    if wtf8.is_ascii() {
        Cow::Borrowed(wtf8)
    } else {
        Cow::Owned(text.units().map(|unit| unit as u8).collect())
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
