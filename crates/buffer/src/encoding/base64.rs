//! Base64, in both alphabets.
//!
//! Text to bytes is lenient, as in Node: both alphabets are accepted, mixed too; whatever is not a digit is skipped;
//! padding is optional and `=` ends the text; a last digit that carries less than a byte is dropped.
//! Bytes to text is strict: `Standard` pads, `Url` does not.

use super::latin1;
use crate::js_string::JsStr;

/// The 64 digits, and whether the text is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    Standard,
    Url,
}

impl Alphabet {
    fn digits(self) -> &'static [u8; 64] {
        match self {
            Self::Standard => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Self::Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        }
    }
}

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    write_digits(&latin1::low_bytes(text), target)
}

/// Decodes digits until `=`, the end, or until `target` is full.
fn write_digits(digits: &[u8], target: &mut [u8]) -> usize {
    let mut written = 0;
    let (mut bits, mut count) = (0_u32, 0);
    for &character in digits {
        if character == b'=' {
            break;
        }
        let Some(value) = sextet(character) else {
            continue;
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            let Some(byte) = target.get_mut(written) else {
                break;
            };
            *byte = (bits >> count) as u8;
            written += 1;
        }
    }
    written
}

/// The six bits of a digit of either alphabet.
fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

pub(super) fn decode(bytes: &[u8], alphabet: Alphabet) -> String {
    let digits = alphabet.digits();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=group.len() {
            text.push(char::from(digits[(bits >> (18 - 6 * place) & 0x3f) as usize]));
        }
    }
    if alphabet == Alphabet::Standard {
        let missing = (3 - bytes.len() % 3) % 3;
        text.extend(std::iter::repeat_n('=', missing));
    }
    text
}

/// Node's estimate of the decoded length: three quarters of the text without up to two `=` at its end.
pub(super) fn estimate(text: JsStr<'_>) -> usize {
    let wtf8 = text.as_wtf8();
    let padding = wtf8.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    (text.utf16_len() - padding) * 3 / 4
}
