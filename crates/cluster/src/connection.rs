//! A connection that a worker has taken: an ordinary stream, which is counted.
//!
//! A worker that is told to leave goes when its last connection has ended: so each says when it is dropped.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Runs when a connection has ended.
pub(crate) struct LetGo(pub(crate) Option<Box<dyn FnOnce() + Send>>);

impl Drop for LetGo {
    fn drop(&mut self) {
        if let Some(let_go) = self.0.take() {
            let_go();
        }
    }
}

/// A TCP connection taken from a [`Listener`](crate::Listener).
pub struct Connection {
    stream: TcpStream,
    /// Dropped after the stream: the connection has ended when that is said.
    _let_go: LetGo,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, let_go: LetGo) -> Self {
        Self {
            stream,
            _let_go: let_go,
        }
    }

    /// The client's address.
    ///
    /// # Errors
    ///
    /// `NotConnected` when the client has gone already.
    #[doc(alias = "remoteAddress")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// The address that the client has connected to.
    ///
    /// # Errors
    ///
    /// As the kernel says.
    #[doc(alias = "localAddress")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Sends small pieces at once instead of waiting for more (TCP_NODELAY).
    ///
    /// # Errors
    ///
    /// As the kernel says.
    #[doc(alias = "setNoDelay")]
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.stream.set_nodelay(nodelay)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.stream).finish()
    }
}
