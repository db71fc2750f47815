//! The same messages as Node writes them: objects with `cmd`, `act` and `seq`.
//!
//! Surprise: an answer has no `act`. What it answers decides what it means, and so do its members here:
//! with `accepted` it answers a connection, with `key` a query, with neither it just says that it was heard.
//!
//! In Node: `lib/internal/cluster/utils.js`, `sendHelper` and `internal`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::{Frame, Key, Message, Reply, SocketName};
use super::query::{AddressType, Query};

/// A frame as Node writes it. Members that are none are left out, but for those that Node writes as `null`.
#[derive(Debug, Serialize)]
#[serde(tag = "cmd")]
pub enum NodeFrame<'a> {
    /// `online`, `disconnect`, `exitedAfterDisconnect`.
    #[serde(rename = "NODE_CLUSTER")]
    Plain {
        /// What is said.
        act: &'static str,
        /// Its number.
        seq: u32,
    },
    /// `newconn`, `close`, and our `ended`.
    #[serde(rename = "NODE_CLUSTER")]
    Keyed {
        /// What is said.
        act: &'static str,
        /// Of which listener.
        key: &'a str,
        /// Its number.
        seq: u32,
    },
    /// Our `limit`.
    #[serde(rename = "NODE_CLUSTER")]
    Limit {
        /// What is said.
        act: &'static str,
        /// Of which listener.
        key: &'a str,
        /// As [`Message::Limit`] has it.
        most: Option<u32>,
        /// As [`Message::Limit`] has it.
        ended: u64,
        /// Its number.
        seq: u32,
    },
    /// `queryServer`, `listening`.
    #[serde(rename = "NODE_CLUSTER")]
    Query(NodeQuery<'a>),
    /// Whether a worker may listen.
    #[serde(rename = "NODE_CLUSTER")]
    Reply {
        /// Negative, or none.
        errno: Option<i32>,
        /// Of which listener.
        key: &'a str,
        /// Which query it answers.
        ack: u32,
        /// As [`Reply::data`] has it.
        data: Option<Value>,
        /// The address in use.
        #[serde(skip_serializing_if = "Option::is_none")]
        sockname: Option<&'a SocketName>,
        /// Ours, and nothing to Node.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        wants_reports: bool,
        /// Ours, and nothing to Node.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        lane: bool,
        /// Its number.
        seq: u32,
    },
    /// Whether a worker has taken a connection.
    #[serde(rename = "NODE_CLUSTER")]
    Accepted {
        /// Which one.
        ack: u32,
        /// Whether it has.
        accepted: bool,
        /// Its number.
        seq: u32,
    },
    /// It was heard.
    #[serde(rename = "NODE_CLUSTER")]
    Acknowledged {
        /// What was.
        ack: u32,
        /// Its number.
        seq: u32,
    },
}

/// Where a worker listens, or wants to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeQuery<'a> {
    act: &'static str,
    index: u32,
    data: Option<Value>,
    address: Option<&'a str>,
    port: Option<i32>,
    address_type: Option<NodeAddressType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fd: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
    backlog: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    readable_all: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    writable_all: bool,
    /// Ours, and nothing to Node.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reports: bool,
    seq: u32,
}

/// A number for TCP and Unix sockets, a text for UDP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum NodeAddressType {
    Number(i32),
    Text(String),
}

