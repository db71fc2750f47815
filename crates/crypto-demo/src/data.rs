//! What can be fed to a hash, a cipher or a signature: bytes, or text in an encoding.
//!
//! Node's `update(data, encoding)` takes both.
//! The one surprise: hexadecimal text of an odd length is an error here, while `Buffer.from` drops its last digit.

use std::borrow::Cow;
use std::fmt;

use ferronode_buffer::{Buffer, Encoding, JsStr, JsString};

use crate::error::NodeError;

/// Bytes, or text and the encoding that turns it into bytes.
///
/// ```
/// use ferronode_buffer::Encoding;
/// use ferronode_crypto_demo::Hash;
///
/// let one = Hash::new("md5")?.update("é")?.digest()?;
/// let same = Hash::new("md5")?.update(("c3a9", Encoding::Hex))?.digest()?;
/// assert_eq!(one, same);
/// # Ok::<(), ferronode_crypto_demo::HashError>(())
/// ```
#[derive(Clone, Copy)]
pub enum Data<'a> {
    /// Bytes as they are.
    Bytes(&'a [u8]),
    /// Text, to be decoded. Text without an encoding is UTF-8.
    Text(JsStr<'a>, Encoding),
}

impl<'a> Data<'a> {
    /// The bytes, borrowed where they are there already.
    pub(crate) fn bytes(self) -> Result<Cow<'a, [u8]>, OddHexLength> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Text(text, Encoding::Hex) if text.utf16_len() % 2 == 1 => Err(OddHexLength {
                length: text.utf16_len(),
            }),
            Self::Text(text, encoding) => Ok(match (encoding, text.as_str()) {
                (Encoding::Utf8, Some(text)) => Cow::Borrowed(text.as_bytes()),
                _ => Cow::Owned(encoding.encode(text).into()),
            }),
        }
    }
}

impl<'a> From<&'a [u8]> for Data<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Data<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Data<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Buffer> for Data<'a> {
    fn from(bytes: &'a Buffer) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a str> for Data<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into(), Encoding::Utf8)
    }
}

impl<'a> From<&'a String> for Data<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into(), Encoding::Utf8)
    }
}

impl<'a> From<(&'a str, Encoding)> for Data<'a> {
    fn from((text, encoding): (&'a str, Encoding)) -> Self {
        Self::Text(text.into(), encoding)
    }
}

impl<'a> From<(&'a JsString, Encoding)> for Data<'a> {
    fn from((text, encoding): (&'a JsString, Encoding)) -> Self {
        Self::Text(text.into(), encoding)
    }
}

/// Hexadecimal text has two digits per byte, and this one has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OddHexLength {
    /// Digits found.
    pub length: usize,
}

impl NodeError for OddHexLength {
    fn name(&self) -> &'static str {
        "TypeError"
    }

    fn code(&self) -> Option<&'static str> {
        Some("ERR_INVALID_ARG_VALUE")
    }

    fn message(&self) -> String {
        let length = self.length;
        format!("The argument 'encoding' is invalid for data of length {length}. Received 'hex'")
    }
}

impl fmt::Display for OddHexLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "hexadecimal text has an even number of digits, found {}",
            self.length
        )
    }
}

impl std::error::Error for OddHexLength {}
