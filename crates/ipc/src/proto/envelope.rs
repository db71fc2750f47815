//! What a JSON message is: the user's own, or one of Node's internal ones.
//!
//! Rule (Node's): a message is internal if it is an object whose `cmd` is a string that starts with `NODE_` and is
//! longer than that. Everything else, `{"cmd":"NODE_"}` included, belongs to the user.
//! Surprise: nothing else sets the two apart, so nothing stops a user from sending an internal message.
//!
//! | `cmd` | here |
//! | --- | --- |
//! | `NODE_HANDLE` | [`Envelope::Handle`]: a message with a handle, wrapped once, or again by a retransmission |
//! | `NODE_HANDLE_ACK`, `NODE_HANDLE_NACK` | [`Envelope::Answer`] |
//! | `NODE_SOCKET_…` | [`Envelope::Sockets`]: who still holds the connections of a server |
//! | `NODE_…` | [`Envelope::Internal`] |
//! | anything else | [`Envelope::User`] |
//!
//! In Node: `lib/internal/child_process.js`, `isInternal` and `handleMessage`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::conversation::Part;
use super::handle::Answer;
use super::socket_list::SocketQuery;

/// What a JSON message is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    User,
    Internal,
    /// Where in the text the wrapped message stands, and which server accepted its connection.
    Handle {
        message: Range<usize>,
        key: Option<String>,
    },
    Answer(Answer),
    Sockets(SocketQuery),
}

/// How often a message may be wrapped: Node's retransmissions wrap twice. What is deeper stays wrapped, and is nobody's.
const WRAPPINGS: usize = 4;

impl Envelope {
    /// Tells what `text` is. A text that is no JSON is the user's: who decodes it will hear of it.
    pub(crate) fn of(text: &[u8]) -> Self {
        let mut envelope = Self::outermost(text);
        for _ in 1..WRAPPINGS {
            let Self::Handle { message, .. } = &envelope else { break };
            let Self::Handle { message: inner, key } = Self::outermost(&text[message.clone()]) else {
                break;
            };
            envelope = Self::Handle {
                message: message.start + inner.start..message.start + inner.end,
                key,
            };
        }
        envelope
    }

    fn outermost(text: &[u8]) -> Self {
        static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"NODE_"));
        // Most messages are the user's, and most of those say nothing like NODE_ anywhere, not even in escapes.
        if text.first() != Some(&b'{') && !text.first().is_some_and(u8::is_ascii_whitespace)
            || MARK.find(text).is_none() && memchr::memchr(b'\\', text).is_none()
        {
            return Self::User;
        }
        let Ok(members) = serde_json::from_slice::<Members<'_>>(text) else {
            return Self::User;
        };
        let Some(cmd) = &members.cmd else { return Self::User };
        match cmd.strip_prefix("NODE_") {
            None | Some("") => Self::User,
            Some("HANDLE_ACK") => Self::Answer(Answer::Ack),
            Some("HANDLE_NACK") => Self::Answer(Answer::Nack),
            Some("HANDLE") => Self::Handle {
                message: place_of(text, members.msg),
                key: members.key.map(Cow::into_owned),
            },
            Some(command) => {
                SocketQuery::of(command, members.key.as_deref(), members.count).map_or(Self::Internal, Self::Sockets)
            }
        }
    }
}

/// Which part a message plays in a conversation, and where in the text its value stands.
pub(crate) fn part_of(text: &[u8]) -> (Part, Option<Range<usize>>) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Marked<'a> {
        ferronode: &'a str,
        id: u32,
        #[serde(borrow, default)]
        body: Option<&'a RawValue>,
    }
    if !text.starts_with(br#"{"ferronode":""#) {
        return (Part::Message, None);
    }
    let marked = serde_json::from_slice::<Marked<'_>>(text).ok();
    let part = marked
        .as_ref()
        .and_then(|marked| Part::of_word(marked.ferronode, marked.id));
    match part {
        Some(part) => (part, Some(place_of(text, marked.and_then(|marked| marked.body)))),
        None => (Part::Message, None),
    }
}

