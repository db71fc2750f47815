//! Out of this crate's streams into others: tokio's `AsyncRead` and `AsyncWrite`, futures' `Stream`.
//!
//! The way in is [`Readable::new`], [`Readable::from_stream`] and [`Writable::new`].

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ferronode_buffer::Buffer;
use futures_core::Stream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use crate::error::{StreamError, TryWriteError};
use crate::high_water_mark::HIGH_WATER_MARK;
use crate::readable::Readable;
use crate::writable::Writable;

/// A call of ours that an outside poll goes on with.
type Call<T> = Option<Pin<Box<dyn Future<Output = Result<T, StreamError>> + Send>>>;

/// Goes on with a call, or begins it.
fn poll_call<T, F>(
    call: &mut Call<T>,
    context: &mut Context<'_>,
    begin: impl FnOnce() -> F,
) -> Poll<Result<T, StreamError>>
where
    F: Future<Output = Result<T, StreamError>> + Send + 'static,
{
    let running = call.get_or_insert_with(|| Box::pin(begin()));
    let result = ready!(running.as_mut().poll(context));
    *call = None;
    Poll::Ready(result)
}

impl Readable {
    /// The chunks as a `futures` stream.
    #[must_use]
    pub fn into_stream(self) -> Chunks {
        Chunks {
            readable: self,
            call: None,
        }
    }

    /// The bytes as tokio's `AsyncRead` and `AsyncBufRead`.
    #[must_use]
    pub fn into_async_read(self) -> Reader {
        Reader {
            chunks: self.into_stream(),
            chunk: Buffer::default(),
            offset: 0,
        }
    }
}

/// The chunks of a [`Readable`].
pub struct Chunks {
    readable: Readable,
    call: Call<Option<Buffer>>,
}

impl Stream for Chunks {
    type Item = Result<Buffer, StreamError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let readable = &this.readable;
        poll_call(&mut this.call, context, || {
            let readable = readable.clone();
            async move { readable.read().await }
        })
        .map(Result::transpose)
    }
}

/// The bytes of a [`Readable`].
pub struct Reader {
    chunks: Chunks,
    chunk: Buffer,
    /// How much of the chunk is read.
    offset: usize,
}

impl AsyncBufRead for Reader {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.offset == this.chunk.len() {
            match ready!(Pin::new(&mut this.chunks).poll_next(context)) {
                Some(chunk) => (this.chunk, this.offset) = (chunk?, 0),
                None => return Poll::Ready(Ok(&[])),
            }
        }
        Poll::Ready(Ok(&this.chunk[this.offset..]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.offset = (this.offset + amount).min(this.chunk.len());
    }
}

impl AsyncRead for Reader {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let bytes = ready!(self.as_mut().poll_fill_buf(context))?;
        let length = bytes.len().min(space.remaining());
        space.put_slice(&bytes[..length]);
        self.consume(length);
        Poll::Ready(Ok(()))
    }
}

impl Writable {
    /// The stream as tokio's `AsyncWrite`: a write waits while the queue is full, a shutdown ends the stream.
    #[must_use]
    pub fn into_async_write(self) -> Writer {
        Writer {
            writable: self,
            room: None,
            flush: None,
            finish: None,
        }
    }
}

/// The face of a [`Writable`] that tokio knows.
pub struct Writer {
    writable: Writable,
    room: Call<()>,
    flush: Call<()>,
    finish: Call<()>,
}

impl AsyncWrite for Writer {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let writable = &this.writable;
        let length = bytes.len().min(HIGH_WATER_MARK);
        loop {
            // The chunk is made only when there is room for it.
            ready!(poll_call(&mut this.room, context, || {
                let writable = writable.clone();
                async move { writable.has_room().await }
            }))?;
            match writable.try_write(&bytes[..length]) {
                Ok(_) => return Poll::Ready(Ok(length)),
                Err(TryWriteError::Full(_)) => {} // Another writer was faster.
                Err(TryWriteError::Closed(error)) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let writable = &this.writable;
        let flushed = poll_call(&mut this.flush, context, || {
            let writable = writable.clone();
            async move { writable.flush().await }
        });
        flushed.map_err(Into::into)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let writable = &this.writable;
        let finished = poll_call(&mut this.finish, context, || {
            writable.end();
            let writable = writable.clone();
            async move { writable.finished().await }
        });
        finished.map_err(Into::into)
    }
}

macro_rules! shown_without_the_call {
    ($($name:ident: $field:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.$field).finish()
            }
        }
    )*};
}

shown_without_the_call!(Chunks: readable, Reader: chunks, Writer: writable);
