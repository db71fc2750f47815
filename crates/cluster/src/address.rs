//! Where workers listen, whatever it is.
//!
//! In Node: the `address` of [`'listening'`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#event-listening_1).

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::proto::Query;

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

/// The path of a Unix socket of ours: removed when it is dropped, as Node does, unless somebody has put another there.
#[derive(Debug)]
pub(crate) struct SocketPath {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl SocketPath {
    /// Of a socket that has just been bound there.
    pub(crate) fn new(path: PathBuf) -> Self {
        let file = identity(&path);
        Self { path, file }
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        if self.file.is_some() && identity(&self.path) == self.file {
            // Somebody may remove it in this moment.
            _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

impl Address {
    /// The address of a query, once its port is known.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        let tcp = || query.tcp_address().map(Self::Tcp);
        let udp = || query.udp_address().map(Self::Udp);
        query.path().map(Self::Unix).or_else(tcp).or_else(udp)
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
