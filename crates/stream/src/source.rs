//! Where a readable's chunks come from: always a `Stream` of buffers, whatever is underneath.

use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ferronode_buffer::Buffer;
use ferronode_buffer::constants::POOL_SIZE;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::error::StreamError;

/// A source of chunks, of any kind.
pub(crate) type Source = Pin<Box<dyn ChunkStream>>;

/// A stream of buffers, and the descriptor that it stands upon, where that is known and holds nothing back.
pub(crate) trait ChunkStream: Stream<Item = Result<Buffer, StreamError>> + Send {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// Chunks read from an `AsyncRead`, at most `size` bytes each.
pub(crate) struct ReaderSource<R> {
    reader: Pin<Box<R>>,
    size: usize,
    /// Where the next bytes are read to, kept from one read to the next while it is not given away.
    space: Buffer,
    descriptor: fn(&R) -> Option<BorrowedFd<'_>>,
}

impl<R: AsyncRead + Send> ReaderSource<R> {
    pub(crate) fn new(reader: R, size: usize) -> Self {
        Self {
            reader: Box::pin(reader),
            size: size.max(1),
            space: Buffer::default(),
            descriptor: |_| None,
        }
    }

    /// As [`new`](Self::new), for a reader that is a descriptor and no more.
    pub(crate) fn over(reader: R, size: usize) -> Self
    where
        R: AsFd,
    {
        Self {
            descriptor: |reader| Some(reader.as_fd()),
            ..Self::new(reader, size)
        }
    }

    /// Makes a chunk of the first bytes of the space: a short one is copied into a slot of the pool that fits it.
    fn chunk(&mut self, length: usize) -> Buffer {
        if length < POOL_SIZE / 2 {
            return Buffer::from_bytes(&self.space[..length]);
        }
        let space = std::mem::take(&mut self.space);
        if length == space.len() {
            return space;
        }
        space.split_at_owned(length).0
    }
}

impl<R: AsyncRead + Send> Stream for ReaderSource<R> {
    type Item = Result<Buffer, StreamError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.space.is_empty() {
            this.space = Buffer::alloc_unsafe(this.size);
        }
        let mut space = ReadBuf::new(&mut this.space);
        ready!(this.reader.as_mut().poll_read(context, &mut space))?;
        let length = space.filled().len();
        Poll::Ready((length > 0).then(|| Ok(this.chunk(length))))
    }
}

impl<R: AsyncRead + Send> ChunkStream for ReaderSource<R> {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        (self.descriptor)(&self.reader)
    }
}

/// Chunks of somebody else's stream.
pub(crate) struct StreamSource<S>(pub(crate) Pin<Box<S>>);

impl<S, B, E> Stream for StreamSource<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Buffer>,
    E: Into<StreamError>,
{
    type Item = Result<Buffer, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.as_mut().poll_next(context));
        Poll::Ready(next.map(|item| item.map(Into::into).map_err(Into::into)))
    }
}

impl<S, B, E> ChunkStream for StreamSource<S>
where
    S: Stream<Item = Result<B, E>> + Send,
    B: Into<Buffer>,
    E: Into<StreamError>,
{
}

/// Chunks that are there already.
pub(crate) struct ChunkSource<I>(pub(crate) I);

impl<I: Iterator<Item: Into<Buffer>> + Unpin> Stream for ChunkSource<I> {
    type Item = Result<Buffer, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(chunk.into())))
    }
}

impl<I: Iterator<Item: Into<Buffer>> + Send + Unpin> ChunkStream for ChunkSource<I> {}
