//! A buffer looked at: its debug form, its JSON form, its bytes one by one.

use std::fmt::{self, Write};
use std::iter::Copied;
use std::ops::Range;
use std::slice;

use crate::buffer::Buffer;
use crate::constants::INSPECT_MAX_BYTES;

impl Buffer {
    /// The buffer as Node's JSON: `{"type":"Buffer","data":[1,2]}`.
    #[must_use]
    #[doc(alias = "toJSON")]
    pub fn to_json(&self) -> String {
        let mut json = String::from(r#"{"type":"Buffer","data":["#);
        for (at, byte) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _never_fails = write!(json, "{comma}{byte}");
        }
        json.push_str("]}");
        json
    }

    /// The bytes, first to last.
    pub fn values(&self) -> Copied<slice::Iter<'_, u8>> {
        self.iter().copied()
    }

    /// The positions, first to last.
    #[must_use]
    pub fn keys(&self) -> Range<usize> {
        0..self.len()
    }

    /// The positions with their bytes, first to last.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (usize, u8)> + '_ {
        self.values().enumerate()
    }
}

/// Shows up to [`INSPECT_MAX_BYTES`] bytes as Node does: `<Buffer 61 62 ... 3 more bytes>`.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, more) = self.split_at(self.len().min(INSPECT_MAX_BYTES));
        f.write_str("<Buffer")?;
        for byte in shown {
            write!(f, " {byte:02x}")?;
        }
        match more.len() {
            0 if shown.is_empty() => f.write_str(" >"),
            0 => f.write_str(">"),
            1 => f.write_str(" ... 1 more byte>"),
            count => write!(f, " ... {count} more bytes>"),
        }
    }
}

impl<'a> IntoIterator for &'a Buffer {
    type Item = &'a u8;
    type IntoIter = slice::Iter<'a, u8>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Buffer {
    type Item = &'a mut u8;
    type IntoIter = slice::IterMut<'a, u8>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
