//! A connection that a worker has taken: an ordinary stream, which is counted.
//!
//! A worker that is told to leave goes when its last connection has ended: so each says when it is dropped.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ferronode_ipc::Handle;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime;

use crate::current_worker::Inner;
use crate::fresh::Fresh;
use crate::gate::Gate;
use crate::proto::ListenerId;

/// Who is told, when it is dropped, that a connection has ended.
pub(crate) enum LetGo {
    Gate(Arc<Gate>),
    Worker(Arc<Inner>, ListenerId),
}

impl Drop for LetGo {
    fn drop(&mut self) {
        match self {
            Self::Gate(gate) => gate.leave(),
            Self::Worker(worker, id) => worker.step(|machine| machine.let_go(*id)),
        }
    }
}

/// What a connection is.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(Fresh<TcpStream>),
    Unix(Fresh<UnixStream>),
}

/// A connection taken from a [`Listener`](crate::Listener): TCP, or a Unix socket.
pub struct Connection {
    stream: Stream,
    /// Dropped after the stream: the connection has ended when that is said.
    _let_go: LetGo,
}

/// Asks a TCP connection something, be it watched or not.
macro_rules! with_tcp {
    ($connection:expr, $stream:ident => $body:expr) => {
        match &$connection.stream {
            Stream::Tcp(Fresh::Watched($stream)) => $body,
            Stream::Tcp(Fresh::Unwatched {
                socket: Some($stream), ..
            }) => $body,
            Stream::Tcp(Fresh::Unwatched { socket: None, .. }) => Err(io::ErrorKind::NotConnected.into()),
            Stream::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    };
}

impl Connection {
    pub(crate) fn new(stream: Stream, let_go: LetGo) -> Self {
        Self {
            stream,
            _let_go: let_go,
        }
    }

    /// Of what has been handed over. Another descriptor than a connection is closed, and an error.
    pub(crate) fn of(handle: Handle, let_go: LetGo, runtime: runtime::Handle) -> io::Result<Self> {
        let stream = match handle {
            Handle::TcpStream(stream) => Stream::Tcp(Fresh::new(stream, runtime)),
            Handle::UnixStream(stream) => Stream::Unix(Fresh::new(stream, runtime)),
            other => {
                let what = format!("expected a connection from the primary, found {other:?}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        };
        Ok(Self::new(stream, let_go))
    }

    /// The client's address.
    ///
    /// # Errors
    ///
    /// `NotConnected` when the client has gone already; `Unsupported` for a Unix socket, where clients have none.
    #[doc(alias = "remoteAddress")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        with_tcp!(self, stream => stream.peer_addr())
    }

    /// The address that the client has connected to.
    ///
    /// # Errors
    ///
    /// As the kernel says; `Unsupported` for a Unix socket.
    #[doc(alias = "localAddress")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        with_tcp!(self, stream => stream.local_addr())
    }

    /// Sends small pieces at once instead of waiting for more (TCP_NODELAY). A Unix socket always does.
    ///
    /// # Errors
    ///
    /// As the kernel says.
    #[doc(alias = "setNoDelay")]
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        match &self.stream {
            Stream::Tcp(_) => with_tcp!(self, stream => stream.set_nodelay(nodelay)),
            Stream::Unix(_) => Ok(()),
        }
    }
}

/// Does the same with whichever of the two it is.
macro_rules! with_stream {
    ($connection:expr, $stream:ident => $body:expr) => {
        match &mut $connection.stream {
            Stream::Tcp($stream) => $body,
            Stream::Unix($stream) => $body,
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with_stream!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => Pin::new(stream).poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        true // both of them
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.stream).finish()
    }
}
