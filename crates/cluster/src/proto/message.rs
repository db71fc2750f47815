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
//! Where both ends are ours, connections come over a lane instead ([`Reply::lane`]): a record with a connection is its
//! number, and the [`Answer`] is a record with the same number, said when the worker has taken it. What is not taken when
//! the lane ends is the primary's again, whichever end has closed it.
//!
//! Between our own processes a [`Frame`] travels as it stands here. To and from Node it is translated by
//! [`node`](super::node).

use std::fmt;
use std::net::SocketAddr;

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
pub struct Key(pub String);

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
    /// It does not take it: it has as many as it wants, or its descriptors have run out.
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

    /// Reads an answer.
    #[must_use]
    pub fn from_record(record: [u8; 4]) -> Self {
        let number = u32::from_le_bytes(record);
        if number & REFUSED == 0 {
            Self::Taken(number)
        } else {
            Self::Refused(number & !REFUSED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written_and_a_connection_of_another_length_is_none() {
        for answer in [
            Answer::Taken(0),
            Answer::Taken(0x7fff_ffff),
            Answer::Refused(0),
            Answer::Refused(0x7fff_ffff),
        ] {
            assert_eq!(Answer::from_record(answer.to_record()), answer);
        }
        assert_eq!(from_record(&to_record(7)), Some(7));
        for record in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
            assert_eq!(from_record(record), None);
        }
    }
}
