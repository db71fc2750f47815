//! Hexadecimal. Encoding stops at the first pair that is not two digits, without an error, and drops an odd last digit.
//!
//! A quirk of Node that is kept: of each unit only the low byte is looked at, so "BŁ" (U+0141, low byte "A") is BA.

use super::latin1;
use crate::js_string::JsStr;

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    write_digits(&latin1::low_bytes(text), target)
}

/// Decodes pairs of digits until one is not, or until `target` is full.
fn write_digits(digits: &[u8], target: &mut [u8]) -> usize {
    let (pairs, _odd) = digits.as_chunks::<2>();
    let mut written = 0;
    for (byte, [high, low]) in target.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            break;
        };
        *byte = high << 4 | low;
        written += 1;
    }
    written
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}
