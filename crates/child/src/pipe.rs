//! The parent's end of a pipe to a child: a socket that tokio waits for, and nobody has made non-blocking.
//!
//! Rule: the socket blocks, and each call says that it will not wait. So it can become the standard input or output of
//! another child, which expects one that blocks; Node makes it so when it starts that child, and then waits itself.
//!
//! It is registered for one direction alone: `tokio::net::UnixStream` wakes for "writable" at every read of the child.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ferronode_sys::{Readiness, finish_sending, receive_now, send_now};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An end to read from.
#[derive(Debug)]
pub(crate) struct PipeReader(Readiness);

impl PipeReader {
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self(Readiness::reading(socket)?))
    }

    /// Reads what is there, or waits; zero bytes are the end.
    pub(crate) fn poll_receive(&self, context: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let readable = ready!(self.0.poll_ready(context))?;
            match receive_now(self.0.as_fd(), space) {
                Ok(length) => {
                    // A short read has emptied the socket; its end comes as another event.
                    if length > 0 && length < space.len() {
                        readable.clear();
                    }
                    return Poll::Ready(Ok(length));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => readable.clear(),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncRead for PipeReader {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let length = ready!(self.poll_receive(context, space.initialize_unfilled()))?;
        space.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// An end to write to.
#[derive(Debug)]
pub(crate) struct PipeWriter(Readiness);

impl PipeWriter {
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self(Readiness::writing(socket)?))
    }
}

impl AsyncWrite for PipeWriter {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let writable = ready!(self.0.poll_ready(context))?;
            match send_now(self.0.as_fd(), parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => writable.clear(),
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        finish_sending(self.0.as_fd());
        Poll::Ready(Ok(()))
    }
}

impl AsFd for PipeReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsFd for PipeWriter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