/// Writes a frame as Node does.
#[must_use]
pub fn to_node(frame: &Frame) -> NodeFrame<'_> {
    let (seq, ack) = (frame.seq, frame.ack.unwrap_or_default());
    let plain = |act| NodeFrame::Plain { act, seq };
    match &frame.message {
        Message::Online => plain("online"),
        Message::Disconnect => plain("disconnect"),
        Message::ExitedAfterDisconnect => plain("exitedAfterDisconnect"),
        Message::NewConnection { key } => NodeFrame::keyed("newconn", key, seq),
        Message::Close { key } => NodeFrame::keyed("close", key, seq),
        Message::Ended { key } => NodeFrame::keyed("ended", key, seq),
        Message::Limit { key, most, ended } => NodeFrame::Limit {
            act: "limit",
            key: &key.0,
            most: *most,
            ended: *ended,
            seq,
        },
        Message::Query(query) => NodeFrame::Query(NodeQuery::of("queryServer", query, seq)),
        Message::Listening(query) => NodeFrame::Query(NodeQuery::of("listening", query, seq)),
        Message::Accepted { accepted } => NodeFrame::Accepted {
            ack,
            accepted: *accepted,
            seq,
        },
        Message::Acknowledged => NodeFrame::Acknowledged { ack, seq },
        Message::Reply(reply) => NodeFrame::Reply {
            errno: (reply.errno != 0).then_some(reply.errno),
            key: &reply.key.0,
            ack,
            data: raw(reply.data.as_deref()),
            sockname: reply.socket_name.as_ref(),
            wants_reports: reply.wants_reports,
            lane: reply.lane,
            seq,
        },
    }
}

impl<'a> NodeFrame<'a> {
    fn keyed(act: &'static str, Key(key): &'a Key, seq: u32) -> Self {
        Self::Keyed { act, key, seq }
    }
}

impl<'a> NodeQuery<'a> {
    fn of(act: &'static str, query: &'a Query, seq: u32) -> Self {
        Self {
            act,
            index: query.index,
            data: raw(query.data.as_deref()),
            address: query.address.as_deref(),
            port: query.port,
            address_type: match query.address_type {
                AddressType::V4 => Some(NodeAddressType::Number(4)),
                AddressType::V6 => Some(NodeAddressType::Number(6)),
                AddressType::Path => Some(NodeAddressType::Number(-1)),
                AddressType::Udp4 => Some(NodeAddressType::Text("udp4".to_owned())),
                AddressType::Udp6 => Some(NodeAddressType::Text("udp6".to_owned())),
                AddressType::Fd => None,
            },
            fd: query.fd,
            flags: query.flags,
            backlog: query.backlog.unwrap_or(0),
            readable_all: query.readable_all,
            writable_all: query.writable_all,
            reports: query.reports,
            seq,
        }
    }
}

/// What a server has to say to its like in other workers (TLS: the keys of its tickets) is nobody's business here.
fn raw(text: Option<&str>) -> Option<Value> {
    serde_json::from_str(text?).ok()
}

/// Anything that Node may write: every member may be missing, or be undefined, which mode `advanced` tells apart.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnyFrame {
    #[serde(default)]
    cmd: Command,
    act: Option<Act>,
    #[serde(default)]
    seq: u32,
    ack: Option<u32>,
    key: Option<String>,
    errno: Option<i32>,
    accepted: Option<bool>,
    #[serde(default)]
    index: u32,
    data: Option<Value>,
    address: Option<String>,
    port: Option<i32>,
    address_type: Option<NodeAddressType>,
    fd: Option<i32>,
    flags: Option<u32>,
    backlog: Option<Backlog>,
    sockname: Option<SocketName>,
    readable_all: Option<bool>,
    writable_all: Option<bool>,
    most: Option<u32>,
    #[serde(default)]
    ended: u64,
    #[serde(default)]
    reports: bool,
    #[serde(default, rename = "wants_reports")]
    wants_reports: bool,
    #[serde(default)]
    lane: bool,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
