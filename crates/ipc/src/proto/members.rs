//! The members that matter, of a message that may be anything and have any others.
//!
//! When a name stands twice the last one counts, as for JSON.parse. A member of another type than expected is no error:
//! a `cmd` that is a number is the user's own.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::conversation::Part;

/// What Node's internal messages and the questions of a conversation are known by. All absent if it is no object.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) cmd: Option<String>,
    pub(crate) msg: Option<Box<Members>>,
    pub(crate) key: Option<String>,
    pub(crate) count: Option<u64>,
    pub(crate) mark: Option<Part>,
}

impl Members {
    /// The internal command, without its `NODE_`.
    pub(crate) fn command(&self) -> Option<&str> {
        let command = self.cmd.as_deref()?.strip_prefix("NODE_")?;
        (!command.is_empty()).then_some(command)
    }
}

/// A value, as far as it matters.
pub(crate) enum Value {
    Object(Box<Members>),
    Text(String),
    Number(u64),
    Other,
}

impl Value {
    /// The members of the object that it is, or none.
    pub(crate) fn members(self) -> Members {
        if let Self::Object(members) = self {
            *members
        } else {
            Members::default()
        }
    }

    fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn number(self) -> Option<u64> {
        if let Self::Number(number) = self {
            Some(number)
        } else {
            None
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

/// The names that matter. None of them is kept: most members are passed over.
enum Name {
    Cmd,
    Key,
    Count,
    Msg,
    Ferronode,
    Id,
    Body,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AnyName)
    }
}

struct AnyName;

impl Visitor<'_> for AnyName {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "cmd" => Name::Cmd,
            "key" => Name::Key,
            "count" => Name::Count,
            "msg" => Name::Msg,
            "ferronode" => Name::Ferronode,
            "id" => Name::Id,
            "body" => Name::Body,
            _ => Name::Other,
        })
    }
}

struct Anything;

/// What is passed over.
macro_rules! other {
    ($($visit:ident: $type:ty),* $(,)?) => {
        $(fn $visit<E>(self, _: $type) -> Result<Value, E> {
            Ok(Value::Other)
        })*
    };
}

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Members::default();
        let (mut word, mut id, mut others, mut first) = (None, None, false, true);
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Cmd => members.cmd = map.next_value::<Value>()?.text(),
                Name::Key => members.key = map.next_value::<Value>()?.text(),
                Name::Count => members.count = map.next_value::<Value>()?.number(),
                Name::Msg => members.msg = Some(Box::new(map.next_value::<Value>()?.members())),
                Name::Ferronode if first => word = map.next_value::<Value>()?.text(),
                Name::Id => id = map.next_value::<Value>()?.number(),
                Name::Ferronode | Name::Body | Name::Other => _ = map.next_value::<IgnoredAny>()?,
            }
            others |= !matches!(name, Name::Ferronode | Name::Id | Name::Body);
            first = false;
        }
        if let (Some(word), Some(id), false) = (word, id, others) {
            members.mark = u32::try_from(id).ok().and_then(|id| Part::of_word(&word, id));
        }
        Ok(Value::Object(Box::new(members)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Number))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    other!(visit_bool: bool, visit_f64: f64, visit_i128: i128, visit_u128: u128, visit_bytes: &[u8]);
}
