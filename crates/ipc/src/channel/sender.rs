//! The half that sends.

use std::sync::Arc;

use serde::Serialize;

use super::shared::{NotPushed, Shared};
use crate::error::{SendError, SendErrorKind};
use crate::handle::Handle;
use crate::outgoing::Outgoing;
use crate::proto::{self, Frame, HandleKind, Mode};

/// Sends messages. Clones send on the same channel.
///
/// In Node's modes a handle must be acknowledged before anything behind it can leave, and the acknowledgement is read by
/// the [`Receiver`](crate::Receiver): somebody must be receiving.
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Sends a message, after those sent before it. Waits while the channel is full.
    ///
    /// `Ok` means that it will be written, unless the channel is dropped or the peer goes away before.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the message in it: the channel is closed, or the message cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Either the message is sent whole, or nothing of it is.
    #[doc(alias = "subprocess.send")]
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        let mut message = message.into();
        loop {
            match self.try_send(message) {
                Err(SendError {
                    message: back,
                    kind: SendErrorKind::Full,
                }) => message = back,
                done => return done,
            }
            self.shared.until(Shared::has_room).await;
        }
    }

    /// Sends a message if the channel has room for it now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendErrorKind::Full`].
    pub fn try_send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        let message = message.into();
        if !self.shared.has_room() {
            return Err(SendError {
                message,
                kind: SendErrorKind::Full,
            });
        }
        self.push(message, false)
    }

    /// Sends a message however much waits already: for a protocol that bounds itself what is under way.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_now<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.push(message.into(), true)
    }

    /// Waits until everything sent has been written to the socket, and handles are acknowledged; or until the channel is
    /// closed.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn flush(&self) {
        self.shared.until(Shared::is_drained).await;
    }

    /// Accepts no more messages; the channel is closed, in both directions, when all that waits has been written.
    #[doc(alias = "subprocess.disconnect")]
    pub fn disconnect(&self) {
        self.shared.disconnect();
    }

    /// Whether messages are still accepted: false after [`disconnect`](Self::disconnect) and when the peer is gone.
    #[must_use]
    #[doc(alias = "subprocess.connected")]
    pub fn is_connected(&self) -> bool {
        self.shared.is_open()
    }

    /// How messages are written here.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.mode
    }

    fn push<T: Serialize>(&self, message: Outgoing<T>, now: bool) -> Result<(), SendError<T>> {
        let kinds: Vec<HandleKind> = message.handles.iter().map(Handle::kind).collect();
        let Shared { mode, limits, .. } = &*self.shared;
        let bytes = match proto::encode(*mode, &message.value, message.internal, &kinds, limits) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Err(SendError {
                    message,
                    kind: SendErrorKind::Encode(error),
                });
            }
        };
        if let Some(error) = message.handles.iter().find_map(|handle| handle.prepare().err()) {
            return Err(SendError {
                message,
                kind: SendErrorKind::Handle(error),
            });
        }
        let Outgoing {
            value,
            handles,
            internal,
        } = message;
        self.shared.push(Frame { bytes, handles }, now).map_err(|not_pushed| {
            let (frame, kind) = match not_pushed {
                NotPushed::Closed(frame) => (frame, SendErrorKind::Closed),
                NotPushed::Full(frame) => (frame, SendErrorKind::Full),
            };
            SendError {
                message: Outgoing {
                    value,
                    handles: frame.handles,
                    internal,
                },
                kind,
            }
        })
    }
}
