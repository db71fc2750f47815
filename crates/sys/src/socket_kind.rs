//! What a descriptor is: the question to ask of one that came from somebody else.
//!
//! Node decides the same way: the kind of handle comes from the descriptor itself, never from the message beside it.

use std::collections::HashSet;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{AddressFamily, SockType, SockaddrLike, SockaddrStorage, getsockname, getsockopt, sockopt};

/// The kinds of socket that a channel can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketKind {
    /// A TCP socket that listens, IPv4 or IPv6.
    TcpListener,
    /// Any other TCP socket: connected, or not yet.
    TcpStream,
    /// A Unix stream socket that listens.
    UnixListener,
    /// Any other Unix stream socket.
    UnixStream,
    /// A connected Unix socket for records.
    UnixPacket,
    /// A UDP socket.
    Udp,
    /// Not a socket, or one of another family or type.
    Other,
}

/// Tells what kind of socket `fd` is.
///
/// # Errors
///
/// `EBADF` when the descriptor is not open. That it is no socket is not an error but [`SocketKind::Other`].
///
/// # References
///
/// [`socket(7)`](https://man7.org/linux/man-pages/man7/socket.7.html), SO_TYPE and SO_ACCEPTCONN;
/// [`getsockname(2)`](https://man7.org/linux/man-pages/man2/getsockname.2.html)
pub fn socket_kind(fd: impl AsFd) -> std::io::Result<SocketKind> {
    let fd = fd.as_fd();
    let address: SockaddrStorage = match getsockname(fd.as_raw_fd()) {
        Ok(address) => address,
        Err(nix::errno::Errno::ENOTSOCK | nix::errno::Errno::EOPNOTSUPP) => {
            return Ok(SocketKind::Other);
        }
        Err(error) => return Err(error.into()),
    };
    let stream = match getsockopt(&fd, sockopt::SockType)? {
        SockType::Stream => true,
        SockType::Datagram => false,
        SockType::SeqPacket if address.family() == Some(AddressFamily::Unix) => return Ok(SocketKind::UnixPacket),
        _ => return Ok(SocketKind::Other),
    };
    let listens = stream && getsockopt(&fd, sockopt::AcceptConn)?;
    Ok(match (address.family(), stream, listens) {
        (Some(AddressFamily::Inet | AddressFamily::Inet6), true, true) => SocketKind::TcpListener,
        (Some(AddressFamily::Inet | AddressFamily::Inet6), true, false) => SocketKind::TcpStream,
        (Some(AddressFamily::Inet | AddressFamily::Inet6), false, _) => SocketKind::Udp,
        (Some(AddressFamily::Unix), true, true) => SocketKind::UnixListener,
        (Some(AddressFamily::Unix), true, false) => SocketKind::UnixStream,
        _ => SocketKind::Other,
    })
}

/// The number that the kernel has for a file, as long as it is open anywhere.
///
/// # Errors
///
/// `EBADF` when the descriptor is not open.
///
/// # References
///
/// [`fstat(2)`](https://man7.org/linux/man-pages/man2/fstat.2.html), `st_ino`
pub fn inode(fd: impl AsFd) -> std::io::Result<u64> {
    Ok(nix::sys::stat::fstat(fd)?.st_ino)
}

/// The [`inode`]s of all sockets that this process has open.
///
/// # Errors
///
/// What the kernel says to reading `/proc/self/fd`: `EMFILE` when descriptors have run out.
///
/// # References
///
/// [`proc_pid_fd(5)`](https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html)
pub fn open_sockets() -> std::io::Result<HashSet<u64>> {
    let mut sockets = HashSet::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        // A descriptor that was closed meanwhile is no error.
        let Ok(target) = std::fs::read_link(entry?.path()) else {
            continue;
        };
        let target = target.to_string_lossy();
        let number = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
        sockets.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(sockets)
}
