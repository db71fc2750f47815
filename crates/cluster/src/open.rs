//! Sockets that the primary opens for its workers: TCP, Unix, UDP, with Node's options.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use ferronode_sys::{
    DEFAULT_BACKLOG, SocketKind, bind_udp, duplicate, listen_on, listen_tcp, set_nonblocking, socket_kind,
};

use crate::address::{Address, SocketPath};
use crate::proto::Query;

/// "Invalid argument": what a query that is no address is answered with.
pub(crate) const EINVAL: i32 = 22;

/// Opens what a query asks for.
pub(crate) fn bind(query: &Query) -> io::Result<(Address, OwnedFd, Option<SocketPath>)> {
    if let Some(number) = query.descriptor() {
        // A number that is none is an error without an errno.
        let (address, socket) = open_inherited(duplicate(number)?, query)?;
        return Ok((address, socket, None));
    }
    let flag = |bit: u32| query.flags.is_some_and(|flags| flags & bit != 0);
    let backlog = query.backlog.unwrap_or(DEFAULT_BACKLOG);
    if let Some(path) = query.path() {
        let listener = UnixListener::bind(&path)?;
        let owned = SocketPath::new(path.clone());
        listener.set_nonblocking(true)?;
        // std has its own idea of the backlog.
        let listener = listen_on(listener.into(), backlog)?;
        open_to_all(query, &path)?;
        return Ok((Address::Unix(path), listener.into(), Some(owned)));
    }
    if let Some(address) = query.udp_address() {
        let socket = bind_udp(address, flag(1), flag(4))?;
        return Ok((Address::Udp(socket.local_addr()?), socket.into(), None));
    }
    let address = query.tcp_address().ok_or_else(invalid)?;
    let listener = match (listen_tcp(address, backlog, flag(1)), &query.address) {
        // Every address, on a machine without IPv6: as Node, every one that there is.
        (Err(_), None) => listen_tcp((Ipv4Addr::UNSPECIFIED, address.port()).into(), backlog, false)?,
        (listener, _) => listener?,
    };
    Ok((Address::Tcp(listener.local_addr()?), listener.into(), None))
}

/// Listens with a socket that this process has inherited.
///
/// It stays as it was if it is refused: others may hold it too, and O_NONBLOCK would be theirs as well.
fn open_inherited(socket: OwnedFd, query: &Query) -> io::Result<(Address, OwnedFd)> {
    let kind = socket_kind(&socket)?;
    if query.is_udp() != (kind == SocketKind::Udp) {
        return Err(invalid());
    }
    if kind == SocketKind::Udp {
        set_nonblocking(socket.as_fd())?;
        let socket = UdpSocket::from(socket);
        return Ok((Address::Udp(socket.local_addr()?), socket.into()));
    }
    // It may listen already, and hears it again: a connection may not.
    let listener = listen_on(socket, query.backlog.unwrap_or(DEFAULT_BACKLOG))?;
    set_nonblocking(listener.as_fd())?;
    if let SocketKind::TcpListener | SocketKind::TcpStream = kind {
        return Ok((Address::Tcp(listener.local_addr()?), listener.into()));
    }
    let listener = UnixListener::from(OwnedFd::from(listener));
    let path = listener.local_addr()?.as_pathname().map(PathBuf::from);
    Ok((Address::Unix(path.unwrap_or_default()), listener.into()))
}

fn invalid() -> io::Error {
    io::Error::from_raw_os_error(EINVAL)
}

/// Lets every user of the machine connect, where the worker wants it: Node's `readableAll` and `writableAll`.
fn open_to_all(query: &Query, path: &std::path::Path) -> io::Result<()> {
    let bits = if query.readable_all { 0o444 } else { 0 } | if query.writable_all { 0o222 } else { 0 };
    if bits == 0 {
        return Ok(());
    }
    let mode = std::fs::metadata(path)?.permissions().mode();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | bits))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::{SocketAddr, TcpListener};
    use std::os::fd::{AsRawFd, BorrowedFd};
    use std::os::unix::net::UnixStream;

    use super::*;

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    fn blocks(socket: BorrowedFd<'_>) -> bool {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", socket.as_raw_fd())).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
        u32::from_str_radix(flags.trim(), 8).unwrap() & 0o4000 == 0
    }

    #[test]
    fn a_socket_that_is_refused_blocks_as_before() {
        let tcp = Query::tcp(ANY);
        let udp = Query::udp(ANY);
        // Standard output to a journal is such a connection, and others write there too.
        let connection: OwnedFd = UnixStream::pair().unwrap().0.into();
        let listener: OwnedFd = TcpListener::bind(ANY).unwrap().into();
        for (socket, query) in [(connection, tcp), (listener, udp)] {
            let error = open_inherited(socket.try_clone().unwrap(), &query).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(EINVAL));
            assert!(blocks(socket.as_fd()));
        }
    }

    #[test]
    fn a_socket_that_is_opened_blocks_no_more() {
        let listener: OwnedFd = TcpListener::bind(ANY).unwrap().into();
        let datagrams: OwnedFd = UdpSocket::bind(ANY).unwrap().into();
        for (socket, query) in [(listener, Query::tcp(ANY)), (datagrams, Query::udp(ANY))] {
            assert!(blocks(socket.as_fd()));
            let (_, opened) = open_inherited(socket, &query).unwrap();
            assert!(!blocks(opened.as_fd()));
        }
    }
}
