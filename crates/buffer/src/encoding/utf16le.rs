//! UTF-16, low byte first. No mark is looked for or written, and nothing is replaced: a lone surrogate passes both ways.
//!
//! Only whole units are written, and an odd last byte is not read. A pair may be cut in two.

use crate::js_string::{JsStr, JsString};

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    let mut written = 0;
    for (bytes, unit) in target.chunks_exact_mut(2).zip(text.units()) {
        bytes.copy_from_slice(&unit.to_le_bytes());
        written += 2;
    }
    written
}

pub(super) fn decode(bytes: &[u8]) -> JsString {
    JsString::from_units(units(bytes))
}

/// The units of the bytes, without an odd last byte.
fn units(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    pairs.iter().copied().map(u16::from_le_bytes)
}
