//! What can go wrong with a channel: in sending, in asking, and in receiving.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::outgoing::Outgoing;
use crate::proto::{EncodeError, ProtocolError};

/// A message was not sent. It is in here, with its handles.
pub struct SendError<T> {
    /// The message, as it was given.
    pub message: Outgoing<T>,
    /// Why it was not sent.
    pub kind: SendErrorKind,
}

/// Why a message was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// The channel is closed, by this end or by the other: Node's `ERR_IPC_CHANNEL_CLOSED`.
    Closed,
    /// Too much waits already for the socket ([`try_send`](crate::Sender::try_send) alone says this).
    Full,
    /// The value cannot be written.
    Encode(EncodeError),
    /// A handle cannot be made ready to travel.
    Handle(io::Error),
    /// As many questions are open as [`Limits::requests`](crate::Limits::requests) allows.
    TooManyRequests {
        /// The limit in force.
        limit: usize,
    },
}

impl<T> SendError<T> {
    /// Node's code for it, where Node has one.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self.kind {
            SendErrorKind::Closed => Some("ERR_IPC_CHANNEL_CLOSED"),
            _ => None,
        }
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            SendErrorKind::Closed => f.write_str("channel closed"),
            SendErrorKind::Full => f.write_str("the channel is full: the peer does not read"),
            SendErrorKind::Encode(error) => write!(f, "{error}"),
            SendErrorKind::Handle(error) => write!(f, "cannot send the handle: {error}"),
            SendErrorKind::TooManyRequests { limit } => {
                write!(f, "{limit} questions are open, and no more are allowed")
            }
        }
    }
}

impl<T> std::error::Error for SendError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            SendErrorKind::Encode(error) => Some(error),
            SendErrorKind::Handle(error) => Some(error),
            SendErrorKind::Closed | SendErrorKind::Full | SendErrorKind::TooManyRequests { .. } => None,
        }
    }
}

/// A question was not answered.
#[non_exhaustive]
pub enum RequestError<T> {
    /// It was not sent; the message is in here. `Full` says that there was no room for it until the deadline.
    NotSent(SendError<T>),
    /// No answer came in time. The peer has been told that nobody waits any more.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The peer has answered that it does not answer.
    Refused {
        /// Its reason.
        why: String,
    },
    /// The channel ended before an answer came.
    Closed,
}

impl<T> fmt::Debug for RequestError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(error) => f.debug_tuple("NotSent").field(error).finish(),
            Self::TimedOut { after } => f.debug_struct("TimedOut").field("after", after).finish(),
            Self::Refused { why } => f.debug_struct("Refused").field("why", why).finish(),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

impl<T> fmt::Display for RequestError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(error) => write!(f, "{error}"),
            Self::TimedOut { after } => write!(f, "no answer within {after:?}"),
            Self::Refused { why } => write!(f, "the peer refuses to answer: {why}"),
            Self::Closed => f.write_str("the channel ended before an answer came"),
        }
    }
}

impl<T> std::error::Error for RequestError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotSent(error) => error.source(),
            _ => None,
        }
    }
}

/// Receiving failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecvError {
    /// The peer broke the rules. The channel is closed; every further call says that it has ended.
    Protocol(ProtocolError),
    /// The socket failed. The channel is closed likewise.
    Io(io::Error),
    /// The peer did not get a handle of ours, however often it was sent; its message is lost with it. The channel goes on.
    HandleNotReceived {
        /// Whether that was a message of a protocol above the channel.
        internal: bool,
    },
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => write!(f, "the peer broke the rules of the channel: {error}"),
            Self::Io(error) => write!(f, "the channel failed: {error}"),
            Self::HandleNotReceived { .. } => {
                f.write_str("the peer did not receive a handle: its limit of open files may be reached")
            }
        }
    }
}

impl std::error::Error for RecvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::HandleNotReceived { .. } => None,
        }
    }
}

impl From<ProtocolError> for RecvError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}