enum Command {
    #[serde(rename = "NODE_CLUSTER")]
    Cluster,
    #[default]
    #[serde(other)]
    Another,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Act {
    Online,
    QueryServer,
    Listening,
    #[serde(rename = "newconn")]
    NewConnection,
    Ended,
    Limit,
    Close,
    Disconnect,
    ExitedAfterDisconnect,
    #[serde(other)]
    Another,
}

/// A number, or `false` for the default.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Backlog {
    Number(u32),
    Default(#[allow(dead_code)] bool),
}

/// Reads what Node has written. `None` for what is no message of the cluster's or of an `act` unknown here:
/// Node ignores those too.
#[must_use]
pub fn from_node(any: AnyFrame) -> Option<Frame> {
    if any.cmd != Command::Cluster {
        return None;
    }
    let (seq, ack) = (any.seq, any.ack);
    let message = match (ack, &any.act) {
        (Some(_), None) => any.answer(),
        (None, Some(Act::Online)) => Message::Online,
        (None, Some(Act::QueryServer)) => Message::Query(any.query()?),
        (None, Some(Act::Listening)) => Message::Listening(any.query()?),
        (None, Some(Act::NewConnection)) => Message::NewConnection {
            key: Key(any.key?.into()),
        },
        (None, Some(Act::Ended)) => Message::Ended {
            key: Key(any.key?.into()),
        },
        (None, Some(Act::Limit)) => Message::Limit {
            key: Key(any.key?.into()),
            most: any.most,
            ended: any.ended,
        },
        (None, Some(Act::Close)) => Message::Close {
            key: Key(any.key?.into()),
        },
        (None, Some(Act::Disconnect)) => Message::Disconnect,
        (None, Some(Act::ExitedAfterDisconnect)) => Message::ExitedAfterDisconnect,
        (_, Some(_)) | (None, None) => return None,
    };
    Some(Frame { seq, ack, message })
}

/// What a worker says for each connection, in Node's own words, is read without a parser. `None` for everything else.
#[must_use]
pub fn accepted_in_json(text: &[u8]) -> Option<Frame> {
    let (ack, rest) = number(text.strip_prefix(br#"{"cmd":"NODE_CLUSTER","ack":"#)?)?;
    let rest = rest.strip_prefix(br#","accepted":"#)?;
    let (accepted, rest) = match rest.strip_prefix(b"true") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(b"false")?),
    };
    let (seq, rest) = number(rest.strip_prefix(br#","seq":"#)?)?;
    (rest == b"}").then_some(Frame {
        seq,
        ack: Some(ack),
        message: Message::Accepted { accepted },
    })
}

/// The number that a text begins with, and the rest.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, rest))
}

impl AnyFrame {
    fn answer(self) -> Message {
        match (self.accepted, self.key) {
            (Some(accepted), _) => Message::Accepted { accepted },
            (None, Some(key)) => Message::Reply(Reply {
                key: Key(key.into()),
                errno: self.errno.unwrap_or(0),
                socket_name: self.sockname,
                data: self.data.map(|data| data.to_string()),
                wants_reports: self.wants_reports,
                lane: self.lane,
            }),
            (None, None) => Message::Acknowledged,
        }
    }

    fn query(self) -> Option<Query> {
        let address_type = match self.address_type {
            Some(NodeAddressType::Number(4)) => AddressType::V4,
            Some(NodeAddressType::Number(6)) => AddressType::V6,
            Some(NodeAddressType::Number(-1)) => AddressType::Path,
            Some(NodeAddressType::Text(text)) if text == "udp4" => AddressType::Udp4,
            Some(NodeAddressType::Text(text)) if text == "udp6" => AddressType::Udp6,
            None => AddressType::Fd,
            Some(_) => return None,
        };
        Some(Query {
            index: self.index,
            data: self.data.map(|data| data.to_string()),
            address: self.address,
            port: self.port,
            address_type,
            fd: self.fd,
            flags: self.flags,
            backlog: self.backlog.and_then(|backlog| match backlog {
                Backlog::Number(number) => Some(number).filter(|&number| number > 0),
                Backlog::Default(_) => None,
            }),
            readable_all: self.readable_all.unwrap_or(false),
            writable_all: self.writable_all.unwrap_or(false),
            reports: self.reports,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Frame> {
        serde_json::from_str(text).ok().and_then(from_node)
    }

    /// Captured from Node 20, but for `backlog`, which we write as a number: Node takes either.
    const LIFE: &[&str] = &[
        r#"{"cmd":"NODE_CLUSTER","act":"online","seq":0}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":"127.0.0.1","port":0,"addressType":4,"flags":0,"backlog":0,"seq":1}"#,
        r#"{"cmd":"NODE_CLUSTER","errno":null,"key":"127.0.0.1:0:4:undefined:0","ack":1,"data":null,"sockname":{"address":"127.0.0.1","family":"IPv4","port":45265},"seq":0}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"listening","index":0,"data":null,"address":"127.0.0.1","port":45265,"addressType":4,"flags":0,"backlog":0,"seq":2}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"newconn","key":"127.0.0.1:0:4:undefined:0","seq":1}"#,
        r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"disconnect","seq":4}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"close","key":"127.0.0.1:0:4:undefined:0","seq":6}"#,
        r#"{"cmd":"NODE_CLUSTER","act":"exitedAfterDisconnect","seq":7}"#,
        r#"{"cmd":"NODE_CLUSTER","ack":7,"seq":4}"#,
        r#"{"cmd":"NODE_CLUSTER","errno":-98,"key":"127.0.0.1:37687:4:undefined:0","ack":1,"data":null,"seq":0}"#,
    ];

    #[test]
    fn what_node_writes_is_read_and_written_back_byte_for_byte() {
        for text in LIFE {
            let frame = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(serde_json::to_string(&to_node(&frame)).unwrap(), *text);
        }
    }

    #[test]
    fn the_key_is_nodes_own_text() {
        let of = |text: &str| match read(text).unwrap().message {
            Message::Query(query) => query.key().0,
            other => panic!("{other:?}"),
        };
        let query = |rest: &str| format!(r#"{{"cmd":"NODE_CLUSTER","act":"queryServer",{rest},"seq":1}}"#);
        for (rest, key) in [
            (
                r#""index":0,"address":"127.0.0.1","port":0,"addressType":4,"backlog":false"#,
                "127.0.0.1:0:4:undefined:0",
            ),
            (
                r#""index":0,"address":null,"port":0,"addressType":4,"backlog":0"#,
                "null:0:4:undefined:0",
            ),
            (
                r#""index":0,"address":"::","port":0,"addressType":"udp6","fd":-1,"flags":0"#,
                ":::0:udp6:-1:0",
            ),
            (
                r#""index":0,"address":"/p/cl.sock","port":-1,"addressType":-1,"backlog":0"#,
                "/p/cl.sock:-1:-1:undefined:0",
            ),
            (
                r#""index":0,"address":null,"port":null,"addressType":null,"fd":10,"backlog":0"#,
                "null:null:null:10:0",
            ),
        ] {
            assert_eq!(of(&query(rest)), key.into());
        }
    }

    #[test]
    fn what_is_said_for_each_connection_is_the_same_without_a_parser() {
        for text in [
            r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3}"#,
            r#"{"cmd":"NODE_CLUSTER","ack":2147483647,"accepted":false,"seq":0}"#,
        ] {
            let frame = accepted_in_json(text.as_bytes());
            assert!(frame.is_some() && frame == read(text), "{text}");
        }
        for text in LIFE.iter().filter(|text| !text.contains("accepted")) {
            assert_eq!(accepted_in_json(text.as_bytes()), None);
        }
        for text in [
            r#"{"cmd":"NODE_CLUSTER","ack":4294967296,"accepted":true,"seq":3}"#,
            r#"{"cmd":"NODE_CLUSTER","ack":,"accepted":true,"seq":3}"#,
            r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":null,"seq":3}"#,
            r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3.5}"#,
            r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3"#,
            r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3,"key":"k"}"#,
        ] {
            assert_eq!(accepted_in_json(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_ignored() {
        for text in [
            "1",
            "{}",
            r#"{"cmd":"NODE_X","act":"online"}"#,
            r#"{"cmd":"NODE_CLUSTER","act":"dance","seq":1}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
