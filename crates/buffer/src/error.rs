//! What can be wrong with an argument. Each error carries what was asked and what there is, and Node's own code.

use std::fmt;

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
