//! Sockets that listen, and connections taken from them one by one.
//!
//! The options are Node's: SO_REUSEADDR on every bind, IPV6_V6ONLY said explicitly, a backlog of the caller's choice.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockProtocol, SockType, SockaddrStorage, accept4, bind, getpeername, listen,
    setsockopt, socket, sockopt,
};

/// Node's default length of the kernel's queue of connections nobody has accepted yet.
pub const DEFAULT_BACKLOG: u32 = 511;

/// Opens a TCP socket that listens on `address`, non-blocking and close-on-exec.
///
/// `v6_only` matters for IPv6 addresses alone: false makes `[::]` serve IPv4 too.
/// The kernel cuts `backlog` to `net.core.somaxconn`.
///
/// # Errors
///
/// `AddrInUse`, `AddrNotAvailable` and `PermissionDenied` as the kernel says them.
///
/// # References
///
/// [`bind(2)`](https://man7.org/linux/man-pages/man2/bind.2.html),
/// [`listen(2)`](https://man7.org/linux/man-pages/man2/listen.2.html),
/// [`ipv6(7)`](https://man7.org/linux/man-pages/man7/ipv6.7.html);
/// [`server.listen`](https://nodejs.org/docs/latest-v20.x/api/net.html#serverlistenport-host-backlog-callback)
pub fn listen_tcp(address: SocketAddr, backlog: u32, v6_only: bool) -> io::Result<TcpListener> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(family, SockType::Stream, flags, SockProtocol::Tcp)?;
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    if address.is_ipv6() {
        setsockopt(&fd, sockopt::Ipv6V6Only, &v6_only)?;
    }
    bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
    listen_on(fd, backlog)
}

/// Opens a UDP socket on `address`, non-blocking and close-on-exec.
///
/// # Errors
///
/// As [`listen_tcp`].
///
/// # References
///
/// [`udp(7)`](https://man7.org/linux/man-pages/man7/udp.7.html);
/// [`socket.bind`](https://nodejs.org/docs/latest-v20.x/api/dgram.html#socketbindport-address-callback)
pub fn bind_udp(address: SocketAddr, v6_only: bool, reuse: bool) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(family, SockType::Datagram, flags, SockProtocol::Udp)?;
    if reuse {
        setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    }
    if address.is_ipv6() {
        setsockopt(&fd, sockopt::Ipv6V6Only, &v6_only)?;
    }
    bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(UdpSocket::from(fd))
}

/// Listens with a TCP socket that somebody has bound, and perhaps listens with already.
///
/// # Errors
///
/// What the kernel says: `EDESTADDRREQ` and `EINVAL` when it is not bound, or is a connection.
///
/// # References
///
/// [`listen(2)`](https://man7.org/linux/man-pages/man2/listen.2.html)
pub fn listen_on(socket: OwnedFd, backlog: u32) -> io::Result<TcpListener> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    listen(&socket, Backlog::new(backlog).unwrap_or(Backlog::MAXCONN))?;
    Ok(TcpListener::from(socket))
}

/// The address at the other end of a TCP connection.
///
/// # Errors
///
/// `NotConnected` when the other end has gone; `InvalidInput` when it is no TCP connection.
///
/// # References
///
/// [`getpeername(2)`](https://man7.org/linux/man-pages/man2/getpeername.2.html)
pub fn peer_address(connection: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    let address: SockaddrStorage = getpeername(connection.as_raw_fd())?;
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
    let v6 = || address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()));
    v4.or_else(v6).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Takes one connection from a listening socket: non-blocking and close-on-exec, whoever it is from.
///
/// # Errors
///
/// `WouldBlock` when nobody waits; `ConnectionAborted` when the client left meanwhile (try again);
/// `EMFILE` and `ENFILE` when descriptors have run out (the connection stays in the kernel's queue).
///
/// # References
///
/// [`accept4(2)`](https://man7.org/linux/man-pages/man2/accept.2.html)
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    loop {
        match accept4(listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK) {
            // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
            Ok(fd) => return Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes a descriptor non-blocking, for everybody who shares its open file description.
///
/// # Errors
///
/// `EBADF` when the descriptor is not open.
///
/// # References
///
/// [`fcntl(2)`](https://man7.org/linux/man-pages/man2/fcntl.2.html), O_NONBLOCK
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    if !flags.contains(OFlag::O_NONBLOCK) {
        fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    }
    Ok(())
}
