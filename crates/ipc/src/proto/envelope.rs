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
//! | `NODE_…` | [`Envelope::Internal`] |
//! | anything else | [`Envelope::User`] |
//!
//! In Node: `lib/internal/child_process.js`, `isInternal` and `handleMessage`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::handle::{Answer, HandleKind};

/// What a JSON message is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    User,
    Internal,
    /// Where in the text the wrapped message stands.
    Handle {
        message: Range<usize>,
    },
    Answer(Answer),
}

/// How often a message may be wrapped: Node's retransmissions wrap twice. What is deeper stays wrapped, and is nobody's.
const WRAPPINGS: usize = 4;

impl Envelope {
    /// Tells what `text` is. A text that is no JSON is the user's: who decodes it will hear of it.
    pub(crate) fn of(text: &[u8]) -> Self {
        let mut envelope = Self::outermost(text);
        for _ in 1..WRAPPINGS {
            let Self::Handle { message } = &envelope else { break };
            let Self::Handle { message: inner } = Self::outermost(&text[message.clone()]) else {
                break;
            };
            envelope = Self::Handle {
                message: message.start + inner.start..message.start + inner.end,
            };
        }
        envelope
    }

    fn outermost(text: &[u8]) -> Self {
        // Most messages are the user's, and most of those say nothing like NODE_ anywhere, not even in escapes.
        if memchr::memmem::find(text, b"NODE_").is_none() && memchr::memchr(b'\\', text).is_none() {
            return Self::User;
        }
        let Ok(Members { cmd: Some(cmd), msg }) = serde_json::from_slice(text) else {
            return Self::User;
        };
        match cmd.strip_prefix("NODE_") {
            None | Some("") => Self::User,
            Some("HANDLE_ACK") => Self::Answer(Answer::Ack),
            Some("HANDLE_NACK") => Self::Answer(Answer::Nack),
            Some("HANDLE") => Self::Handle {
                message: place_of(text, msg),
            },
            Some(_) => Self::Internal,
        }
    }
}

/// Where in `text` the message that borrows from it stands. Empty if there is none.
fn place_of(text: &[u8], msg: Option<&RawValue>) -> Range<usize> {
    let Some(msg) = msg.map(RawValue::get) else { return 0..0 };
    let start = msg.as_ptr().addr() - text.as_ptr().addr();
    start..start + msg.len()
}

/// What stands before the message in a NODE_HANDLE of this kind.
pub(crate) fn handle_prefix(kind: HandleKind) -> &'static str {
    match kind {
        HandleKind::Server => r#"{"cmd":"NODE_HANDLE","type":"net.Server","msg":"#,
        HandleKind::Socket => r#"{"cmd":"NODE_HANDLE","type":"net.Socket","msg":"#,
        HandleKind::Native => r#"{"cmd":"NODE_HANDLE","type":"net.Native","msg":"#,
        HandleKind::Datagram => r#"{"cmd":"NODE_HANDLE","type":"dgram.Native","msg":"#,
    }
}

/// The two members that matter, of an object that may have any others.
/// When a name stands twice the last one counts, as for JSON.parse; serde's derive would call that an error.
#[derive(Default)]
struct Members<'a> {
    cmd: Option<Cow<'a, str>>,
    msg: Option<&'a RawValue>,
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
                "cmd" => {
                    let value: &RawValue = map.next_value()?;
                    members.cmd = serde_json::from_str(value.get()).ok().map(|Name(cmd)| cmd);
                }
                "msg" => members.msg = Some(map.next_value()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(members)
    }
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
            let Envelope::Handle { message } = Envelope::of(text.as_bytes()) else {
                panic!("{text}")
            };
            assert_eq!(&text[message], inner);
        }
        check(
            "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\"}",
            &Envelope::Handle { message: 0..0 },
        );
    }

    #[test]
    fn a_message_wrapped_without_end_is_not_followed_to_its_end() {
        let (open, depth) = ("{\"cmd\":\"NODE_HANDLE\",\"msg\":", 1_000_000);
        let text = open.repeat(depth) + "1" + &"}".repeat(depth);
        let Envelope::Handle { message } = Envelope::of(text.as_bytes()) else {
            panic!("it is one")
        };
        assert_eq!(message.start, WRAPPINGS * open.len());
    }
}
