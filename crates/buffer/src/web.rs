//! The web's base64: `atob` and `btoa`, strict where `Encoding::Base64` is lenient, and the tests of bytes, `is_utf8` and `is_ascii`.

use crate::encoding::{Encoding, validated};
use crate::error::InvalidCharacterError;
use crate::js_string::JsStr;

/// Decodes base64 to text of U+0000 to U+00FF. White space is skipped and padding may be missing.
///
/// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#bufferatobdata>, which says that new code should not use it.
///
/// # Errors
///
/// [`InvalidCharacterError`] at what is not a digit of the standard alphabet, at padding that is not at the end,
/// and at the end if a single digit is left over.
pub fn atob<'a>(text: impl Into<JsStr<'a>>) -> Result<String, InvalidCharacterError> {
    let (mut digits, mut padding, mut position) = (String::new(), 0, 0);
    for unit in text.into().units() {
        match char::from_u32(unit.into()) {
            Some(' ' | '\t' | '\n' | '\u{c}' | '\r') => {}
            Some('=') => padding += 1,
            Some(digit @ ('A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/')) if padding == 0 => {
                digits.push(digit);
            }
            _ => return Err(InvalidCharacterError { position }),
        }
        position += 1;
    }
    // Padding is all or nothing, and a digit alone carries less than a byte.
    let missing = (4 - digits.len() % 4) % 4;
    if missing == 3 || (padding != 0 && padding != missing) {
        return Err(InvalidCharacterError { position });
    }
    Ok(Encoding::Latin1.decode_lossy(&Encoding::Base64.encode(&digits)))
}

/// Encodes text of U+0000 to U+00FF as base64.
///
/// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#bufferbtoadata>, which says that new code should not use it.
///
/// # Errors
///
/// [`InvalidCharacterError`] at the first character past U+00FF.
pub fn btoa<'a>(text: impl Into<JsStr<'a>>) -> Result<String, InvalidCharacterError> {
    let text = text.into();
    if let Some(position) = text.units().position(|unit| unit > 0xff) {
        return Err(InvalidCharacterError { position });
    }
    Ok(Encoding::Base64.decode_lossy(&Encoding::Latin1.encode(text)))
}

/// Whether the bytes are valid UTF-8. No bytes are.
#[must_use]
#[doc(alias = "isUtf8")]
pub fn is_utf8(bytes: &[u8]) -> bool {
    validated(bytes).is_some()
}

/// Whether all bytes are below 128. No bytes are.
#[must_use]
#[doc(alias = "isAscii")]
pub fn is_ascii(bytes: &[u8]) -> bool {
    bytes.is_ascii()
}
