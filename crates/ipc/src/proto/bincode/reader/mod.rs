//! Reads what bincode writes in its standard configuration: a value whose type says what stands where.
//!
//! ```text
//! u16 … u128, lengths   up to 250: a byte; else 251, 252, 253 or 254, and 2, 4, 8 or 16 bytes
//! i16 … i128            the same of 2n, or of -2n - 1 if it is negative
//! u8, i8, f32, f64      as they are
//! bool, option          0 or 1, and what is in it
//! char                  its UTF-8
//! text, bytes           length, bytes
//! sequence, map         count, elements
//! tuple, struct         elements
//! enum                  number of the variant, elements
//! ```
//!
//! The crate's own reader makes a text in memory that is zeroed first, and follows a value within a value as deep as a
//! peer likes, until the stack ends. Here a text is lent from the message and copied once, and [`DEPTH`] is the end.
//! Nothing is allocated before it is there; what a count announces, serde believes for 1 MiB at most.

mod deserializer;

use std::fmt;

use serde::de::{DeserializeOwned, Error};

/// How deep values may lie in each other: twice as deep as in mode `json`, since here an option counts too.
const DEPTH: u32 = 256;
/// How many elements of no bytes a sequence may have: otherwise ten bytes could keep a reader for years.
const NOTHINGS: usize = 1 << 16;

/// What a number begins with that is no number itself.
const TWO_BYTES: u8 = 251;
const FOUR_BYTES: u8 = 252;
const EIGHT_BYTES: u8 = 253;
const SIXTEEN_BYTES: u8 = 254;

/// Reads a value that takes all the bytes.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    let mut reader = Reader { rest: bytes, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.rest.len() {
        0 => Ok(value),
        left => Err(ReadError::Behind { left }),
    }
}

/// Why bytes are not the value.
#[derive(Debug)]
pub(super) enum ReadError {
    /// They end within it.
    End {
        expected: usize,
        found: usize,
    },
    /// More stands behind it.
    Behind {
        left: usize,
    },
    /// A byte that cannot stand there.
    Byte {
        expected: &'static str,
        found: u8,
    },
    /// A text that is none.
    Text(std::str::Utf8Error),
    /// A length or count beyond what there can be.
    Length(u64),
    TooDeep,
    /// A type that wants to be told what comes next.
    Undescribed,
    /// What the type itself says.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End { expected, found } => write!(f, "expected {expected} more bytes, found {found}"),
            Self::Behind { left } => write!(f, "{left} bytes are left behind the value"),
            Self::Byte { expected, found } => write!(f, "expected {expected}, found the byte {found}"),
            Self::Text(error) => error.fmt(f),
            Self::Length(found) => write!(f, "expected no more elements than there are bytes, found {found}"),
            Self::TooDeep => write!(
                f,
                "expected values that lie in each other {DEPTH} deep at most, found more"
            ),
            Self::Undescribed => f.write_str("expected a type that says what it is made of: bincode does not"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::Other(what.to_string())
    }
}

/// What is not yet read.
struct Reader<'de> {
    rest: &'de [u8],
    depth: u32,
}

impl<'de> Reader<'de> {
    #[cold]
    fn end<T>(&self, expected: usize) -> Result<T, ReadError> {
        let found = self.rest.len();
        Err(ReadError::End { expected, found })
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return self.end(N);
        };
        self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    fn run(&mut self) -> Result<&'de [u8], ReadError> {
        let length = self.count()?;
        let Some((run, rest)) = self.rest.split_at_checked(length) else {
            return self.end(length);
        };
        self.rest = rest;
        Ok(run)
    }

    #[inline]
    fn text(&mut self) -> Result<&'de str, ReadError> {
        std::str::from_utf8(self.run()?).map_err(ReadError::Text)
    }

    /// A number that fits in so many bytes.
    #[inline]
    fn number<const WIDTH: usize>(&mut self) -> Result<u64, ReadError> {
        match self.bytes()? {
            [short] if short < TWO_BYTES => Ok(short.into()),
            [mark] => self.long_number(mark, WIDTH),
        }
    }

    fn long_number(&mut self, mark: u8, width: usize) -> Result<u64, ReadError> {
        match mark {
            TWO_BYTES => Ok(u16::from_le_bytes(self.bytes()?).into()),
            FOUR_BYTES if width >= 4 => Ok(u32::from_le_bytes(self.bytes()?).into()),
            EIGHT_BYTES if width >= 8 => Ok(u64::from_le_bytes(self.bytes()?)),
            found => Err(ReadError::Byte {
                expected: "a number of the type's width",
                found,
            }),
        }
    }

    fn longest_number(&mut self) -> Result<u128, ReadError> {
        if let [SIXTEEN_BYTES, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u128::from_le_bytes(self.bytes()?));
        }
        self.number::<8>().map(u128::from)
    }

    /// A length, or the count of a sequence.
    #[inline]
    fn count(&mut self) -> Result<usize, ReadError> {
        let count = self.number::<8>()?;
        usize::try_from(count).map_err(|_| ReadError::Length(count))
    }

    fn elements(&mut self) -> Result<usize, ReadError> {
        let count = self.count()?;
        if count > self.rest.len().max(NOTHINGS) {
            return Err(ReadError::Length(count as u64));
        }
        Ok(count)
    }

    fn is_one(&mut self, expected: &'static str) -> Result<bool, ReadError> {
        match self.bytes()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [found] => Err(ReadError::Byte { expected, found }),
        }
    }

    fn character(&mut self) -> Result<char, ReadError> {
        let first = self.rest.first().copied().unwrap_or_default();
        let width = match first {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        let Some((bytes, rest)) = self.rest.split_at_checked(width) else {
            return self.end(width);
        };
        self.rest = rest;
        let text = std::str::from_utf8(bytes).map_err(ReadError::Text)?;
        text.chars().next().ok_or(ReadError::Undescribed)
    }

    /// Reads something that values lie in.
    #[inline]
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Result<T, ReadError> {
        if self.depth == DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}