/// Where in `text` the message that borrows from it stands. Empty if there is none.
fn place_of(text: &[u8], msg: Option<&RawValue>) -> Range<usize> {
    let Some(msg) = msg.map(RawValue::get) else { return 0..0 };
    let start = msg.as_ptr().addr() - text.as_ptr().addr();
    start..start + msg.len()
}

/// The members that matter, of an object that may have any others.
/// When a name stands twice the last one counts, as for JSON.parse; serde's derive would call that an error.
#[derive(Default)]
struct Members<'a> {
    cmd: Option<Cow<'a, str>>,
    msg: Option<&'a RawValue>,
    key: Option<Cow<'a, str>>,
    count: Option<u64>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "cmd" => members.cmd = if_it_is(map.next_value()?).map(|Name(cmd)| cmd),
                "key" => members.key = if_it_is(map.next_value()?).map(|Name(key)| key),
                "count" => members.count = if_it_is(map.next_value()?),
                "msg" => members.msg = Some(map.next_value()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(members)
    }
}

/// The value if it is one of this type: a `cmd` that is a number is no error, but the user's own.
fn if_it_is<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Envelope) {
        assert_eq!(&Envelope::of(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn what_node_takes_for_the_users_is_the_users() {
        for text in [
            "1",
            "null",
            "\"NODE_CLUSTER\"",
            "[{\"cmd\":\"NODE_CLUSTER\"}]",
            "{\"cmd\":\"NODE_\"}",
            "{\"cmd\":\"node_x\"}",
            "{\"cmd\":5,\"x\":\"NODE_\"}",
            "{\"x\":{\"cmd\":\"NODE_CLUSTER\"}}",
            "{\"cmd\":\"NODE_A\",\"cmd\":\"b\"}",
            "{\"cmd\":\"NODE_CLUSTER\"",
        ] {
            check(text, &Envelope::User);
        }
    }

    #[test]
    fn what_node_takes_for_internal_is_internal() {
        for text in [
            "{\"cmd\":\"NODE_CLUSTER\",\"act\":\"online\",\"seq\":0}",
            " { \"x\" : 1 , \"cmd\" : \"NODE_X\" } ",
            "{\"cmd\":\"\\u004eODE_X\"}",
            "{\"c\\u006dd\":\"NODE_X\"}",
            "{\"cmd\":\"a\",\"cmd\":\"NODE_A\"}",
        ] {
            check(text, &Envelope::Internal);
        }
        check("{\"cmd\":\"NODE_HANDLE_ACK\"}", &Envelope::Answer(Answer::Ack));
        check("{\"cmd\":\"NODE_HANDLE_NACK\"}", &Envelope::Answer(Answer::Nack));
    }

    #[test]
    fn a_handle_is_unwrapped_as_often_as_it_was_wrapped() {
        let wrapped = |inner: &str| format!("{{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{inner}}}");
        let inner = "{\"k\":\"€\"}";
        for text in [
            wrapped(inner),
            wrapped(&wrapped(inner)),
            wrapped(&wrapped(&wrapped(inner))),
        ] {
            let Envelope::Handle { message, .. } = Envelope::of(text.as_bytes()) else {
                panic!("{text}")
            };
            assert_eq!(&text[message], inner);
        }
        check(
            "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\"}",
            &Envelope::Handle {
                message: 0..0,
                key: None,
            },
        );
    }

    #[test]
    fn a_message_wrapped_without_end_is_not_followed_to_its_end() {
        let (open, depth) = ("{\"cmd\":\"NODE_HANDLE\",\"msg\":", 1_000_000);
        let text = open.repeat(depth) + "1" + &"}".repeat(depth);
        let Envelope::Handle { message, .. } = Envelope::of(text.as_bytes()) else {
            panic!("it is one")
        };
        assert_eq!(message.start, WRAPPINGS * open.len());
    }
}
