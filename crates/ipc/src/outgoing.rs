//! A message on its way out: a value, and the handles that ride on it.

use serde::Serialize;

use crate::handle::Handle;

/// A value to be sent, with its handles. Any serializable value is one: `send(5)`, `send("text")`, `send(my_struct)`.
#[derive(Debug)]
pub struct Outgoing<T> {
    pub(crate) value: T,
    pub(crate) handles: Vec<Handle>,
    pub(crate) internal: bool,
}

impl<T: Serialize> Outgoing<T> {
    /// A message without handles.
    pub fn new(value: T) -> Self {
        Self {
            value,
            handles: Vec::new(),
            internal: false,
        }
    }

    /// A message of a protocol above the channel (cluster's, say), which the peer's user does not see.
    ///
    /// In Node's modes nothing but the value sets it apart: it must be an object whose `cmd` begins with `NODE_`.
    pub fn internal(value: T) -> Self {
        Self {
            value,
            handles: Vec::new(),
            internal: true,
        }
    }

    /// Adds a handle. In Node's modes one can travel with a message, in `bincode` 253.
    #[must_use]
    pub fn with_handle(mut self, handle: impl Into<Handle>) -> Self {
        self.handles.push(handle.into());
        self
    }
}

impl<T> Outgoing<T> {
    /// The value and the handles.
    pub fn into_parts(self) -> (T, Vec<Handle>) {
        (self.value, self.handles)
    }
}

impl<T: Serialize> From<T> for Outgoing<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
