//! A message on its way out: a value, and what travels with it.

use bytes::Bytes;
use serde::Serialize;

use crate::handle::Handle;

/// A value to be sent, with its bodies and handles. Any serializable value is one: `send(5)`, `send("text")`, `send(my_struct)`.
#[derive(Debug)]
pub struct Outgoing<T> {
    pub(crate) value: T,
    pub(crate) internal: bool,
    /// What few messages have: a message is moved a few times on its way.
    pub(crate) company: Option<Box<Company>>,
}

/// What travels with a value.
#[derive(Debug, Default)]
pub(crate) struct Company {
    pub(crate) bodies: Vec<Bytes>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) key: Option<String>,
}

impl<T: Serialize> Outgoing<T> {
    /// A message without handles.
    pub fn new(value: T) -> Self {
        Self {
            value,
            internal: false,
            company: None,
        }
    }

    /// A message of a protocol above the channel (cluster's, say), which the peer's user does not see.
    ///
    /// In Node's modes nothing but the value sets it apart: it must be an object whose `cmd` begins with `NODE_`.
    pub fn internal(value: T) -> Self {
        Self {
            internal: true,
            ..Self::new(value)
        }
    }

    /// Adds a body: bytes that travel beside the value as they are, past every codec. Mode `bincode` carries 1,024;
    /// Node's modes none, since there bytes are part of the value.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.company().bodies.push(body.into());
        self
    }

    /// Adds a handle. In Node's modes one can travel with a message, in `bincode` 253.
    #[must_use]
    pub fn with_handle(mut self, handle: impl Into<Handle>) -> Self {
        self.company().handles.push(handle.into());
        self
    }

    /// Names the server that accepted the connection which travels, so that a Node peer counts it as one of that
    /// server's: `"4:127.0.0.1:8000"`, family, address and port as they were given to `listen`.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.company().key = Some(key.into());
        self
    }
}

impl<T> Outgoing<T> {
    /// The value and the handles.
    pub fn into_parts(self) -> (T, Vec<Handle>) {
        (
            self.value,
            self.company.map_or_else(Vec::new, |company| company.handles),
        )
    }

    fn company(&mut self) -> &mut Company {
        self.company.get_or_insert_default()
    }
}

impl<T: Serialize> From<T> for Outgoing<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
