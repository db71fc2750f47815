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
