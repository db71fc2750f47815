//! Sockets, and any other descriptor, as values that a message can carry.
//!
//! Rule: O_NONBLOCK belongs to the open file, not to the descriptor, so both ends share it; one blocking listener hangs
//! a Node process for good. It is set on every socket before it travels and when it arrives, and never cleared.
//! What a received descriptor is, is asked of the descriptor itself, never of the message.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

use ferronode_sys::{SocketKind, set_nonblocking, socket_kind};

use crate::proto::HandleKind;

/// Something with a descriptor that travels with a message. Sockets are non-blocking.
#[derive(Debug)]
#[non_exhaustive]
pub enum Handle {
    /// A listening TCP socket: Node's `net.Server`.
    TcpListener(TcpListener),
    /// A TCP connection: Node's `net.Socket`.
    TcpStream(TcpStream),
    /// A listening Unix socket: Node's `net.Server`.
    UnixListener(UnixListener),
    /// A Unix connection: Node's `net.Socket`.
    UnixStream(UnixStream),
    /// A UDP socket: Node's `dgram.Socket`.
    UdpSocket(UdpSocket),
    /// Any descriptor. In Node's modes it must be a socket, and travels as a bare one.
    Fd(OwnedFd),
    /// A bare socket of which the sender keeps a copy until it knows that the peer has it, as cluster does.
    /// Never received.
    Shared(Arc<OwnedFd>),
    /// As [`Shared`](Self::Shared), and known to be a stream socket that is non-blocking: the kernel is not asked. Where Node's
    /// modes have several of them under way, one that must be sent again arrives behind others.
    Connection(Arc<OwnedFd>),
}

impl Handle {
    /// Finds out what has been received, and makes it non-blocking if it is a socket.
    pub(crate) fn received(fd: OwnedFd) -> Self {
        let kind = socket_kind(&fd).unwrap_or(SocketKind::Other);
        if kind != SocketKind::Other && set_nonblocking(fd.as_fd()).is_err() {
            return Self::Fd(fd);
        }
        match kind {
            SocketKind::TcpListener => Self::TcpListener(fd.into()),
            SocketKind::TcpStream => Self::TcpStream(fd.into()),
            SocketKind::UnixListener => Self::UnixListener(fd.into()),
            SocketKind::UnixStream => Self::UnixStream(fd.into()),
            SocketKind::Udp => Self::UdpSocket(fd.into()),
            _ => Self::Fd(fd),
        }
    }

    /// Makes it ready to travel, and says which class Node makes of it. A socket is made non-blocking. Node's modes carry
    /// nothing but sockets: a Node process that receives another descriptor is aborted by it.
    pub(crate) fn prepare(&self, to_node: bool) -> io::Result<HandleKind> {
        let kind = match self {
            Self::TcpListener(_) | Self::UnixListener(_) => HandleKind::Server,
            Self::TcpStream(_) | Self::UnixStream(_) => HandleKind::Socket,
            Self::UdpSocket(socket) => HandleKind::Datagram {
                v6: socket.local_addr().is_ok_and(|address| address.is_ipv6()),
            },
            Self::Connection(_) => return Ok(HandleKind::Native),
            // A socket by its promise, and one of our own asks it again.
            Self::Shared(_) if !to_node => HandleKind::Native,
            Self::Fd(_) | Self::Shared(_) => match socket_kind(self)? {
                SocketKind::Udp => HandleKind::NativeDatagram,
                SocketKind::Other if to_node => {
                    let what = "expected a TCP, Unix or UDP socket, found another descriptor: Node's modes carry sockets alone";
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
                }
                SocketKind::Other => return Ok(HandleKind::Native),
                _ => HandleKind::Native,
            },
        };
        set_nonblocking(self.as_fd())?;
        Ok(kind)
    }

    /// The descriptor, whatever it is; `Err` when the sender's copy is shared with others.
    ///
    /// # Errors
    ///
    /// Gives back a [`Handle::Shared`] or [`Handle::Connection`] that others hold too.
    pub fn into_fd(self) -> Result<OwnedFd, Self> {
        match self {
            Self::TcpListener(socket) => Ok(socket.into()),
            Self::TcpStream(socket) => Ok(socket.into()),
            Self::UnixListener(socket) => Ok(socket.into()),
            Self::UnixStream(socket) => Ok(socket.into()),
            Self::UdpSocket(socket) => Ok(socket.into()),
            Self::Fd(fd) => Ok(fd),
            Self::Shared(fd) => Arc::try_unwrap(fd).map_err(Self::Shared),
            Self::Connection(fd) => Arc::try_unwrap(fd).map_err(Self::Connection),
        }
    }

    /// The TCP listener that it is.
    ///
    /// # Errors
    ///
    /// `InvalidData`, naming what it is instead; that is closed.
    pub fn into_tcp_listener(self) -> io::Result<TcpListener> {
        match self {
            Self::TcpListener(socket) => Ok(socket),
            other => Err(other.is_no("TCP listener")),
        }
    }

    /// The TCP connection that it is.
    ///
    /// # Errors
    ///
    /// `InvalidData`, naming what it is instead; that is closed.
    pub fn into_tcp_stream(self) -> io::Result<TcpStream> {
        match self {
            Self::TcpStream(socket) => Ok(socket),
            other => Err(other.is_no("TCP connection")),
        }
    }

    fn is_no(&self, expected: &str) -> io::Error {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("expected a {expected}, found {self:?}"),
        )
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::TcpListener(socket) => socket.as_fd(),
            Self::TcpStream(socket) => socket.as_fd(),
            Self::UnixListener(socket) => socket.as_fd(),
            Self::UnixStream(socket) => socket.as_fd(),
            Self::UdpSocket(socket) => socket.as_fd(),
            Self::Fd(fd) => fd.as_fd(),
            Self::Shared(fd) | Self::Connection(fd) => fd.as_fd(),
        }
    }
}

impl From<TcpListener> for Handle {
    fn from(socket: TcpListener) -> Self {
        Self::TcpListener(socket)
    }
}

impl From<TcpStream> for Handle {
    fn from(socket: TcpStream) -> Self {
        Self::TcpStream(socket)
    }
}

impl From<UnixListener> for Handle {
    fn from(socket: UnixListener) -> Self {
        Self::UnixListener(socket)
    }
}

impl From<UnixStream> for Handle {
    fn from(socket: UnixStream) -> Self {
        Self::UnixStream(socket)
    }
}

impl From<UdpSocket> for Handle {
    fn from(socket: UdpSocket) -> Self {
        Self::UdpSocket(socket)
    }
}

impl From<OwnedFd> for Handle {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(fd)
    }
}

impl From<Arc<OwnedFd>> for Handle {
    fn from(fd: Arc<OwnedFd>) -> Self {
        Self::Shared(fd)
    }
}
