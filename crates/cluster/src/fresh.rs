//! A socket that is watched from the moment when it must be waited for, and not before.
//!
//! Rule: what is there is read and what has room is written without asking. A client has sent its request, as a rule, by the
//! time when its connection has been handed over. One that is answered and closed then is never registered with epoll: that
//! saves two system calls and a turn of the runtime, since tokio's own streams wait for epoll before they read at all.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::coop::poll_proceed;

/// A stream of tokio's, and the same before it is watched.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Sized {
    type Unwatched: Read + Write + Unpin;

    fn watch(socket: Self::Unwatched) -> io::Result<Self>;

    fn finish(socket: &Self::Unwatched) -> io::Result<()>;
}

impl Stream for TcpStream {
    type Unwatched = std::net::TcpStream;

    fn watch(socket: Self::Unwatched) -> io::Result<Self> {
        Self::from_std(socket)
    }

    fn finish(socket: &Self::Unwatched) -> io::Result<()> {
        socket.shutdown(Shutdown::Write)
    }
}

impl Stream for UnixStream {
    type Unwatched = std::os::unix::net::UnixStream;

    fn watch(socket: Self::Unwatched) -> io::Result<Self> {
        Self::from_std(socket)
    }

    fn finish(socket: &Self::Unwatched) -> io::Result<()> {
        socket.shutdown(Shutdown::Write)
    }
}

/// A socket that does not block, watched or not yet.
#[derive(Debug)]
pub(crate) enum Fresh<S: Stream> {
    Watched(S),
    /// None when it could not be watched: then it is of no more use.
    Unwatched(Option<S::Unwatched>),
}

impl<S: Stream> Fresh<S> {
    pub(crate) fn new(socket: S::Unwatched) -> Self {
        Self::Unwatched(Some(socket))
    }

    /// Does it at once if that can be. `None` where it is watched from now on, or has been.
    fn at_once<T>(
        &mut self,
        context: &mut Context<'_>,
        mut act: impl FnMut(&mut S::Unwatched) -> io::Result<T>,
    ) -> Poll<io::Result<Option<T>>> {
        let Self::Unwatched(unwatched) = self else {
            return Poll::Ready(Ok(None));
        };
        // A peer that always has something to say must not keep the thread for itself.
        let turn = ready!(poll_proceed(context));
        let mut socket = unwatched.take().ok_or(ErrorKind::NotConnected)?;
        let done = loop {
            match act(&mut socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                done => break done,
            }
        };
        if matches!(&done, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            *self = Self::Watched(S::watch(socket)?);
            return Poll::Ready(Ok(None));
        }
        *unwatched = Some(socket);
        turn.made_progress();
        Poll::Ready(done.map(Some))
    }

    /// The stream, when [`at_once`](Self::at_once) has said that it is watched.
    fn watched(&mut self) -> io::Result<Pin<&mut S>> {
        match self {
            Self::Watched(stream) => Ok(Pin::new(stream)),
            Self::Unwatched(_) => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl<S: Stream> AsyncRead for Fresh<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.at_once(context, |socket| socket.read(buffer.initialize_unfilled()));
        match ready!(read)? {
            Some(length) => {
                buffer.advance(length);
                Poll::Ready(Ok(()))
            }
            None => self.watched()?.poll_read(context, buffer),
        }
    }
}

impl<S: Stream> AsyncWrite for Fresh<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match ready!(self.at_once(context, |socket| socket.write(bytes)))? {
            Some(length) => Poll::Ready(Ok(length)),
            None => self.watched()?.poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.at_once(context, |socket| socket.write_vectored(parts)))? {
            Some(length) => Poll::Ready(Ok(length)),
            None => self.watched()?.poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true // both kinds
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(())) // nothing is kept back
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Watched(stream) => Pin::new(stream).poll_shutdown(context),
            // Whoever is not connected any more has been shut down, as for tokio's streams.
            Self::Unwatched(Some(socket)) => Poll::Ready(match S::finish(socket) {
                Err(error) if error.kind() != ErrorKind::NotConnected => Err(error),
                _ => Ok(()),
            }),
            Self::Unwatched(None) => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Two ends of a connection, which are not watched.
    fn pair() -> [Fresh<UnixStream>; 2] {
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        [one, other].map(|end| {
            end.set_nonblocking(true).unwrap();
            Fresh::new(end)
        })
    }

    fn is_watched(end: &Fresh<UnixStream>) -> bool {
        matches!(end, Fresh::Watched(_))
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_can_be_done_at_once_is_done_without_watching() {
        let [mut one, mut other] = pair();
        one.write_all(b"request").await.unwrap();
        one.shutdown().await.unwrap();
        let mut request = [0; 7];
        other.read_exact(&mut request).await.unwrap();
        assert_eq!(&request, b"request");
        assert_eq!(other.read(&mut request).await.unwrap(), 0);
        assert!(!is_watched(&one) && !is_watched(&other));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_must_be_waited_for_is_watched() {
        let [mut one, mut other] = pair();
        let reads = tokio::spawn(async move {
            let mut text = String::new();
            other.read_to_string(&mut text).await.unwrap();
            (text, is_watched(&other))
        });
        tokio::task::yield_now().await;
        let long = "long ".repeat(200_000);
        one.write_all(long.as_bytes()).await.unwrap();
        assert!(is_watched(&one));
        one.shutdown().await.unwrap();
        assert_eq!(reads.await.unwrap(), (long, true));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_peer_that_always_has_something_to_say_lets_others_work() {
        let [mut one, mut other] = pair();
        let reads = tokio::spawn(async move {
            let mut byte = [0];
            while other.read(&mut byte).await.unwrap() > 0 {}
            is_watched(&other)
        });
        // It is read byte by byte, and it is never empty, unless somebody else gets a turn: then it ends.
        one.write_all(&[0; 20_000]).await.unwrap();
        tokio::task::yield_now().await;
        assert!(!reads.is_finished(), "it has read all in one turn");
        drop(one);
        assert!(!reads.await.unwrap());
    }
}
