//! Who still holds the connections of a server: Node's counting of sockets that were sent to other processes.
//!
//! A Node server that has sent connections away counts them when it is asked how many it has, and waits for them when
//! it closes. So whoever received some must answer, or that server hangs.
//!
//! | the owner says | the holder answers |
//! | --- | --- |
//! | `NODE_SOCKET_GET_COUNT` | `NODE_SOCKET_COUNT`: how many connections of this key it has received and not closed |
//! | `NODE_SOCKET_NOTIFY_CLOSE` | `NODE_SOCKET_ALL_CLOSED`: at once when there are none, else once there are none |
//!
//! Rule: of a key that is not known none is held, and that is the answer. Node's holder says nothing to a key that it has
//! never received; but here a key is forgotten when its connections are closed, or a peer could fill the list with keys,
//! and whose connection was lost on the way is answered rather than left to hang.
//! A connection is a number here; which numbers are still open is for the caller to say, when it is asked.
//!
//! In Node: `lib/internal/socket_list.js`.

use std::collections::{BTreeMap, HashSet};

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// How many connections, or servers, come before the closed ones are looked for, and as many again as were left then,
/// twice.
const FORGET: usize = 64;

/// What is said about the connections of a server. `key` is the server, as Node names it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketQuery {
    /// How many do you hold?
    GetCount {
        /// The server.
        key: String,
    },
    /// So many.
    Count {
        /// The server.
        key: String,
        /// How many.
        count: u64,
    },
    /// Tell me when you hold none.
    NotifyClose {
        /// The server.
        key: String,
    },
    /// I hold none.
    AllClosed {
        /// The server.
        key: String,
    },
}

impl SocketQuery {
    /// The query that a command says, without its `NODE_`.
    pub(crate) fn of(command: &str, key: Option<&str>, count: Option<u64>) -> Option<Self> {
        let key = key?.to_owned();
        Some(match command {
            "SOCKET_GET_COUNT" => Self::GetCount { key },
            "SOCKET_COUNT" => Self::Count { key, count: count? },
            "SOCKET_NOTIFY_CLOSE" => Self::NotifyClose { key },
            "SOCKET_ALL_CLOSED" => Self::AllClosed { key },
            _ => return None,
        })
    }
}

impl Serialize for SocketQuery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (cmd, key, count) = match self {
            Self::GetCount { key } => ("NODE_SOCKET_GET_COUNT", key, None),
            Self::Count { key, count } => ("NODE_SOCKET_COUNT", key, Some(count)),
            Self::NotifyClose { key } => ("NODE_SOCKET_NOTIFY_CLOSE", key, None),
            Self::AllClosed { key } => ("NODE_SOCKET_ALL_CLOSED", key, None),
        };
        let mut object = serializer.serialize_struct("SocketQuery", 2 + usize::from(count.is_some()))?;
        object.serialize_field("cmd", cmd)?;
        object.serialize_field("key", key)?;
        if let Some(count) = count {
            object.serialize_field("count", count)?;
        }
        object.end()
    }
}

/// The connections received, by the server that accepted them.
#[derive(Debug, Default)]
pub struct SocketList {
    held: BTreeMap<String, Held>,
    /// How many servers were left when those of whose connections none is open were last forgotten.
    left: usize,
}

/// The numbers of all sockets that this process has open.
type Open = HashSet<u64>;

#[derive(Debug, Default)]
struct Held {
    sockets: Vec<u64>,
    owner_waits: bool,
    /// How many were left when the closed ones were last forgotten.
    left: usize,
}

impl Held {
    fn forget_closed(&mut self, open: &Open) {
        self.sockets.retain(|socket| open.contains(socket));
        self.left = self.sockets.len();
    }
}

impl SocketList {
    /// A connection has come. Those that are closed are forgotten now and then, so the list stays short.
    pub fn received(&mut self, key: &str, socket: u64, open: impl FnOnce() -> Open) {
        let held = self.held.entry(key.to_owned()).or_default();
        held.sockets.push(socket);
        if held.sockets.len() > FORGET + 2 * held.left {
            held.forget_closed(&open());
        } else if self.held.len() > FORGET + 2 * self.left {
            let open = open();
            self.held.retain(|_, held| {
                held.forget_closed(&open);
                held.left > 0 || held.owner_waits
            });
            self.left = self.held.len();
        }
    }

