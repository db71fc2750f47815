//! What primary and workers say to each other.
//!
//! | message | from | answered by |
//! | --- | --- | --- |
//! | [`Online`](Message::Online) | worker, first of all | |
//! | [`Query`](Message::Query) | worker: may I listen there? | [`Reply`](Message::Reply) |
//! | [`Listening`](Message::Listening) | worker, after a reply without error | |
//! | [`NewConnection`](Message::NewConnection), with a connection | primary | [`Accepted`](Message::Accepted) |
//! | [`Ended`](Message::Ended) | worker, if the primary wants to hear it: a connection has ended | |
//! | [`Close`](Message::Close) | worker: no more connections for this key | |
//! | [`Disconnect`](Message::Disconnect) | primary: finish what you have, then go | the end of the channel |
//! | [`ExitedAfterDisconnect`](Message::ExitedAfterDisconnect) | worker: I am going, of my own will | [`Acknowledged`](Message::Acknowledged) |
//!
//! Where both ends are ours, connections come over a lane instead ([`Reply::lane`]): a record with a connection is its
//! number, and the [`Answer`] is a record with the same number, said when the worker has taken it. What is not taken when
//! the lane ends is the primary's again, whichever end has closed it.
//!
//! Between our own processes a [`Frame`] travels as it stands here. To and from Node it is translated by
//! [`node`](super::node).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A worker's number: 1, 2, 3 and so on, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u32);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message with its number, and the number of what it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Counts the frames that this process has sent.
    pub seq: u32,
    /// The `seq` of the frame that this one answers.
    pub ack: Option<u32>,
    /// What is said.
    pub message: Message,
}

/// What is said.
///
/// The order of the variants is on the wire: new ones go to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A worker has come to life.
    Online,
    /// A worker wants to listen.
    Query(Query),
    /// Whether it may.
    Reply(Reply),
    /// A worker listens now; the port is the real one.
    Listening(Query),
    /// A connection for the listener with this key rides on this message.
    NewConnection {
        /// Which listener.
        key: Key,
    },
    /// Whether the worker has taken the connection.
    Accepted {
        /// If not, the primary gives it to another.
        accepted: bool,
    },
    /// A worker's listener is closed.
    Close {
        /// Which listener.
        key: Key,
    },
    /// Finish what you have, then go.
    Disconnect,
    /// I am going, of my own will.
    ExitedAfterDisconnect,
    /// Heard.
    Acknowledged,
    /// A connection that the worker had taken has ended.
    Ended {
        /// Of which listener.
        key: Key,
    },
}

/// The name of a listener that workers share. To a worker it means nothing: it is said back as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub String);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
    /// A descriptor of the primary's that listens already.
    pub fd: Option<i32>,
    /// Bit 0: IPv6 only. Bit 2, for UDP: reuse the address.
    pub flags: Option<u32>,
    /// The length of the kernel's queue; none for the default.
    pub backlog: Option<u32>,
    /// Whether every user of the machine may read from a Unix socket.
    pub readable_all: bool,
    /// Whether every user of the machine may write to it.
    pub writable_all: bool,
    /// Whether the worker is one of ours: it can say when its connections end, and take them over a lane
    /// ([`Reply::lane`]). Node's can do neither.
    pub reports: bool,
}

impl Query {
    /// The query of a TCP listener.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self {
            index: 0,
            data: None,
            address: Some(address.ip().to_string()),
            port: Some(i32::from(address.port())),
            address_type: if address.is_ipv4() {
                AddressType::V4
            } else {
                AddressType::V6
            },
            fd: None,
            flags: Some(0),
            backlog: None,
            readable_all: false,
            writable_all: false,
            reports: true,
        }
    }

    /// The key of the listener that answers this query: Node's text, since workers of both kinds share listeners.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(format!("{}:{}", self.place(), self.index))
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

    /// The UDP address to bind, if it is one.
    #[must_use]
    pub fn udp_address(&self) -> Option<SocketAddr> {
        matches!(self.address_type, AddressType::Udp4 | AddressType::Udp6).then(|| self.socket_address())?
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
        let ip: IpAddr = self.address.as_deref().unwrap_or("::").parse().ok()?;
        Some(SocketAddr::new(ip, port))
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

/// Whether a worker may listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The key that connections for this listener will bear.
    pub key: Key,
    /// 0, or a negative errno: -98 is EADDRINUSE.
    pub errno: i32,
    /// The address in use, with the real port; none for a Unix socket and after an error.
    pub socket_name: Option<SocketName>,
    /// What the first worker that asked wanted to share.
    pub data: Option<String>,
    /// Whether the primary wants to hear when connections end.
    pub wants_reports: bool,
    /// Whether what rides on this message is a lane: the worker's end of a pair of sockets for records, over which the
    /// connections for this listener come, and by which it says which ones it has taken.
    pub lane: bool,
}

/// An address in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketName {
    /// The IP address.
    pub address: String,
    /// `"IPv4"` or `"IPv6"`.
    pub family: String,
    /// The port.
    pub port: u16,
}

impl From<SocketAddr> for SocketName {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: address.ip().to_string(),
            family: if address.is_ipv4() { "IPv4" } else { "IPv6" }.to_owned(),
            port: address.port(),
        }
    }
}

impl SocketName {
    /// The address for Rust, if it is one.
    #[must_use]
    pub fn to_address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address.parse().ok()?, self.port))
    }
}

/// What a worker says on a lane about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It has taken the one with this number.
    Taken(u32),
    /// It could not receive it: its descriptors have run out.
    Refused(u32),
}

/// The bit that says "refused": numbers have 31.
const REFUSED: u32 = 1 << 31;

/// The record that a connection travels with: its number.
#[must_use]
pub fn to_record(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

/// Reads the record of a connection. `None` for what is none.
#[must_use]
pub fn from_record(record: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(record.try_into().ok()?))
}

impl Answer {
    /// As it travels.
    #[must_use]
    pub fn to_record(self) -> [u8; 4] {
        to_record(match self {
            Self::Taken(number) => number,
            Self::Refused(number) => number | REFUSED,
        })
    }

    /// Reads an answer. `None` for what is none.
    #[must_use]
    pub fn from_record(record: &[u8]) -> Option<Self> {
        let number = from_record(record)?;
        Some(if number & REFUSED == 0 {
            Self::Taken(number)
        } else {
            Self::Refused(number & !REFUSED)
        })
    }
}
