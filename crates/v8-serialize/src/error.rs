//! What can be wrong with bytes from outside, and with a value of our own.
//!
//! Node has no codes here: its reader throws an `Error`, "Unable to deserialize cloned data.", whatever is wrong.

use std::fmt;

/// The bytes are no value, or not the value that was asked for. An `offset` counts bytes from the start of the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload ends too early, or announces more than there is. Nothing was set aside for it.
    Truncated {
        /// Where.
        offset: usize,
        /// How many bytes were needed.
        expected: usize,
        /// How many are left.
        found: usize,
    },
    /// The payload does not begin with FF and a version from 13 to 15.
    Version {
        /// The version found, or none if there is no FF.
        found: Option<u32>,
    },
    /// Something else stands where one of a few things was expected.
    Unexpected {
        /// Where.
        offset: usize,
        /// What would have been right.
        expected: &'static str,
        /// The byte or number found.
        found: u64,
    },
    /// The count at the end of a collection is not the one of what it held.
    Count {
        /// Where the count stands.
        offset: usize,
        /// What was counted.
        expected: u32,
        /// What the count says.
        found: u32,
    },
    /// A reference to an object that has not begun.
    UnknownObject {
        /// Where.
        offset: usize,
        /// How many objects have begun.
        known: u32,
        /// The number referred to.
        found: u32,
    },
    /// An object has two properties of one name, or an array has one called `length`.
    DuplicateKey {
        /// Behind which object.
        offset: usize,
    },
    /// An object lies within itself, where a type was asked for that cannot say so. [`Graph`](crate::Graph) can.
    Cycle {
        /// Where the reference stands.
        offset: usize,
        /// The number of the object.
        object: u32,
    },
    /// A string with half a surrogate pair, where text was asked for. [`Graph`](crate::Graph) keeps it.
    LoneSurrogate {
        /// Behind which string.
        offset: usize,
    },
    /// A bound of [`Options`](crate::Options) is passed.
    Limit(Limit),
    /// The type asked for does not take what is there, in its own words.
    Value(String),
}

/// The value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// A bound of [`Options`](crate::Options) is passed.
    Limit(Limit),
    /// The key of a map is neither text nor a number, a boolean or a character: an object has no other keys.
    Key {
        /// What it is.
        found: &'static str,
    },
    /// A value refers to an object that its graph has not got.
    UnknownObject {
        /// How many objects the graph has.
        known: usize,
        /// The number referred to.
        found: usize,
    },
    /// A collection or a text is longer than the format can say.
    TooLong {
        /// How long, in elements or bytes.
        found: usize,
    },
    /// The value refuses, in its own words.
    Value(String),
}

/// The bound that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Options::depth`](crate::Options::depth).
    Depth(usize),
    /// [`Options::bytes`](crate::Options::bytes).
    Bytes(usize),
    /// [`Options::nodes`](crate::Options::nodes).
    Nodes(usize),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated {
                offset,
                expected,
                found,
            } => write!(f, "at {offset}: expected {expected} bytes, found {found}"),
            Self::Version { found: Some(found) } => write!(f, "expected a version from 13 to 15, found {found}"),
            Self::Version { found: None } => f.write_str("expected the byte ff and a version"),
            Self::Unexpected {
                offset,
                expected,
                found,
            } => write!(f, "at {offset}: expected {expected}, found {found:#04x}"),
            Self::Count {
                offset,
                expected,
                found,
            } => write!(f, "at {offset}: expected the count {expected}, found {found}"),
            Self::UnknownObject { offset, known, found } => {
                write!(f, "at {offset}: expected one of {known} objects, found number {found}")
            }
            Self::DuplicateKey { offset } => write!(f, "before {offset}: a key occurs twice"),
            Self::Cycle { offset, object } => write!(f, "at {offset}: object {object} lies within itself"),
            Self::LoneSurrogate { offset } => write!(f, "before {offset}: half a surrogate pair, which is no text"),
            Self::Limit(limit) => limit.fmt(f),
            Self::Value(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => limit.fmt(f),
            Self::Key { found } => write!(f, "expected a key of text or a number, found {found}"),
            Self::UnknownObject { known, found } => {
                write!(f, "expected one of {known} objects, found number {found}")
            }
            Self::TooLong { found } => write!(f, "expected a length of 32 bits, found {found}"),
            Self::Value(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth(limit) => write!(f, "more than {limit} objects within each other"),
            Self::Bytes(limit) => write!(f, "more than {limit} bytes"),
            Self::Nodes(limit) => write!(f, "more than {limit} values"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl std::error::Error for EncodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}
