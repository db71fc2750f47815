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
pub struct NodeFrame {
    cmd: &'static str,
    #[serde(flatten)]
    body: Body,
    seq: u32,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Body {
    Plain {
        act: &'static str,
    },
    Keyed {
        act: &'static str,
        key: String,
    },
    Limit {
        act: &'static str,
        key: String,
        most: Option<u32>,
        ended: u64,
    },
    Query(NodeQuery),
    Reply {
        errno: Option<i32>,
        key: String,
        ack: u32,
        data: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sockname: Option<SocketName>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        wants_reports: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        lane: bool,
    },
    Accepted {
        ack: u32,
        accepted: bool,
    },
    Acknowledged {
        ack: u32,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeQuery {
    act: &'static str,
    index: u32,
    data: Option<Value>,
    address: Option<String>,
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
pub fn to_node(frame: &Frame) -> NodeFrame {
    let ack = frame.ack.unwrap_or_default();
    let body = match &frame.message {
        Message::Online => Body::Plain { act: "online" },
        Message::Disconnect => Body::Plain { act: "disconnect" },
        Message::ExitedAfterDisconnect => Body::Plain {
            act: "exitedAfterDisconnect",
        },
        Message::NewConnection { key } => Body::Keyed {
            act: "newconn",
            key: key.0.clone(),
        },
        Message::Close { key } => Body::Keyed {
            act: "close",
            key: key.0.clone(),
        },
        Message::Ended { key } => Body::Keyed {
            act: "ended",
            key: key.0.clone(),
        },
        Message::Limit { key, most, ended } => Body::Limit {
            act: "limit",
            key: key.0.clone(),
            most: *most,
            ended: *ended,
        },
        Message::Query(query) => Body::Query(NodeQuery::of("queryServer", query)),
        Message::Listening(query) => Body::Query(NodeQuery::of("listening", query)),
        Message::Accepted { accepted } => Body::Accepted {
            ack,
            accepted: *accepted,
        },
        Message::Acknowledged => Body::Acknowledged { ack },
        Message::Reply(reply) => Body::Reply {
            errno: (reply.errno != 0).then_some(reply.errno),
            key: reply.key.0.clone(),
            ack,
            data: raw(reply.data.as_deref()),
            sockname: reply.socket_name.clone(),
            wants_reports: reply.wants_reports,
            lane: reply.lane,
        },
    };
    NodeFrame {
        cmd: "NODE_CLUSTER",
        body,
        seq: frame.seq,
    }
}

impl NodeQuery {
    fn of(act: &'static str, query: &Query) -> Self {
        Self {
            act,
            index: query.index,
            data: raw(query.data.as_deref()),
            address: query.address.clone(),
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
    cmd: String,
    act: Option<String>,
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
    if any.cmd != "NODE_CLUSTER" {
        return None;
    }
    let (seq, ack) = (any.seq, any.ack);
    let message = match (ack, any.act.as_deref()) {
        (Some(_), None) => any.answer(),
        (None, Some("online")) => Message::Online,
        (None, Some("queryServer")) => Message::Query(any.query()?),
        (None, Some("listening")) => Message::Listening(any.query()?),
        (None, Some("newconn")) => Message::NewConnection { key: Key(any.key?) },
        (None, Some("ended")) => Message::Ended { key: Key(any.key?) },
        (None, Some("limit")) => Message::Limit {
            key: Key(any.key?),
            most: any.most,
            ended: any.ended,
        },
        (None, Some("close")) => Message::Close { key: Key(any.key?) },
        (None, Some("disconnect")) => Message::Disconnect,
        (None, Some("exitedAfterDisconnect")) => Message::ExitedAfterDisconnect,
        _ => return None,
    };
    Some(Frame { seq, ack, message })
}

impl AnyFrame {
    fn answer(self) -> Message {
        match (self.accepted, self.key) {
            (Some(accepted), _) => Message::Accepted { accepted },
            (None, Some(key)) => Message::Reply(Reply {
                key: Key(key),
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
            assert_eq!(of(&query(rest)), key);
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
