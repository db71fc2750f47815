//! Sockets that the primary opens for its workers: TCP, Unix, UDP, with Node's options.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use ferronode_sys::{DEFAULT_BACKLOG, bind_udp, listen_tcp};

use crate::address::{Address, SocketPath};
use crate::proto::Query;

/// "Invalid argument": what a query that is no address is answered with.
pub(crate) const EINVAL: i32 = 22;

/// Opens what a query asks for.
pub(crate) fn bind(query: &Query) -> io::Result<(Address, OwnedFd, Option<SocketPath>)> {
    let flag = |bit: u32| query.flags.is_some_and(|flags| flags & bit != 0);
    if let Some(path) = query.path() {
        let listener = UnixListener::bind(&path)?;
        let owned = SocketPath::new(path.clone());
        listener.set_nonblocking(true)?;
        open_to_all(query, &path)?;
        return Ok((Address::Unix(path), listener.into(), Some(owned)));
    }
    if let Some(address) = query.udp_address() {
        let socket = bind_udp(address, flag(1), flag(4))?;
        return Ok((Address::Udp(socket.local_addr()?), socket.into(), None));
    }
    let invalid = || io::Error::from_raw_os_error(EINVAL);
    let address = query.tcp_address().ok_or_else(invalid)?;
    let backlog = query.backlog.unwrap_or(DEFAULT_BACKLOG);
    let listener = match (listen_tcp(address, backlog, flag(1)), &query.address) {
        // Every address, on a machine without IPv6: as Node, every one that there is.
        (Err(_), None) => listen_tcp((Ipv4Addr::UNSPECIFIED, address.port()).into(), backlog, false)?,
        (listener, _) => listener?,
    };
    Ok((Address::Tcp(listener.local_addr()?), listener.into(), None))
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
