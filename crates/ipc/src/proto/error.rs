//! What can be wrong with the bytes: of a peer, of one message, of a value of our own.

use std::fmt;

/// The peer broke the rules of the channel: nothing behind this can be understood, so the channel ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame is longer than [`Limits::frame`](super::Limits::frame).
    FrameTooLong {
        /// The limit in force, in bytes.
        limit: usize,
        /// The length announced, or what has come of it so far.
        found: usize,
    },
    /// A line without a message, which kills a Node process at this place.
    EmptyLine,
    /// A frame of no length, in mode `advanced`, which kills a Node process likewise.
    EmptyFrame,
    /// More descriptors have come than [`Limits::handles`](super::Limits::handles) and no message asks for them.
    TooManyHandles {
        /// The limit in force.
        limit: usize,
    },
    /// The first frame in mode `bincode` was no hello of a version that is understood here.
    Hello {
        /// Version and codec understood here.
        expected: (u8, u8),
        /// Version and codec said by the peer, or none when it said something else.
        found: Option<(u8, u8)>,
    },
    /// A frame of a kind that does not exist, in mode `bincode`.
    UnknownFrame {
        /// The kind found.
        kind: u8,
    },
    /// A frame is shorter than what must stand in it, in mode `bincode`.
    FrameTooShort {
        /// How many bytes it must have at least.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The channel ended in the middle of a frame.
    UnfinishedFrame {
        /// How many bytes of it had come, but for what is already taken in (in mode `bincode` a value whose bodies come
        /// behind it, and the first of those).
        found: usize,
    },
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameTooLong { limit, found } => write!(f, "a frame of {found} bytes, where {limit} are allowed"),
            Self::EmptyLine => f.write_str("expected a JSON text, found an empty line"),
            Self::EmptyFrame => f.write_str("expected a value, found an empty frame"),
            Self::TooManyHandles { limit } => write!(f, "more than {limit} descriptors that no message asks for"),
            Self::Hello {
                expected,
                found: Some(found),
            } => write!(
                f,
                "expected version {} with codec {}, found version {} with codec {}",
                expected.0, expected.1, found.0, found.1
            ),
            Self::Hello { expected, found: None } => {
                write!(f, "expected the hello of version {}, found something else", expected.0)
            }
            Self::UnknownFrame { kind } => write!(f, "expected a frame of kind 1 to 6, found kind {kind}"),
            Self::FrameTooShort { expected, found } => {
                write!(f, "expected a frame of at least {expected} bytes, found {found}")
            }
            Self::UnfinishedFrame { found } => write!(f, "the channel ended {found} bytes into a frame"),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// A message is not what its reader expected. The channel goes on.
#[derive(Debug)]
pub struct DecodeError(Box<dyn std::error::Error + Send + Sync>);

impl DecodeError {
    pub(super) fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read the message: {}", self.0)
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// A value cannot be written as a message. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The codec refuses the value (a map with keys that are no strings, in JSON).
    Value(Box<dyn std::error::Error + Send + Sync>),
    /// The message is longer than [`Limits::frame`](super::Limits::frame).
    TooLong {
        /// The limit in force, in bytes.
        limit: usize,
        /// The length of the frame.
        found: usize,
    },
    /// More handles than one message may carry.
    TooManyHandles {
        /// How many can travel in this mode: one in Node's modes.
        limit: usize,
        /// How many were given.
        found: usize,
    },
    /// More bodies than one message may carry. Node's modes carry none: there bytes are part of the value.
    TooManyBodies {
        /// How many can travel in this mode.
        limit: usize,
        /// How many were given.
        found: usize,
    },
}

impl EncodeError {
    pub(super) fn value(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Value(error.into())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(error) => write!(f, "cannot write the message: {error}"),
            Self::TooLong { limit, found } => write!(f, "a message of {found} bytes, where {limit} are allowed"),
            Self::TooManyHandles { limit, found } => {
                write!(f, "{found} handles with one message, where {limit} can travel")
            }
            Self::TooManyBodies { limit, found } => {
                write!(f, "{found} bodies beside one message, where {limit} can travel")
            }
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Value(error) => Some(&**error),
            Self::TooLong { .. } | Self::TooManyHandles { .. } | Self::TooManyBodies { .. } => None,
        }
    }
}