    /// The owner has said something: what to answer now, if anything.
    pub fn asked(&mut self, query: SocketQuery, open: impl FnOnce() -> Open) -> Option<SocketQuery> {
        let (SocketQuery::GetCount { key } | SocketQuery::NotifyClose { key }) = &query else {
            return None;
        };
        let mut held = self.held.get_mut(key);
        if let Some(held) = &mut held {
            held.forget_closed(&open());
        }
        let left = held.as_ref().map_or(0, |held| held.left);
        match query {
            SocketQuery::GetCount { key } => Some(SocketQuery::Count {
                key,
                count: left as u64,
            }),
            SocketQuery::NotifyClose { key } => {
                if let Some(held) = held {
                    held.owner_waits = left > 0;
                }
                (left == 0).then_some(SocketQuery::AllClosed { key })
            }
            _ => None,
        }
    }

    /// Whether an owner waits for the end of its connections: then somebody must look from time to time.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.held.values().any(|held| held.owner_waits)
    }

    /// What is to be told to the owners that wait. Each is told once.
    pub fn closed(&mut self, open: &Open) -> Vec<SocketQuery> {
        let waited_for = self.held.iter_mut().filter(|(_, held)| held.owner_waits);
        waited_for
            .filter_map(|(key, held)| {
                held.forget_closed(open);
                held.owner_waits = held.left > 0;
                (held.left == 0).then(|| SocketQuery::AllClosed { key: key.clone() })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> String {
        "4:127.0.0.1:0".to_owned()
    }

    fn open<const N: usize>(sockets: [u64; N]) -> impl Fn() -> Open {
        move || Open::from(sockets)
    }

    #[test]
    fn what_is_open_is_counted_and_of_an_unknown_key_there_is_none() {
        let mut list = SocketList::default();
        list.received(&key(), 1, open([]));
        list.received(&key(), 2, open([]));
        let ask = SocketQuery::GetCount { key: key() };
        let say = |count| Some(SocketQuery::Count { key: key(), count });
        assert_eq!(list.asked(ask.clone(), open([1, 2, 3])), say(2));
        assert_eq!(list.asked(ask.clone(), open([2])), say(1));
        assert_eq!(list.asked(ask, open([])), say(0));
        let (key, count) = ("x".to_owned(), 0);
        let other = SocketQuery::GetCount { key: key.clone() };
        assert_eq!(
            list.asked(other, open([1])),
            Some(SocketQuery::Count {
                key: key.clone(),
                count
            })
        );
        let other = SocketQuery::NotifyClose { key: key.clone() };
        assert_eq!(list.asked(other, open([1])), Some(SocketQuery::AllClosed { key }));
    }

    #[test]
    fn an_owner_that_waits_is_told_once_when_the_last_is_closed() {
        let mut list = SocketList::default();
        list.received(&key(), 1, open([]));
        let ask = SocketQuery::NotifyClose { key: key() };
        let say = SocketQuery::AllClosed { key: key() };
        assert_eq!(list.asked(ask.clone(), open([1])), None);
        assert!(list.is_waited_for());
        assert_eq!(list.closed(&Open::from([1])), []);
        assert_eq!(list.closed(&Open::new()), std::slice::from_ref(&say));
        assert!(!list.is_waited_for());
        assert_eq!(list.closed(&Open::new()), []);
        assert_eq!(list.asked(ask, open([])), Some(say));
    }

    #[test]
    fn the_list_does_not_grow_with_servers_whose_connections_are_closed() {
        let mut list = SocketList::default();
        for socket in 0..10_000 {
            list.received(&format!("4:10.0.0.1:{socket}"), socket, open([7]));
        }
        assert!(list.held.len() <= FORGET + 2, "{}", list.held.len());
        let key = "4:10.0.0.1:7".to_owned();
        let ask = SocketQuery::GetCount { key: key.clone() };
        assert_eq!(list.asked(ask, open([7])), Some(SocketQuery::Count { key, count: 1 }));
    }

    #[test]
    fn the_list_does_not_grow_with_connections_that_are_closed() {
        let mut list = SocketList::default();
        for socket in 0..100_000 {
            list.received(&key(), socket, open([]));
        }
        assert!(list.held[&key()].sockets.len() <= FORGET + 1);
    }
}
