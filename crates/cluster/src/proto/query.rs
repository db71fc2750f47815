//! Where a worker wants to listen, and the key by which workers of both kinds share a listener.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::message::Key;

/// Where a worker wants to listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Which of the listeners that a worker opens at the same place: so several with port 0 get different ports.
    pub index: u32,
    /// Whatever the worker wants to share with the others of its kind: TLS ticket keys, as JSON text.
    pub data: Option<String>,
    /// An IP address, the path of a Unix socket, or none: every address.
    pub address: Option<String>,
    /// The port; -1 for a Unix socket.
    pub port: Option<i32>,
    /// What kind of address it is.
    pub address_type: AddressType,
    /// A socket that the primary has inherited under this number, by which to listen.
    pub fd: Option<i32>,
    /// Bit 0: IPv6 only. Bit 2, for UDP: reuse the address.
    pub flags: Option<u32>,
    /// The length of the kernel's queue; none for the default.
    pub backlog: Option<u32>,
    /// Whether every user of the machine may read from a Unix socket.
    pub readable_all: bool,
    /// Whether every user of the machine may write to it.
    pub writable_all: bool,
    /// Whether the worker can say when its connections end. Node's cannot.
    pub reports: bool,
}

impl Query {
    /// The query of a TCP listener.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        let kind = if address.is_ipv4() {
            AddressType::V4
        } else {
            AddressType::V6
        };
        Self {
            flags: Some(0),
            ..Self::at(Some(address.ip().to_string()), i32::from(address.port()), kind)
        }
    }

    /// The query of a TCP listener at every address of this machine: Node's `server.listen(port)`.
    #[must_use]
    pub fn every_address(port: u16) -> Self {
        Self::at(None, i32::from(port), AddressType::V4)
    }

    /// The query of a UDP socket.
    #[must_use]
    pub fn udp(address: SocketAddr) -> Self {
        let kind = if address.is_ipv4() {
            AddressType::Udp4
        } else {
            AddressType::Udp6
        };
        Self {
            flags: Some(0),
            fd: Some(-1), // as Node says it; it is part of the key
            ..Self::at(Some(address.ip().to_string()), i32::from(address.port()), kind)
        }
    }

    /// The query of a Unix socket. Its path is made absolute, and `..` taken out, as Node does: it is part of the key.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the path is no UTF-8, which the protocol cannot say; else as [`std::path::absolute`].
    pub fn unix(path: &Path) -> io::Result<Self> {
        let mut whole = PathBuf::new();
        for part in std::path::absolute(path)?.components() {
            match part {
                Component::ParentDir => _ = whole.pop(),
                part => whole.push(part),
            }
        }
        let path = whole.into_os_string().into_string();
        let path = path.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the path is no UTF-8"))?;
        Ok(Self::at(Some(path), -1, AddressType::Path))
    }

    fn at(address: Option<String>, port: i32, address_type: AddressType) -> Self {
        Self {
            index: 0,
            data: None,
            address,
            port: Some(port),
            address_type,
            fd: None,
            flags: None,
            backlog: None,
            readable_all: false,
            writable_all: false,
            reports: true,
        }
    }

    /// The key of the listener that answers this query: Node's text, since workers of both kinds share listeners.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(format!("{}:{}", self.place(), self.index).into())
    }

    /// The key without the index.
    pub(crate) fn place(&self) -> String {
        let text = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        format!(
            "{}:{}:{}:{}",
            text(self.address.clone()),
            text(self.port.map(|port| port.to_string())),
            self.address_type.text(),
            self.fd.map_or_else(|| "undefined".to_owned(), |fd| fd.to_string()),
        )
    }

    /// The TCP address to bind, if it is one: no address at all means every address of both families.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        if !matches!(self.address_type, AddressType::V4 | AddressType::V6) {
            return None;
        }
        self.socket_address()
    }

    /// Whether it is for datagrams.
    pub(crate) fn is_udp(&self) -> bool {
        matches!(self.address_type, AddressType::Udp4 | AddressType::Udp6)
    }

    /// Whether it names a place at all.
    pub(crate) fn is_somewhere(&self) -> bool {
        self.descriptor().is_some()
            || self.path().is_some()
            || self.tcp_address().or_else(|| self.udp_address()).is_some()
    }

    /// The descriptor to listen on, if it is one.
    #[must_use]
    pub fn descriptor(&self) -> Option<i32> {
        self.fd.filter(|number| *number >= 0)
    }

    /// The UDP address to bind, if it is one.
    #[must_use]
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.is_udp().then(|| self.socket_address())?
    }

    /// The path of the Unix socket to bind, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        let path = self
            .address
            .as_ref()
            .filter(|_| self.address_type == AddressType::Path)?;
        Some(PathBuf::from(path))
    }

    fn socket_address(&self) -> Option<SocketAddr> {
        let port = u16::try_from(self.port?).ok()?;
        let ip: IpAddr = match &self.address {
            Some(address) => address.parse().ok()?,
            None => Ipv6Addr::UNSPECIFIED.into(),
        };
        Some(SocketAddr::new(ip, port))
    }
}

/// The place, as an error names it.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.descriptor() {
            return write!(f, "descriptor {number}");
        }
        match (self.path(), self.socket_address()) {
            (Some(path), _) => path.display().fmt(f),
            (None, Some(address)) => address.fmt(f),
            (None, None) => f.write_str(&self.place()),
        }
    }
}

/// The kind of an address.
///
/// The order of the variants is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressType {
    /// IPv4, or every address when none is named.
    V4,
    /// IPv6.
    V6,
    /// A Unix socket.
    Path,
    /// UDP over IPv4.
    Udp4,
    /// UDP over IPv6.
    Udp6,
    /// A descriptor: see [`Query::fd`].
    Fd,
}

impl AddressType {
    /// As JavaScript makes text of it.
    fn text(self) -> &'static str {
        match self {
            Self::V4 => "4",
            Self::V6 => "6",
            Self::Path => "-1",
            Self::Udp4 => "udp4",
            Self::Udp6 => "udp6",
            Self::Fd => "null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_key_that_node_gives_it() {
        for path in ["/tmp/a/../b", "/tmp/./b", "/tmp//b", "/../tmp/b"] {
            let query = Query::unix(Path::new(path)).unwrap();
            assert_eq!(&*query.key().0, "/tmp/b:-1:-1:undefined:0", "{path}");
        }
        let here = std::env::current_dir().unwrap();
        let query = Query::unix(Path::new("b")).unwrap();
        assert_eq!(query.path(), Some(here.join("b")));
    }

    #[test]
    fn an_error_names_the_place() {
        assert_eq!(Query::tcp("127.0.0.1:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(Query::udp("[::1]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(Query::every_address(80).to_string(), "[::]:80");
        assert_eq!(Query::unix(Path::new("/b")).unwrap().to_string(), "/b");
    }
}
