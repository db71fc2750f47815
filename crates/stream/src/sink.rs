//! Where a writable's chunks go: something that takes them from the front of a queue.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ferronode_buffer::Buffer;
use tokio::io::AsyncWrite;

use crate::error::StreamError;

/// A taker of chunks, of any kind.
pub(crate) trait Sink: Send {
    /// Takes chunks, or a part of the first, and says how many bytes that was. What is taken whole is popped.
    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut VecDeque<Buffer>,
    ) -> Poll<Result<usize, StreamError>>;

    /// Waits until what was taken is where it belongs.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamError>>;

    /// Flushes, and ends it: the other side sees the end.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamError>>;

    /// The descriptor that it stands upon, where that is known and everything taken is there.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// How many chunks one system call takes: Linux allows 1,024 (`IOV_MAX`), and a few are as good.
const VECTORS: usize = 16;

/// Writes chunks to an `AsyncWrite`, several in one call where it can.
pub(crate) struct WriterSink<W> {
    writer: Pin<Box<W>>,
    /// How much of the first chunk is written.
    offset: usize,
    descriptor: fn(&W) -> Option<BorrowedFd<'_>>,
}

impl<W: AsyncWrite + Send> WriterSink<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self {
            writer: Box::pin(writer),
            offset: 0,
            descriptor: |_| None,
        }
    }

    /// As [`new`](Self::new), for a writer that is a descriptor and no more.
    pub(crate) fn over(writer: W) -> Self
    where
        W: AsFd,
    {
        Self {
            descriptor: |writer| Some(writer.as_fd()),
            ..Self::new(writer)
        }
    }

    /// Pops what `written` bytes have finished.
    fn advance(&mut self, chunks: &mut VecDeque<Buffer>, written: usize) {
        self.offset += written;
        while let Some(first) = chunks.front()
            && first.len() <= self.offset
        {
            self.offset -= first.len();
            chunks.pop_front();
        }
    }
}

impl<W: AsyncWrite + Send> Sink for WriterSink<W> {
    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut VecDeque<Buffer>,
    ) -> Poll<Result<usize, StreamError>> {
        self.advance(chunks, 0);
        let Some(first) = chunks.front() else {
            return Poll::Ready(Ok(0));
        };
        let first = &first[self.offset..];
        let written = if chunks.len() > 1 && self.writer.is_write_vectored() {
            let mut slices = [IoSlice::new(&[]); VECTORS];
            slices[0] = IoSlice::new(first);
            let rest = chunks.iter().skip(1);
            slices[1..]
                .iter_mut()
                .zip(rest)
                .for_each(|(slice, chunk)| *slice = IoSlice::new(chunk));
            let count = chunks.len().min(VECTORS);
            ready!(self.writer.as_mut().poll_write_vectored(context, &slices[..count]))?
        } else {
            ready!(self.writer.as_mut().poll_write(context, first))?
        };
        if written == 0 {
            return Poll::Ready(Err(std::io::Error::from(std::io::ErrorKind::WriteZero).into()));
        }
        self.advance(chunks, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        self.writer.as_mut().poll_flush(context).map_err(Into::into)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        self.writer.as_mut().poll_shutdown(context).map_err(Into::into)
    }
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        (self.descriptor)(&self.writer)
    }
}
