//! A message that has come: its bytes, not yet decoded, and what came with it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::handle::Handle;
use crate::proto::{self, DecodeError, Mode, Received};
use crate::request::Request;

/// A message from the peer.
///
/// What is in it can be taken from a shared reference, since listeners of an event get no other.
#[derive(Debug)]
pub struct Message {
    mode: Mode,
    payload: Bytes,
    internal: bool,
    bodies: Vec<Bytes>,
    key: Option<String>,
    handles_lost: bool,
    taken: Mutex<Taken>,
}

/// What only one can have.
#[derive(Debug, Default)]
struct Taken {
    handles: VecDeque<Handle>,
    request: Option<Request>,
}

impl Message {
    pub(crate) fn new(mode: Mode, received: Received<OwnedFd>, request: Option<Request>) -> Self {
        let handles = received.handles.into_iter().map(Handle::received).collect();
        Self {
            mode,
            payload: received.payload,
            internal: received.internal,
            bodies: received.bodies,
            key: received.key,
            handles_lost: received.handles_lost,
            taken: Mutex::new(Taken { handles, request }),
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

    /// The bodies that came beside it, in the order in which they were added. Cloning one copies no byte.
    #[must_use]
    pub fn bodies(&self) -> &[Bytes] {
        &self.bodies
    }

    /// The server that accepted the connection which came with it, as its Node process names it.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Takes the question that this message is, if it is one and nobody has taken it.
    ///
    /// A question that nobody takes is refused when the message is dropped.
    pub fn request(&self) -> Option<Request> {
        self.with_taken(|taken| taken.request.take())
    }

    /// Takes the first handle that is left. Handles that nobody takes are closed with the message.
    pub fn take_handle(&self) -> Option<Handle> {
        self.with_taken(|taken| taken.handles.pop_front())
    }

    /// Takes all handles that are left, in the order in which they were sent.
    pub fn take_handles(&self) -> Vec<Handle> {
        self.with_taken(|taken| taken.handles.drain(..).collect())
    }

    /// Whether it was sent with handles that this process could not receive: its limit of open files is reached.
    ///
    /// Only in mode `bincode`. In Node's modes the sender is told, and sends it again.
    #[must_use]
    pub fn handles_lost(&self) -> bool {
        self.handles_lost
    }

    fn with_taken<R>(&self, take: impl FnOnce(&mut Taken) -> R) -> R {
        take(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
