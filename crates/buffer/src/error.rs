//! What can be wrong with an argument. Each error carries what was asked and what there is, and Node's own code.

use std::fmt;

use crate::encoding::Encoding;

/// The name is not one of Node's encodings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEncoding {
    /// The name that was asked for.
    pub name: String,
}

impl UnknownEncoding {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_UNKNOWN_ENCODING"
    }
}

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unknown encoding: {}", self.name)
    }
}

impl std::error::Error for UnknownEncoding {}

/// There is no buffer of the size that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllocError {
    /// The size is over the limit; nothing was allocated.
    TooLarge {
        /// Bytes asked for.
        asked: usize,
        /// Bytes that a buffer may have.
        available: usize,
    },
    /// The allocator refused.
    OutOfMemory {
        /// Bytes asked for.
        asked: usize,
    },
}

impl AllocError {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "ERR_OUT_OF_RANGE",
            Self::OutOfMemory { .. } => "ERR_MEMORY_ALLOCATION_FAILED",
        }
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { asked, available } => {
                write!(f, "a buffer has at most {available} bytes, {asked} were asked for")
            }
            Self::OutOfMemory { asked } => write!(f, "no memory for a buffer of {asked} bytes"),
        }
    }
}

impl std::error::Error for AllocError {}

/// A position, a width or a number is outside of what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RangeError {
    /// The argument has other values to choose from.
    OutOfRange {
        /// Node's name of the argument.
        name: &'static str,
        /// What was asked for.
        asked: i128,
        /// The least that is allowed.
        least: i128,
        /// The most that is allowed.
        most: i128,
    },
    /// The buffer is too short, whatever the position.
    OutOfBounds {
        /// Bytes that are needed.
        asked: usize,
        /// Bytes that there are.
        available: usize,
    },
}

impl RangeError {
    /// Checks a position or a length against the most that is allowed.
    pub(crate) fn check(name: &'static str, asked: usize, most: usize) -> Result<(), Self> {
        if asked <= most {
            return Ok(());
        }
        Err(Self::OutOfRange {
            name,
            asked: asked as i128,
            least: 0,
            most: most as i128,
        })
    }

    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "ERR_OUT_OF_RANGE",
            Self::OutOfBounds { .. } => "ERR_BUFFER_OUT_OF_BOUNDS",
        }
    }
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange {
                name,
                asked,
                least,
                most,
            } => {
                write!(f, "\"{name}\" is {asked}, it must be >= {least} and <= {most}")
            }
            Self::OutOfBounds { asked, available } => {
                write!(f, "{asked} bytes are needed, the buffer has {available}")
            }
        }
    }
}

impl std::error::Error for RangeError {}

/// A buffer cannot be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FillError {
    /// The range is not in the buffer.
    Range(RangeError),
    /// There is no such buffer to fill.
    Alloc(AllocError),
    /// The pattern has no bytes: an empty slice, or a text without a digit in base64 or hex.
    EmptyPattern,
}

impl FillError {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Range(error) => error.code(),
            Self::Alloc(error) => error.code(),
            Self::EmptyPattern => "ERR_INVALID_ARG_VALUE",
        }
    }
}

impl fmt::Display for FillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(error) => error.fmt(f),
            Self::Alloc(error) => error.fmt(f),
            Self::EmptyPattern => f.write_str("the pattern has no bytes to fill with"),
        }
    }
}

impl std::error::Error for FillError {}

impl From<RangeError> for FillError {
    fn from(error: RangeError) -> Self {
        Self::Range(error)
    }
}

impl From<AllocError> for FillError {
    fn from(error: AllocError) -> Self {
        Self::Alloc(error)
    }
}

/// The length is not a whole number of units to swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SwapError {
    /// Bytes of a unit.
    pub unit: usize,
    /// Bytes that there are.
    pub length: usize,
}

impl SwapError {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_INVALID_BUFFER_SIZE"
    }
}

impl fmt::Display for SwapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, length } = self;
        write!(f, "{length} bytes are not a multiple of {unit}")
    }
}

impl std::error::Error for SwapError {}

/// Text cannot be transcoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TranscodeError {
    /// Only `utf8`, `utf16le`, `latin1` and `ascii` are text encodings.
    Unsupported {
        /// The encoding that is none.
        encoding: Encoding,
    },
    /// Between `utf8` and `utf16le` the text must be well formed: no invalid bytes, no surrogate alone.
    IllFormed {
        /// The encoding that was read.
        encoding: Encoding,
    },
}

impl TranscodeError {
    /// Node's code, which is ICU's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "U_ILLEGAL_ARGUMENT_ERROR",
            Self::IllFormed { .. } => "U_INVALID_CHAR_FOUND",
        }
    }
}

impl fmt::Display for TranscodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { encoding } => {
                write!(
                    f,
                    "utf8, utf16le, latin1 and ascii can be transcoded, {encoding} cannot"
                )
            }
            Self::IllFormed { encoding } => write!(f, "the text is not well-formed {encoding}"),
        }
    }
}

impl std::error::Error for TranscodeError {}

/// A character that `atob` or `btoa` does not allow where it stands. In Node a `DOMException` with this name and no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidCharacterError {
    /// Where it stands, in 16-bit units; the length, if the text ends too early.
    pub position: usize,
}

impl fmt::Display for InvalidCharacterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid character at {}", self.position)
    }
}

impl std::error::Error for InvalidCharacterError {}
