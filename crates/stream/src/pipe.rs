//! Everything from one stream into another.
//!
//! Rule 1: the next chunk is read when the one before has been taken: the slower end sets the pace.
//! Rule 2: the end of the one ends the other, unless it is [kept open](Pipe::keep_open).
//! Rule 3: an error at either end destroys both, and is the pipe's result, once.
//!
//! That is Node's `pipeline`; its older `pipe` leaves one end open when the other breaks, which is how descriptors leak.
//!
//! In Node: [`stream.pipeline`](https://nodejs.org/docs/latest-v20.x/api/stream.html#streampipelinesource-transforms-destination-callback).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::StreamError;
use crate::readable::Readable;
use crate::writable::Writable;

/// A pipe from a [`Readable`] to a [`Writable`]: a future of the number of bytes that went through.
///
/// # Cancel safety
///
/// When it is dropped the pipe stops, and both streams stay as they are; a chunk on its way may be lost.
#[doc(alias = "pipeline")]
#[must_use = "nothing goes through a pipe that nobody awaits or spawns"]
pub struct Pipe {
    from: Readable,
    to: Writable,
    ends: bool,
    running: Option<Running>,
}

type Running = Pin<Box<dyn Future<Output = Result<u64, StreamError>> + Send>>;

impl Pipe {
    pub(crate) fn new(from: Readable, to: Writable) -> Self {
        Self {
            from,
            to,
            ends: true,
            running: None,
        }
    }

    /// Does not end the writable when the readable has ended: Node's `{ end: false }`. An error destroys it all the same.
    pub fn keep_open(mut self) -> Self {
        self.ends = false;
        self
    }
}

impl Future for Pipe {
    /// How many bytes went through.
    ///
    /// # Errors
    ///
    /// The error of the end that failed; [`StreamError::PrematureClose`] if one was destroyed without an error.
    type Output = Result<u64, StreamError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let running = this
            .running
            .get_or_insert_with(|| Box::pin(run(this.from.clone(), this.to.clone(), this.ends)));
        running.as_mut().poll(context)
    }
}

async fn run(from: Readable, to: Writable, ends: bool) -> Result<u64, StreamError> {
    // Who waits for the pipe hears of an error at either end, whatever the pipe waits for just then.
    let _attendances = (from.life().attend(), to.life().attend());
    match carry(&from, &to, ends).await {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            from.destroy();
            to.destroy();
            Err(match error {
                StreamError::Destroyed => StreamError::PrematureClose,
                error => error,
            })
        }
    }
}

async fn carry(from: &Readable, to: &Writable, ends: bool) -> Result<u64, StreamError> {
    let mut bytes = 0;
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = from.read() => chunk?,
            () = to.closed() => {
                to.life().outcome()?;
                return Err(StreamError::PrematureClose);
            }
        };
        let Some(chunk) = chunk else { break };
        bytes += chunk.len() as u64;
        to.write(chunk).await?;
    }
    if ends {
        to.end();
        to.finished().await?;
    } else {
        to.flush().await?;
    }
    Ok(bytes)
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
