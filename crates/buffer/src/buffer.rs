//! `Buffer`: bytes of a fixed length, owned.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::encoding::Encoding;
use crate::js_string::{JsStr, JsString};

/// Bytes of a fixed length, as Node's `Buffer`: owned, mutable, sendable between threads.
pub struct Buffer {
    bytes: Box<[u8]>,
}

impl Buffer {
    /// Makes a buffer of `size` zeroes.
    #[must_use]
    pub fn alloc(size: usize) -> Self {
        Self {
            bytes: vec![0; size].into_boxed_slice(),
        }
    }

    /// Makes a buffer of `size` bytes of any value: old bytes, perhaps, but never uninitialised memory.
    #[must_use]
    #[doc(alias = "allocUnsafe")]
    pub fn alloc_unsafe(size: usize) -> Self {
        Self::alloc(size)
    }

    /// Makes a buffer with a copy of `bytes`.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
        }
    }

    /// Makes a buffer of the bytes of `text` in `encoding`.
    #[must_use]
    pub fn from_string<'a>(text: impl Into<JsStr<'a>>, encoding: Encoding) -> Self {
        encoding.encode(text)
    }

    /// Makes a buffer of at most `capacity` bytes: `write` fills the front and says how many.
    pub(crate) fn written(capacity: usize, write: impl FnOnce(&mut [u8]) -> usize) -> Self {
        let mut bytes = vec![0; capacity];
        let length = write(&mut bytes);
        bytes.truncate(length);
        Self {
            bytes: bytes.into(),
        }
    }

    /// The bytes as text in `encoding`. A lone surrogate, which only `Utf16le` can hold, becomes U+FFFD;
    /// [`to_js_string`](Self::to_js_string) keeps it.
    #[must_use]
    #[doc(alias = "toString")]
    pub fn to_string(&self, encoding: Encoding) -> String {
        encoding.decode_lossy(self)
    }

    /// The bytes as text in `encoding`, exactly.
    #[must_use]
    pub fn to_js_string(&self, encoding: Encoding) -> JsString {
        encoding.decode(self)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self::from_bytes(self)
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<&str> for Buffer {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Buffer {}

impl<const N: usize> PartialEq<[u8; N]> for Buffer {
    fn eq(&self, other: &[u8; N]) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Buffer")?;
        for byte in self.iter() {
            write!(f, " {byte:02x}")?;
        }
        f.write_str(">")
    }
}
