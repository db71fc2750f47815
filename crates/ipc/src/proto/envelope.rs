//! What a message of Node's modes is: the user's own, or one of Node's internal ones.
//!
//! Rule (Node's): a message is internal if it is an object whose `cmd` is a string that starts with `NODE_` and is
//! longer than that. Everything else, `{"cmd":"NODE_"}` included, belongs to the user.
//! Surprise: nothing else sets the two apart, so nothing stops a user from sending an internal message.
//!
//! | `cmd` | here |
//! | --- | --- |
//! | `NODE_HANDLE` | a message with a handle, in `msg`: wrapped once, or again by a retransmission |
//! | `NODE_HANDLE_ACK`, `NODE_HANDLE_NACK` | [`Envelope::Answer`] |
//! | `NODE_SOCKET_…` | [`Envelope::Sockets`]: who still holds the connections of a server |
//! | `NODE_…` | a message with [`Part::Internal`] |
//! | anything else | a message; of a [conversation](super::conversation) if it is marked so |
//!
//! A message is not cut out of its wrapping: in `advanced` it may refer to objects by their number in the whole.
//! [`Nesting`] says where it lies, and [`At`] reads it there.
//!
//! In Node: `lib/internal/child_process.js`, `isInternal` and `handleMessage`.

use std::marker::PhantomData;

use serde::de::value::UnitDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::conversation::Part;
use super::encode::About;
use super::handle::Answer;
use super::members::{Members, Value};
use super::socket_list::SocketQuery;

/// How often a message may be wrapped: Node's retransmissions wrap twice. What is deeper stays wrapped, and is nobody's.
const WRAPPINGS: u8 = 4;

/// Where in its payload a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nesting {
    /// In the `msg` of a NODE_HANDLE, so many times.
    messages: u8,
    /// In the `body` of a question or an answer.
    body: bool,
}

impl Nesting {
    /// The members to go through, from the outermost.
    pub(crate) fn path(self) -> impl Iterator<Item = &'static str> {
        let body = usize::from(self.body);
        std::iter::repeat_n("msg", self.messages.into()).chain(std::iter::repeat_n("body", body))
    }
}

/// What a message is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    Message {
        part: Part,
        nesting: Nesting,
        /// Whether a handle belongs to it, and which server accepted the connection.
        handle: Option<Option<String>>,
    },
    Answer(Answer),
    Sockets(SocketQuery),
}

impl Envelope {
    pub(crate) fn of(message: Value) -> Self {
        let mut members = message.members();
        let (mut nesting, mut handle) = (Nesting::default(), None);
        while nesting.messages < WRAPPINGS && members.command() == Some("HANDLE") {
            nesting.messages += 1;
            handle = Some(members.key.take());
            members = members.msg.map_or_else(Members::default, |inner| *inner);
        }
        let command = members.command();
        if nesting.messages == 0 {
            match command {
                Some("HANDLE_ACK") => return Self::Answer(Answer::Ack),
                Some("HANDLE_NACK") => return Self::Answer(Answer::Nack),
                Some(command) => {
                    if let Some(query) = SocketQuery::of(command, members.key.as_deref(), members.count) {
                        return Self::Sockets(query);
                    }
                }
                None => {}
            }
        }
        let part = match (command, members.mark) {
            (Some(_), _) => Part::Internal,
            (None, Some(part)) => part,
            (None, None) => Part::Message,
        };
        nesting.body = !matches!(part, Part::Message | Part::Internal);
        Self::Message { part, nesting, handle }
    }

    /// A message of the user's, with nothing around it.
    pub(crate) fn plain() -> Self {
        Self::Message {
            part: Part::Message,
            nesting: Nesting::default(),
            handle: None,
        }
    }

    /// A message of a protocol above the channel, with nothing around it.
    pub(crate) fn internal() -> Self {
        Self::Message {
            part: Part::Internal,
            nesting: Nesting::default(),
            handle: None,
        }
    }
}

/// A value in the objects that Node and a conversation put around it: in none, if it has no handle and asks nothing.
pub(crate) struct Wrapped<'a, T: ?Sized> {
    pub(crate) value: &'a T,
    pub(crate) about: &'a About<'a>,
}

