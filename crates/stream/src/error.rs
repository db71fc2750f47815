//! What can go wrong with a stream.

use std::fmt;
use std::io;
use std::sync::Arc;

use ferronode_buffer::Buffer;

/// Why a stream ended before its end. Cheap to clone: an error is told to listeners and to a caller.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StreamError {
    /// The thing under the stream failed: a file, a socket, a stream of somebody else's.
    Io(Arc<io::Error>),
    /// The stream was destroyed before this call.
    Destroyed,
    /// A chunk was written after `end`.
    WriteAfterEnd,
    /// One end of a pipe was destroyed, without an error, before all had gone through.
    PrematureClose,
    /// A line was longer than the reader allows.
    LineTooLong {
        /// How many bytes a line may have.
        limit: usize,
    },
}

impl StreamError {
    /// Node's code: `"ERR_STREAM_DESTROYED"`, or the system's, `"EPIPE"`, where it is one of the usual.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Io(error) => system_code(error.kind()),
            Self::Destroyed => Some("ERR_STREAM_DESTROYED"),
            Self::WriteAfterEnd => Some("ERR_STREAM_WRITE_AFTER_END"),
            Self::PrematureClose => Some("ERR_STREAM_PREMATURE_CLOSE"),
            Self::LineTooLong { .. } => None,
        }
    }
}

fn system_code(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::ConnectionReset => "ECONNRESET",
        io::ErrorKind::NotConnected => "ENOTCONN",
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::IsADirectory => "EISDIR",
        io::ErrorKind::StorageFull => "ENOSPC",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        _ => return None,
    })
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Destroyed => f.write_str("the stream was destroyed"),
            Self::WriteAfterEnd => f.write_str("write after end"),
            Self::PrematureClose => f.write_str("premature close: an end of the pipe was destroyed"),
            Self::LineTooLong { limit } => write!(f, "a line has more than {limit} bytes"),
        }
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        let kind = match &error {
            StreamError::Io(error) => error.kind(),
            StreamError::LineTooLong { .. } => io::ErrorKind::InvalidData,
            StreamError::PrematureClose => io::ErrorKind::UnexpectedEof,
            StreamError::Destroyed | StreamError::WriteAfterEnd => io::ErrorKind::BrokenPipe,
        };
        Self::new(kind, error)
    }
}

/// Why a chunk was not taken at once.
#[derive(Debug)]
#[non_exhaustive]
pub enum TryWriteError {
    /// The queue stands at its mark. Here is the chunk: write it again after [`DRAIN`](crate::DRAIN).
    Full(Buffer),
    /// The stream takes no more.
    Closed(StreamError),
}

impl fmt::Display for TryWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(chunk) => write!(f, "the queue is full; {} bytes were not taken", chunk.len()),
            Self::Closed(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for TryWriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Full(_) => None,
            Self::Closed(error) => Some(error),
        }
    }
}
