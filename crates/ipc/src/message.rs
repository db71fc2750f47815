//! A message that has come: its bytes, not yet decoded, and the handles that came with it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::handle::Handle;
use crate::proto::{self, DecodeError, Mode, Received};

/// A message from the peer.
///
/// Its handles can be taken from a shared reference, since listeners of an event get no other.
#[derive(Debug)]
pub struct Message {
    mode: Mode,
    payload: Bytes,
    internal: bool,
    handles: Mutex<VecDeque<Handle>>,
    handles_lost: bool,
}

impl Message {
    pub(crate) fn new(mode: Mode, received: Received<OwnedFd>) -> Self {
        let handles = received.handles.into_iter().map(Handle::received).collect();
        Self {
            mode,
            payload: received.payload,
            internal: received.internal,
            handles: Mutex::new(handles),
            handles_lost: received.handles_lost,
        }
    }

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

    /// Takes the first handle that is left. Handles that nobody takes are closed with the message.
    pub fn take_handle(&self) -> Option<Handle> {
        self.handles().pop_front()
    }

    /// Takes all handles that are left, in the order in which they were sent.
    pub fn take_handles(&self) -> Vec<Handle> {
        self.handles().drain(..).collect()
    }

    /// Whether it was sent with handles that this process could not receive: its limit of open files is reached.
    ///
    /// Only in mode `bincode`. In Node's modes the sender is told, and sends it again.
    #[must_use]
    pub fn handles_lost(&self) -> bool {
        self.handles_lost
    }

    fn handles(&self) -> MutexGuard<'_, VecDeque<Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