impl<T: Serialize + ?Sized> Serialize for Wrapped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let marked = Marked {
            value: self.value,
            part: self.about.part,
        };
        let Some(kind) = self.about.handles.first() else {
            return marked.serialize(serializer);
        };
        let datagram_type = kind.datagram_type();
        let members = 3 + usize::from(self.about.key.is_some()) + usize::from(datagram_type.is_some());
        let mut object = serializer.serialize_map(Some(members))?;
        object.serialize_entry("cmd", "NODE_HANDLE")?;
        object.serialize_entry("type", kind.type_name())?;
        object.serialize_entry("msg", &marked)?;
        if let Some(key) = self.about.key {
            object.serialize_entry("key", key)?;
        }
        if let Some(name) = datagram_type {
            object.serialize_entry("dgramType", name)?;
        }
        object.end()
    }
}

struct Marked<'a, T: ?Sized> {
    value: &'a T,
    part: Part,
}

impl<T: Serialize + ?Sized> Serialize for Marked<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((word, id)) = self.part.word() else {
            return self.value.serialize(serializer);
        };
        let has_body = !matches!(self.part, Part::Cancel(_));
        let mut object = serializer.serialize_map(Some(2 + usize::from(has_body)))?;
        object.serialize_entry("ferronode", word)?;
        object.serialize_entry("id", &id)?;
        if has_body {
            object.serialize_entry("body", self.value)?;
        }
        object.end()
    }
}

/// Reads a value from where it lies.
pub(crate) struct At<T> {
    nesting: Nesting,
    value: PhantomData<T>,
}

impl<T> At<T> {
    pub(crate) fn new(nesting: Nesting) -> Self {
        Self {
            nesting,
            value: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for At<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if self.nesting == Nesting::default() {
            T::deserialize(deserializer)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for At<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the object around a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut inner = self.nesting;
        let wanted = if inner.messages > 0 {
            inner.messages -= 1;
            "msg"
        } else {
            inner.body = false;
            "body"
        };
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == wanted {
                found = Some(map.next_value_seed(Self::new(inner))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        match found {
            Some(value) => Ok(value),
            // What JavaScript calls undefined.
            None => T::deserialize(UnitDeserializer::<A::Error>::new())
                .map_err(|_| A::Error::custom("there is no value in the message")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(text: &str) -> Envelope {
        serde_json::from_str(text).map_or_else(|_| Envelope::plain(), Envelope::of)
    }

    #[track_caller]
    fn check(text: &str, part: Part) {
        let Envelope::Message {
            part: found,
            handle: None,
            ..
        } = envelope(text)
        else {
            panic!("{text}: {:?}", envelope(text))
        };
        assert_eq!(found, part, "{text}");
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
            check(text, Part::Message);
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
            check(text, Part::Internal);
        }
        assert_eq!(envelope("{\"cmd\":\"NODE_HANDLE_ACK\"}"), Envelope::Answer(Answer::Ack));
        assert_eq!(
            envelope("{\"cmd\":\"NODE_HANDLE_NACK\"}"),
            Envelope::Answer(Answer::Nack)
        );
    }

    #[test]
    fn a_handle_is_unwrapped_as_often_as_it_was_wrapped() {
        let wrapped = |inner: &str| format!("{{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{inner}}}");
        let mut text = "{\"k\":\"€\"}".to_owned();
        for messages in 1..=WRAPPINGS {
            text = wrapped(&text);
            let Envelope::Message {
                nesting,
                handle: Some(None),
                ..
            } = envelope(&text)
            else {
                panic!("{text}")
            };
            assert_eq!(nesting, Nesting { messages, body: false });
            let mut reader = serde_json::Deserializer::from_str(&text);
            let value: serde_json::Value = At::new(nesting).deserialize(&mut reader).unwrap();
            assert_eq!(value["k"], "€");
        }
    }

    #[test]
    fn a_handle_without_a_message_has_none_to_read() {
        let text = "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\"}";
        let nesting = Nesting {
            messages: 1,
            body: false,
        };
        let read = |text| At::<Option<u8>>::new(nesting).deserialize(&mut serde_json::Deserializer::from_str(text));
        assert_eq!(read(text).unwrap(), None);
    }

    #[test]
    fn a_message_wrapped_without_end_is_not_followed_to_its_end() {
        let (open, depth) = ("{\"cmd\":\"NODE_HANDLE\",\"msg\":", 1_000_000);
        check(&(open.repeat(depth) + "1" + &"}".repeat(depth)), Part::Message);
        let text = open.repeat(20) + "1" + &"}".repeat(20);
        let Envelope::Message {
            nesting,
            part: Part::Internal,
            ..
        } = envelope(&text)
        else {
            panic!("it is one")
        };
        assert_eq!(nesting.messages, WRAPPINGS);
    }
}
