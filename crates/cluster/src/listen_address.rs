//! What can stand in `listen(…)`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::proto::Query;

/// Where to listen: a port (at every address, as Node's `server.listen(port)`), an address or a name with its port as std
/// has them, the [`Path`] of a Unix socket, or a [`Query`] with more options.
///
/// Workers share a listener when they ask for the same place in the same words: `8000` and `"[::]:8000"` are two.
pub trait ListenAddress {
    /// The question to the primary.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it stands for no place to listen; a name that cannot be resolved.
    fn query(&self) -> io::Result<Query>;
}

/// The first address that a name stands for.
pub(crate) fn first(address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    let none = || io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
    address.to_socket_addrs()?.next().ok_or_else(none)
}

macro_rules! as_std_has_them {
    ($($kind:ty),*) => {
        $(impl ListenAddress for $kind {
            fn query(&self) -> io::Result<Query> {
                first(self).map(Query::tcp)
            }
        })*
    };
}

as_std_has_them!(
    str,
    String,
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (&str, u16),
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);

impl ListenAddress for u16 {
    fn query(&self) -> io::Result<Query> {
        Ok(Query::every_address(*self))
    }
}

/// With all the options that Node's `listen` has: its backlog, IPv6 alone, a Unix socket that everybody may use.
impl ListenAddress for Query {
    fn query(&self) -> io::Result<Query> {
        Ok(self.clone())
    }
}

impl ListenAddress for Path {
    fn query(&self) -> io::Result<Query> {
        Query::unix(self)
    }
}

impl ListenAddress for PathBuf {
    fn query(&self) -> io::Result<Query> {
        Query::unix(self)
    }
}

impl ListenAddress for Address {
    fn query(&self) -> io::Result<Query> {
        match self {
            Self::Tcp(address) => Ok(Query::tcp(*address)),
            Self::Unix(path) => Query::unix(path),
            Self::Udp(_) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "nothing listens at a UDP address: `bind_udp` is for those",
            )),
        }
    }
}

impl<T: ListenAddress + ?Sized> ListenAddress for &T {
    fn query(&self) -> io::Result<Query> {
        (**self).query()
    }
}
