//! What primary and workers say to each other.
//!
//! | message | from | answered by |
//! | --- | --- | --- |
//! | [`Online`](Message::Online) | worker, first of all | |
//! | [`Query`](Message::Query) | worker: may I listen there? | [`Reply`](Message::Reply) |
//! | [`Listening`](Message::Listening) | worker, after a reply without error | |
//! | [`NewConnection`](Message::NewConnection), with a connection | primary | [`Accepted`](Message::Accepted) |
//! | [`Ended`](Message::Ended) | worker, if the primary wants to hear it or it has a limit: a connection has ended | |
//! | [`Limit`](Message::Limit) | worker: no more connections than so many at once | |
//! | [`Close`](Message::Close) | worker: no more connections for this key | |
//! | [`Disconnect`](Message::Disconnect) | primary: finish what you have, then go | the end of the channel |
//! | [`ExitedAfterDisconnect`](Message::ExitedAfterDisconnect) | worker: I am going, of my own will | [`Acknowledged`](Message::Acknowledged) |
//!
//! Where both ends are ours, connections come over a lane instead ([`Reply::lane`]), each with a [`Record`]. Receiving it is
//! taking the connection: what the kernel still holds nobody has, and the primary can receive it back. Only a record that
//! asks for it is answered: by itself.
//!
//! Between our own processes a [`Frame`] travels as it stands here. To and from Node it is translated by
//! [`node`](super::node).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::query::Query;

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
    /// How many connections a worker wants at once; each end of one is told from now on.
    Limit {
        /// Of which listener.
        key: Key,
        /// How many; none for as many as come.
        most: Option<u32>,
        /// How many of this listener's have ended, all in all: the primary knows how many were taken.
        ended: u64,
    },
}

/// The name of a listener that workers share. To a worker it means nothing: it is said back as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub Arc<str>);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
    /// connections for this listener come.
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

/// What travels on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// With a connection.
    Connection {
        /// Counts the connections that were given on this lane. It has 31 bits.
        number: u32,
        /// Whether the primary wants to hear when it has been received: the answer is the same record.
        asks: bool,
    },
    /// Alone: is anybody there? The answer is the same record.
    Question,
}

impl Record {
    /// How many bytes a record has at most: one with a connection.
    pub const LENGTH: usize = 4;
    /// How many bytes a question has.
    pub const QUESTION: usize = 1;
    const ASKS: u32 = 1 << 31;

    /// As it travels.
    #[must_use]
    pub fn write(self, space: &mut [u8; Self::LENGTH]) -> &[u8] {
        match self {
            Self::Connection { number, asks } => {
                let asks = if asks { Self::ASKS } else { 0 };
                *space = (number & !Self::ASKS | asks).to_le_bytes();
                space
            }
            Self::Question => &space[..Self::QUESTION],
        }
    }

    /// Reads one. `None` for what is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == Self::QUESTION {
            return Some(Self::Question);
        }
        let number = u32::from_le_bytes(bytes.try_into().ok()?);
        Some(Self::Connection {
            number: number & !Self::ASKS,
            asks: number & Self::ASKS != 0,
        })
    }

    /// How many connections are in a queue of so many bytes. Of questions there is never more than one.
    pub(super) fn connections(bytes: usize) -> usize {
        bytes / Self::LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_connections_are_counted_by_their_bytes() {
        let asks = [false, true].into_iter();
        let connections = asks.flat_map(|asks| [0, 7, 0x7fff_ffff].map(|number| Record::Connection { number, asks }));
        let mut bytes = 0;
        for record in connections.chain([Record::Question]) {
            let mut space = [0; Record::LENGTH];
            let written = record.write(&mut space);
            bytes += written.len();
            assert_eq!(Record::read(written), Some(record));
        }
        assert_eq!(Record::connections(bytes), 6);
        for record in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
            assert_eq!(Record::read(record), None);
        }
    }
}
