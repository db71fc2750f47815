//! Two streams that are one thing: what is read and what is written share a socket, a transform, a fate.
//!
//! Rule: each half ends by itself (a socket may be half closed), but an error of one destroys the other.
//! The error is told as an event by the half that failed; on the other it is the result of the next call.
//!
//! In Node: [`stream.Duplex`](https://nodejs.org/docs/latest-v20.x/api/stream.html#class-streamduplex).

use tokio::io::{AsyncRead, AsyncWrite};

use crate::readable::Readable;
use crate::writable::Writable;

/// A readable and a writable half. Clones are the same stream.
#[derive(Clone, Debug)]
pub struct Duplex {
    readable: Readable,
    writable: Writable,
}

impl Duplex {
    /// Reads from and writes to `io`, a socket as a rule.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as every stream.
    #[track_caller]
    pub fn new(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (reader, writer) = tokio::io::split(io);
        Self::from_halves(Readable::new(reader), Writable::new(writer))
    }

    /// Ties two streams together: from now on an error of one destroys the other.
    #[must_use]
    pub fn from_halves(readable: Readable, writable: Writable) -> Self {
        readable.life().on_failure(writable.follower());
        writable.life().on_failure(readable.follower());
        Self { readable, writable }
    }

    /// The half to read from.
    #[must_use]
    pub fn readable(&self) -> &Readable {
        &self.readable
    }

    /// The half to write to.
    #[must_use]
    pub fn writable(&self) -> &Writable {
        &self.writable
    }

    /// Gives the halves, which stay tied.
    #[must_use]
    pub fn into_halves(self) -> (Readable, Writable) {
        (self.readable, self.writable)
    }

    /// Destroys both halves; says whether there was still something to end.
    pub fn destroy(&self) -> bool {
        let readable = self.readable.destroy();
        self.writable.destroy() || readable
    }

    /// Waits until both halves are done, well or not.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn closed(&self) {
        self.readable.closed().await;
        self.writable.closed().await;
    }
}
