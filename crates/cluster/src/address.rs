//! Where workers listen, whatever it is.
//!
//! In Node: the `address` of [`'listening'`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#event-listening_1).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::proto::{AddressType, Query};

/// Where a worker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address, with the real port.
    Tcp(SocketAddr),
    /// A UDP address, with the real port.
    Udp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// The address of a query, once its port is known.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        match query.address_type {
            AddressType::V4 | AddressType::V6 => query.tcp_address().map(Self::Tcp),
            AddressType::Udp4 | AddressType::Udp6 => query.udp_address().map(Self::Udp),
            AddressType::Path => query.path().map(Self::Unix),
            AddressType::Fd => None,
        }
    }

    /// The address, if it is one of the network.
    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) | Self::Udp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Udp(address) => write!(f, "udp {address}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}
