//! A message that has come: its bytes, not yet decoded, and the handles that came with it.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::handle::Handle;
use crate::proto::{self, DecodeError, Mode};

/// A message from the peer.
#[derive(Debug)]
pub struct Message {
    pub(crate) mode: Mode,
    pub(crate) payload: Bytes,
    pub(crate) internal: bool,
    pub(crate) handles: Vec<Handle>,
    pub(crate) handles_lost: bool,
}

impl Message {
    /// Decodes the message.
    ///
    /// # Errors
    ///
    /// It is no such value. The message is still there, and the channel goes on.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        proto::decode(self.mode, &self.payload)
    }

    /// The message as it stood on the wire: in mode `json` the JSON text.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// How the payload is written.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it belongs to a protocol above the channel rather than to the user: Node's `'internalMessage'`.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.internal
    }

    /// The handles that came with it and have not been taken.
    #[must_use]
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// Takes the first handle that is left.
    pub fn take_handle(&mut self) -> Option<Handle> {
        (!self.handles.is_empty()).then(|| self.handles.remove(0))
    }

    /// Whether it was sent with handles that this process could not receive: its limit of open files is reached.
    ///
    /// Only in mode `bincode`. In Node's modes the sender is told, and sends it again.
    #[must_use]
    pub fn handles_lost(&self) -> bool {
        self.handles_lost
    }
}
