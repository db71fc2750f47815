//! A socket that is watched from its first use, and not before.
//!
//! Rule: a connection that has been handed over is nobody's to wait for until the program reads or writes. One that the
//! program turns away, or gives to another thread's runtime, is never registered with epoll here: that saves two system calls.
//!
//! Why not try to read before it is watched? A client's request comes a moment after its connection, and the call would find
//! nothing: measured with HTTP, it is one more call for each connection.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Handle;

/// A stream of tokio's, and what it is made of.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Sized {
    type Unwatched: Unpin;

    fn watch(socket: Self::Unwatched) -> io::Result<Self>;
}

impl Stream for TcpStream {
    type Unwatched = std::net::TcpStream;

    fn watch(socket: Self::Unwatched) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

impl Stream for UnixStream {
    type Unwatched = std::os::unix::net::UnixStream;

    fn watch(socket: Self::Unwatched) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

/// A socket that does not block, watched or not yet.
#[derive(Debug)]
pub(crate) enum Fresh<S: Stream> {
    Watched(S),
    Unwatched {
        /// None when it could not be watched: then it is closed.
        socket: Option<S::Unwatched>,
        /// That of the listener, for whoever reads or writes outside of any.
        runtime: Handle,
    },
}

impl<S: Stream> Fresh<S> {
    pub(crate) fn new(socket: S::Unwatched, runtime: Handle) -> Self {
        let socket = Some(socket);
        Self::Unwatched { socket, runtime }
    }

    /// The stream, watched from now on.
    fn watched(&mut self) -> io::Result<Pin<&mut S>> {
        if let Self::Unwatched { socket, runtime } = self {
            let socket = socket.take().ok_or(ErrorKind::NotConnected)?;
            let stream = {
                let _entered = Handle::try_current().is_err().then(|| runtime.enter());
                S::watch(socket)?
            };
            *self = Self::Watched(stream);
        }
        match self {
            Self::Watched(stream) => Ok(Pin::new(stream)),
            Self::Unwatched { .. } => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl<S: Stream> AsyncRead for Fresh<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.watched()?.poll_read(context, buffer)
    }
}

impl<S: Stream> AsyncWrite for Fresh<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watched()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watched()?.poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true // both kinds
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watched()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watched()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream as StdUnixStream;
    use std::sync::Arc;
    use std::task::Wake;
    use std::thread::Thread;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_socket_may_be_used_first_outside_of_any_runtime() {
        let (one, mut other) = StdUnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        let mut one = Fresh::<UnixStream>::new(one, Handle::current());
        let writes = std::thread::spawn(move || {
            let waker = Arc::new(Unpark(std::thread::current())).into();
            let mut context = Context::from_waker(&waker);
            loop {
                match Pin::new(&mut one).poll_write(&mut context, b"text") {
                    Poll::Ready(written) => return written,
                    Poll::Pending => std::thread::park(),
                }
            }
        });
        assert_eq!(writes.join().unwrap().unwrap(), 4);
        let mut text = String::new();
        other.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_socket_is_watched_from_its_first_use() {
        let ends: (StdUnixStream, StdUnixStream) = StdUnixStream::pair().unwrap();
        let [mut one, mut other] = [ends.0, ends.1].map(|end| {
            end.set_nonblocking(true).unwrap();
            Fresh::<UnixStream>::new(end, Handle::current())
        });
        one.write_all(b"text").await.unwrap();
        assert!(matches!((&one, &other), (Fresh::Watched(_), Fresh::Unwatched { .. })));
        one.shutdown().await.unwrap();
        let mut text = String::new();
        other.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "text");
    }
}
